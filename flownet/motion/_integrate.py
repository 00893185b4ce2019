"""Solutions of ẏ = f(y): the method, its steps and its stages follow the solution itself."""

import math

import numpy as np

from .._errors import FlownetError
from ..kernels import integrate as kernel
from ..kernels import solution
from ..kernels.chebyshev import CHEBYSHEV
from ..kernels.dormand_prince import CALLS_A_STEP, DORMAND_PRINCE, EDGE, dense
from ._python_field import PythonField

METHODS = ("Dormand-Prince 5(4)", "Runge-Kutta-Chebyshev 2")  # by their number
END, EVENT, FULL, PAUSE, STUCK = (kernel.END, kernel.EVENT, kernel.FULL, kernel.PAUSE,
                                  kernel.STUCK)

_STEPS = 25  # of the stabilised method between two looks at the spectral radius
_MARGIN = 1.1  # of the spectral radius over what was found there
_STRETCH = 1000  # steps between two looks at what is done
_WARY = 60  # steps that are not counted as limited after going back to the pair


class Integration:
    """An integration under way, that goes from the pair to the stabilised method and back.

    The pair's step is limited by stability where h·λ is about 3.3; from then on the stabilised
    method takes some √λ evaluations instead of λ. It goes back where that is the cheaper way.

    Parameters
    ----------
    field
        `integrate`, a kernel or a function of its kind, and `problem()`, a context that gives what
        it wants first; `radius(y, start)` -> the spectral radius at y and a direction (n,) along
        which it was found, from that of an earlier one on; None where it is not real.
    y0 : array (n,)
    end : float
    rtol, atol : float
    at : array (T,), optional
        Ascending times wanted; every step by default.
    gradient_below, loss_below : float, optional
        Where to stop.

    Attributes
    ----------
    s : `kernels.solution.Solution`
    """

    def __init__(self, field, y0, end, rtol, atol, at=None, gradient_below=None, loss_below=None):
        self.field, self.end = field, float(end)
        self.at = np.zeros(0) if at is None else np.ascontiguousarray(at, np.float64)
        self.bounds = kernel.Bounds(rtol, atol, self.end,
                                    -1.0 if gradient_below is None else float(gradient_below)**2,
                                    -math.inf if loss_below is None else float(loss_below))
        room = np.zeros((12, y0.size), y0.dtype)
        self.s = solution.Solution(room[0], room[1], room[2:9], *room[9:],
                                   np.full(2, np.nan), np.zeros(solution.NUMBERS))
        self.s.y[:] = y0
        self._filled = np.zeros(1, np.int64)
        # method, spectral radius, and steps, evaluations and time since it was found
        self.control = np.zeros(5)
        self.direction = np.zeros(y0.size)

    @property
    def time(self):
        """Time of the solution."""
        return float(self.s.numbers[solution.T])

    @property
    def method(self):
        """Number of the method at work."""
        return int(self.control[0])

    @property
    def calls(self):
        """Evaluations of f so far."""
        return int(self.s.numbers[solution.CALLS])

    def begin_anew(self):
        """Forget the slopes at y, which somebody has changed."""
        self.s.numbers[solution.CALLS] = 0

    def rows_until(self, time):
        """The rows still wanted up to a time within the last step: times (T,), values (T, n)."""
        times = self.at[self._filled[0]:np.searchsorted(self.at, time, "right")]
        return times, np.array([self.within(t) for t in times]).reshape(-1, self.s.y.size)

    def within(self, time):
        """The solution (n,) at a time within the last step."""
        if time >= self.time:
            return self.s.y.copy()
        out = np.empty_like(self.s.y)
        dense(self.s, time, out)
        return out

    @property
    def last_step(self):
        """Times of the last step's beginning and end."""
        return float(self.s.numbers[solution.T_BEFORE]), self.time

    @property
    def state(self):
        """Arrays that the next step depends on, by name; written to, they set it."""
        s = self.s
        return {"solution": s.y, "before": s.before, "slopes": s.k, "numbers": s.numbers,
                "told": s.told, "recorded": self._filled, "control": self.control,
                "direction": self.direction}

    def advance(self, rows, steps):
        """Go on for at most so many steps: rows written, steps taken, and why it stopped there.

        `rows` is `kernels.integrate.Rows`, without its `at` and `filled`.
        """
        filled = taken = 0
        with self.field.problem() as problem:
            while True:
                limit = steps - taken
                if self.method == CHEBYSHEV:
                    limit = min(limit, int(_STEPS - self.control[2]))
                rest = kernel.Rows(self.at, rows.value[filled:], rows.time[filled:],
                                   rows.loss[filled:], self._filled, rows.step[taken:],
                                   rows.cost[taken:], rows.method[taken:],
                                   rows.step_time[taken:])
                more, done, why = self.field.integrate(
                    problem, self.s, self.bounds, rest, self.method, self.control[1], limit)
                filled, taken = filled + more, taken + done
                self.control[2] += done
                if not self._turned(why) and (why != PAUSE or taken == steps):
                    return filled, taken, why

    def _turned(self, why):
        """Look at the spectral radius, or change the method, if it is time; whether it was."""
        if self.method == DORMAND_PRINCE:
            if why != kernel.LIMITED:
                return False
            if self.field.radius is None:
                self.s.numbers[solution.STIFF] = -math.inf  # nothing to be done about it
                return True
            self._look()
            self.control[0] = CHEBYSHEV
            return True
        due = self.control[2] >= _STEPS
        if due and self._pair_is_cheaper():
            self.control[0] = DORMAND_PRINCE
            self.s.numbers[solution.STIFF] = -_WARY
            return True
        if due or why == kernel.REFUSED:
            self._look()
        return due and why == PAUSE or why == kernel.REFUSED

    def _look(self):
        """Find the spectral radius here."""
        radius, self.direction[:] = self.field.radius(self.s.y, self.direction)
        self.control[1:] = _MARGIN * radius, 0, self.calls, self.time

    def _pair_is_cheaper(self):
        """Whether the pair, limited by stability, would have taken fewer evaluations since then."""
        _, radius, _, calls, time = self.control
        return self.calls - calls > CALLS_A_STEP * radius / EDGE * (self.time - time)


def integrate(field, y0, times, *, rtol=1e-8, atol=1e-10):
    """Solution (T, n) of ẏ = field(y) at ascending times (T,), the first of them that of y0 (n,).

    Raises
    ------
    FlownetError
        Where no step is short enough to go on.
    """
    y0, times = np.asarray(y0), np.asarray(times, np.float64)
    integration = Integration(PythonField(field), y0, times[-1] - times[0], rtol, atol,
                              at=times - times[0])
    value, room = np.empty((len(times), y0.size), y0.dtype), _STRETCH
    rows, columns = 0, np.empty((6, max(room, len(times))))
    why = None
    while why != END:
        more, _, why = integration.advance(
            kernel.Rows(None, value[rows:], columns[0, rows:], columns[1], None, *columns[2:]),
            room)
        rows += more
        if why == STUCK:
            raise FlownetError(f"there is no solution beyond t = {integration.time:g}: no step is "
                               f"short enough for rtol = {rtol:g}.")
    return value
