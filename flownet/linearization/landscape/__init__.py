"""Passes of the landscape: paths between minima, their saddles, a census of critical points."""

from ._band import Band, band

__all__ = ["Band", "band"]
