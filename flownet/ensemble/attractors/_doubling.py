"""The step at which a cycle of the finite map doubles its period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ..._table import Table, Tabled, short
from ...model._check import is_real, is_whole
from ...motion.mechanics import Aristotle
from ...motion.mechanics._start import initial_parameters, start
from ._cycles import FiniteMap, cycle_near

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike, Pair
    from ...model.potential import AnyPotential
    from ...motion.mechanics import Mechanics

_PIECES = 16  # of the bracket, from one of which to the next the cycle is followed
_HALVINGS = 6  # of a piece in which the cycle is lost
_XTOL = 1e-14


@dataclass(repr=False, frozen=True, eq=False)
class PeriodDoubling(Tabled):
    """Where a cycle of period p gives way to one of 2p: its multiplier is −1.

    Attributes
    ----------
    step : float
        h; `float(found)` is it, too.
    period : int
        p of the cycle that doubles.
    cycle : ndarray (p, D)
        Its parameters at that step; of complex ones as reals (re, im, …).
    multiplier : float
        Eigenvalue of the product of I − h·g^♯H over the cycle, −1 to rounding.
    """

    step: float
    period: int
    cycle: np.ndarray
    multiplier: float

    def __float__(self):
        return self.step

    def table(self) -> Table:
        """Step, periods and multiplier, as a `Table`."""
        return Table(
            "Period doubling",
            {
                "step": (".12g", [self.step]),
                "period": (str, [f"{self.period} → {2 * self.period}"]),
                "multiplier + 1": (".0e", [self.multiplier + 1]),
                "|W| of the cycle": (short, [float(np.abs(self.cycle).max())]),
            },
            upright=True,
        )

    __repr__ = Tabled.__str__


@with_origin
def period_doubling(
    potential: AnyPotential,
    *,
    bracket: Pair,
    period: int = 1,
    W0: ArrayLike | None = None,
    mechanics: Mechanics | None = None,
    metric: MetricLike | None = None,
    transient: int = 10_000,
) -> PeriodDoubling:
    """The step h at which a cycle of the finite map doubles its period: its multiplier crosses −1.

    At the lower end of the bracket steps from W0 settle on the cycle. From there it is followed
    through the bracket by Newton's method on the cycle itself, stable or not, until the lowest
    eigenvalue of its map, the product of I − h·g^♯H over the period, has passed −1; Brent's method
    then finds the step to rounding. Nothing is read off a picture.

    A minimum of curvature λ doubles at h = 2/λ. The double well's cascade, in r = hαc²/2, begins at
    1, √5 − 1 and 1.288.

    Parameters
    ----------
    potential : Potential
    bracket : (float, float)
        Steps between which the multiplier crosses −1; the cycle is an attracting one at the first.
    period : int
        p of the cycle that doubles.
    W0 : array (D,), optional
        From where steps lead to the cycle; `network.init(0)` by default.
    mechanics : Mechanics, optional
        Aristotle's by default; of others the bracket is of their step, and their memories are part
        of the state.
    metric : metric, optional
    transient : int
        Steps at first.

    Returns
    -------
    PeriodDoubling

    Raises
    ------
    FlownetError
        When steps from W0 do not settle on a cycle of that period, or its multiplier does not cross
        −1 in the bracket, with the multipliers that were found.

    Examples
    --------
    >>> import flownet as fn
    >>> found = fn.period_doubling(fn.DoubleWell(), W0=[0.3], bracket=(2.1, 2.6), period=2)
    >>> print(f"{found.step / 2:.6f}")  # √5 − 1
    1.236068
    """
    low, high = _bracket(bracket)
    for name, value in (("period", period), ("transient", transient)):
        if not is_whole(value, 1):
            raise FlownetError(f"{name} is {shown(value)}; it has to be a whole number from 1 up.")
    mechanics = Aristotle(low) if mechanics is None else mechanics
    potential, metric = start(potential, mechanics, metric, None, None, 0)
    W = initial_parameters(potential, W0, 0)

    def map_at(h):
        return FiniteMap(potential, mechanics.with_step(h), metric, W)

    first = map_at(low)
    state = np.zeros((first.tangent.slots, first.frame.free.size))
    state[0] = first.seen.rows(W)
    state = first.walk(state, transient)[1]
    cycle = cycle_near(first, state, period) if np.isfinite(state).all() else None
    if cycle is None or cycle.period != period or not abs(cycle.leading) <= 1:
        found = "none" if cycle is None else f"one of period {cycle.period}"
        if cycle is not None and cycle.period == period:
            found += ", an unstable one"
        raise FlownetError(
            f"steps of {low:g} from W0 come to no attracting cycle of period {period} within "
            f"{transient} of them, but to {found}: another bracket, W0 or transient may."
        )
    return doubling_of(map_at, cycle, low, high)


def doubling_of(map_at, cycle, low, high):
    """`PeriodDoubling` of a cycle at the step `low`, followed up to `high`."""
    known = {low: cycle}
    h, piece = low, (high - low) / _PIECES
    while known[h].lowest > -1:
        if h >= high:
            raise FlownetError(
                f"the multiplier of the cycle of period {cycle.period} is {cycle.lowest:.6g} at "
                f"the step {low:g} and {known[h].lowest:.6g} at {high:g}: it does not cross −1 in "
                "this bracket."
            )
        h = _followed(map_at, known, h, min(h + piece, high))
    before = max(other for other in known if other < h) if h > low else low
    if h == low:
        return _found(low, cycle)

    def beyond(step):
        near = min(known, key=lambda other: abs(other - step))
        there = known.get(step) or cycle_near(map_at(step), known[near].states[0], cycle.period)
        if there is None or there.period != cycle.period:
            raise FlownetError(
                f"the cycle of period {cycle.period} is lost at the step {step:g}: a narrower "
                "bracket may keep it."
            )
        known[step] = there
        return there.lowest + 1

    step = brentq(beyond, before, h, xtol=_XTOL * h, rtol=4 * np.finfo(float).eps)
    beyond(step)
    if abs(known[step].lowest + 1) > 1e-6:
        raise FlownetError(
            f"the multipliers of the cycle of period {cycle.period} jump past −1 at the step "
            f"{step:g}: what crosses there is a complex pair, and no period doubles."
        )
    return _found(step, known[step])


def _found(step, cycle):
    return PeriodDoubling(float(step), cycle.period, cycle.states[:, 0], cycle.lowest)


def _followed(map_at, known, h, end):
    """The step up to which the cycle was followed, `end` or one before it; it is then known."""
    old = known[h]
    for _ in range(_HALVINGS):
        there = cycle_near(map_at(end), old.states[0], old.period)
        if there is not None and there.period == old.period:
            known[end] = there
            return end
        end = (h + end) / 2
    raise FlownetError(
        f"the cycle of period {old.period} is lost beyond the step {h:g}, where its multiplier is "
        f"{old.lowest:.6g}: a narrower bracket may keep it."
    )


def _bracket(bracket):
    given = tuple(bracket) if isinstance(bracket, (tuple, list, np.ndarray)) else ()
    if len(given) != 2 or not all(map(is_real, given)) or not 0 < given[0] < given[1]:
        raise FlownetError(
            f"bracket is {shown(bracket)}; it has to be two steps above 0, the smaller one first."
        )
    return float(given[0]), float(given[1])
