"""Sweeps: one experiment over some axes, here or on a cluster."""

from ._cluster import connected
from ._run import sweep
from ._sweep import Sweep

__all__ = ["Sweep", "connected", "sweep"]
