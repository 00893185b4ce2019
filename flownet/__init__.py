"""flownet: what a finite learning step does to a neural network.

The public names stand in `__init__.pyi`; each room is loaded when a name of it is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
