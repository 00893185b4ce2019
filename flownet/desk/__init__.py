"""The desk: experiment files, the shell, figures, reports."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submodules=["plot"], submod_attrs={"experiment._experiment": ["Experiment"]}
)
