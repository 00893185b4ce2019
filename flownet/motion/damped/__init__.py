"""Mechanics that solve for each step, and choose their damping from what it delivers."""

from ._loop import DampedLoop
from ._mechanics import Damped, LevenbergMarquardt, NewtonCG

__all__ = ["Damped", "DampedLoop", "LevenbergMarquardt", "NewtonCG"]
