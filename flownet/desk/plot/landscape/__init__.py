"""Figures of the landscape: paths between minima, a census, the tree of passes."""

from ._census import census
from ._connected import connectedness
from ._path import band, curve

__all__ = ["band", "census", "connectedness", "curve"]
