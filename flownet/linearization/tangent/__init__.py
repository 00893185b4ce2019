"""The tangent map of a finite step, and how neighbouring states part along a run."""

from ._frame import Frame
from ._growth import growth
from ._lyapunov import lyapunov
from ._maps import FiniteStep, Tangent
from ._result import Lyapunov
from ._walk import Seen, rows_tape

__all__ = ["FiniteStep", "Frame", "Lyapunov", "Seen", "Tangent", "growth", "lyapunov", "rows_tape"]
