"""Figures of many runs: sweeps over one axis or two, bifurcations."""

from ._bifurcation import bifurcation
from ._sweep import sweep

__all__ = ["bifurcation", "sweep"]
