"""The dense network: its shape, its parameters, its map."""

from ._as_reals import in_complex, in_reals
from ._init import INITS
from ._network import Network

__all__ = ["INITS", "Network", "in_complex", "in_reals"]
