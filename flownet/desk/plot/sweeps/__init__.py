"""Figures of sweeps: curves over one axis, maps over two."""

from ._sweep import sweep

__all__ = ["sweep"]
