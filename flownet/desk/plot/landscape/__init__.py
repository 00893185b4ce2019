"""Figures of the landscape: paths between minima, a census, the tree of passes, evidence."""

from ._census import census
from ._connected import connectedness
from ._path import band, curve
from ._running import running

__all__ = ["band", "census", "connectedness", "curve", "running"]
