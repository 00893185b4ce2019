"""Where the finite map goes for many steps h: minima, cycles, chaos, and where periods double."""

from ._attractor import DIVERGED
from ._bifurcation import Bifurcation, bifurcation
from ._doubling import PeriodDoubling, period_doubling

__all__ = ["DIVERGED", "Bifurcation", "PeriodDoubling", "bifurcation", "period_doubling"]
