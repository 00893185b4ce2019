"""Solutions of ẏ = f(y): the method, its steps and its stages follow the solution itself."""

import math
from time import perf_counter

import numpy as np

from ..._errors import FlownetError
from ...kernels import layout
from ...kernels.device import kernels_of
from ._python_field import PythonField

END, EVENT, FULL, KINK, PAUSE, SPENT, STUCK = (
    layout.END,
    layout.EVENT,
    layout.FULL,
    layout.KINK,
    layout.PAUSE,
    layout.SPENT,
    layout.STUCK,
)

_CALLS = 6  # evaluations of f in a step of the pair
_STRETCH = 1000  # steps between two looks at what is done


class Integration:
    """An integration under way, that goes from the pair to the stabilised method and back.

    The pair's step is limited by stability where h·λ is about 3.3; from then on the stabilised
    method takes some √λ evaluations instead of λ. It goes back where that is the cheaper way.

    Parameters
    ----------
    field
        `integrate`, a kernel or a function of its kind; `followed(threads)`, a context that gives
        what it wants first; `pace`, which finds the number of threads; `stabilise`, whether the
        stabilised method fits, for a real spectrum; and `state`, arrays of its own that the next
        step depends on.
    y0 : array (n,)
    end : float
    rtol, atol : float
    at : array (T,), optional
        Ascending times wanted; every step by default.
    gradient_below, loss_below : float, optional
        Where to stop.

    Attributes
    ----------
    s : `kernels.layout.Solution`
    """

    def __init__(self, field, y0, end, rtol, atol, at=None, gradient_below=None, loss_below=None):
        self.field, self.end = field, float(end)
        self.at = np.zeros(0) if at is None else np.ascontiguousarray(at, np.float64)
        self.bounds = layout.Bounds(
            rtol,
            atol,
            self.end,
            -1.0 if gradient_below is None else float(gradient_below) ** 2,
            -math.inf if loss_below is None else float(loss_below),
            field.stabilise,
        )
        self.s = layout.solution(y0)
        self._filled = np.zeros(1, np.int64)

    @property
    def time(self):
        """Time of the solution."""
        return float(self.s.numbers[layout.T])

    @property
    def calls(self):
        """Evaluations of f so far."""
        return int(self.s.numbers[layout.CALLS])

    def begin_at(self, time):
        """Begin at a time other than 0, before the first step."""
        self.s.numbers[layout.T] = self.s.numbers[layout.T_BEFORE] = time

    def ask_at_most(self, evaluations):
        """Stop where so many evaluations of f more are spent."""
        self.bounds = self.bounds._replace(calls=float(self.calls + evaluations))

    def go_on_to(self, end):
        """Where the integration ends, from now on."""
        self.end = float(end)
        self.bounds = self.bounds._replace(end=self.end)

    def change_field(self):
        """Begin anew with another field from here on, its stiffness unknown, nothing being asked of
        what was before."""
        numbers = self.s.numbers
        numbers[layout.T_BEFORE] = self.time
        numbers[layout.NOW], numbers[layout.STIFF] = layout.DORMAND_PRINCE, 0.0
        self.begin_anew()

    @property
    def begins(self):
        """Whether no slope at y is known yet."""
        return self.calls == 0

    def begin_anew(self):
        """Forget the slopes at y, which somebody has changed."""
        self.s.numbers[layout.CALLS] = 0

    def rows_until(self, time):
        """The rows still wanted up to a time within the last step: times (T,), values (T, n)."""
        times = self.at[self._filled[0] : np.searchsorted(self.at, time, "right")]
        return times, np.array([self.within(t) for t in times]).reshape(-1, self.s.y.size)

    def take_rows(self, count):
        """Count rows that somebody else has recorded."""
        self._filled[0] += count

    def within(self, time):
        """The solution (n,) at a time within the last step."""
        if time >= self.time:
            return self.s.y.copy()
        out = np.empty_like(self.s.y)
        kernels_of().dense(self.s, time, out)
        return out

    @property
    def last_step(self):
        """Times of the last step's beginning and end."""
        return float(self.s.numbers[layout.T_BEFORE]), self.time

    @property
    def state(self):
        """Arrays that the next step depends on, by name; written to, they set it."""
        s = self.s
        return {
            "solution": s.y,
            "before": s.before,
            "slopes": s.k,
            "numbers": s.numbers,
            "told": s.meters,  # its name in checkpoints
            "direction": s.direction,
            "recorded": self._filled,
            **self.field.state,
        }

    def advance(self, trace, steps):
        """Go on for at most so many steps: rows written, steps taken, and why it stopped there.

        It may stop earlier, PAUSE, where the number of threads is to be tried.

        `trace` is `kernels.layout.Trace`, without its `at` and `filled`.
        """
        threads, calls = self.field.pace.share(steps * _CALLS)
        before, began = self.calls, perf_counter()
        with self.field.followed(threads) as followed:
            found = self.field.integrate(
                followed,
                self.s,
                self.bounds,
                trace._replace(at=self.at, filled=self._filled),
                max(1, calls // _CALLS),
            )
        self.field.pace.took(threads, max(0, self.calls - before), perf_counter() - began)
        return found


def integrate(field, y0, times, *, rtol=1e-8, atol=1e-10):
    """Solution (T, n) of ẏ = field(y) at ascending times (T,), the first of them that of y0 (n,).

    Raises
    ------
    FlownetError
        Where no step is short enough to go on.
    """
    y0, times = np.asarray(y0), np.asarray(times, np.float64)
    integration = Integration(
        PythonField(field), y0, times[-1] - times[0], rtol, atol, at=times - times[0]
    )
    value, most = np.empty((len(times), y0.size), y0.dtype), _STRETCH
    rows, columns = 0, np.empty((6, max(most, len(times))))
    why = None
    while why != END:
        more, _, why = integration.advance(
            layout.Trace(None, value[rows:], columns[0, rows:], columns[1], None, *columns[2:]),
            most,
        )
        rows += more
        if why == STUCK:
            raise FlownetError(
                f"there is no solution beyond t = {integration.time:g}: no step is "
                f"short enough for rtol = {rtol:g}."
            )
    return value
