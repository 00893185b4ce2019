"""Where the finite map goes for many steps: fixed points, cycles, chaos."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import _progress
from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ..._table import Table, Tabled, evenly, short
from ...model._check import array, is_whole
from ...motion.mechanics import Aristotle, Constant, Mechanics
from ...motion.mechanics._start import initial_parameters, start
from ._attractor import DIVERGED, Attractors
from ._doubling import doubling_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike
    from ...model.potential import AnyPotential

_MOST_ROWS = 14


@dataclass(repr=False, frozen=True, eq=False)
class Bifurcation(Tabled):
    """Where the finite map goes after a transient, for each of n steps.

    Attributes
    ----------
    step : ndarray (n,)
        h.
    values : ndarray (n, kept) or (n, kept, P)
        What was observed of the states behind the transient; nan where they diverged.
    period : ndarray (n,)
        Of the cycle that they settled on; 0: none found up to the bound; −1: diverged.
    multiplier : ndarray (n,)
        Of the cycle: the eigenvalue of the largest modulus of the product of I − h·g^♯H over it,
        with its sign, of a complex pair the modulus; nan without a cycle.
    exponent : ndarray (n,)
        Largest Lyapunov exponent per step: log|multiplier|/period of a cycle, else along the states
        that were kept; nan where they diverged.
    doublings : tuple of PeriodDoubling
        Where the multiplier of a cycle is −1 between two steps of periods p and 2p.
    name, of : str
        What was observed, and of what.
    """

    step: np.ndarray
    values: np.ndarray
    period: np.ndarray
    multiplier: np.ndarray
    exponent: np.ndarray
    doublings: tuple
    name: str
    of: str

    def table(self) -> Table:
        """Some steps, evenly spread, and the doublings, as a `Table`."""
        rows = evenly(len(self.step), _MOST_ROWS)
        flat = self.values.reshape(len(self.step), -1)
        return Table(
            f"{self.of}: where {len(self.step)} steps go",
            {
                "step": (short, self.step[rows]),
                "period": (str, [_words(p) for p in self.period[rows]]),
                "multiplier": (".4f", self.multiplier[rows]),
                "exponent per step": (".4f", self.exponent[rows]),
                f"{self.name} from": (short, _extreme(np.fmin, flat)[rows]),
                "to": (short, _extreme(np.fmax, flat)[rows]),
            },
            [
                f"period {d.period} doubles at the step {d.step:.10g}, where its multiplier is −1"
                for d in self.doublings
            ],
        )

    __repr__ = Tabled.__str__


def _words(period):
    return {0: "none found", DIVERGED: "diverges"}.get(int(period), str(period))


def _extreme(of, flat):
    return of.reduce(flat, axis=1)


@with_origin
def bifurcation(
    potential: AnyPotential,
    steps: ArrayLike | Sequence[Mechanics],
    *,
    W0: ArrayLike | None = None,
    transient: int = 1000,
    kept: int = 128,
    mechanics: Mechanics | None = None,
    metric: MetricLike | None = None,
    observe: str | ArrayLike = "W",
    longest: int = 32,
    progress: bool = True,
) -> Bifurcation:
    """Where the finite map goes for each of many steps h: a minimum, a cycle, chaos, or nowhere.

    From W0 all steps are taken at once, `transient` of them unseen, then `kept` observed. A period
    is that of a cycle which Newton's method finds to rounding beside the last states and whose
    multiplier is at most 1 in modulus; slow convergence is not mistaken for a cycle. Where the
    period doubles between two neighbouring steps, the step at which the multiplier is −1 is found
    as by `period_doubling`.

    Parameters
    ----------
    potential : Potential
    steps : array (n,) or sequence of Mechanics
        Numbers above 0, or mechanics that each take a constant step.
    W0 : array (D,), optional
        `network.init(0)` by default.
    transient, kept : int
    mechanics : Mechanics, optional
        Whose step is set to each number; Aristotle's by default.
    metric : metric, optional
    observe : str or array (D,) or (P, D)
        "W", the parameters themselves; "loss"; or directions: Re Σ conj(direction)·W of each.
    longest : int
        Periods up to this one are looked for.
    progress : bool

    Returns
    -------
    Bifurcation

    Raises
    ------
    FlownetError
        For steps that are not above 0, mechanics whose map changes from step to step, and what
        cannot be observed.

    Examples
    --------
    >>> import flownet as fn
    >>> found = fn.bifurcation(fn.DoubleWell(), [1.5, 2.2, 2.5, 3.9], W0=[0.3])
    >>> print(found.period)
    [1 2 4 0]
    """
    for name, value, least in (
        ("transient", transient, 0),
        ("kept", kept, 2),
        ("longest", longest, 1),
    ):
        if not is_whole(value, least):
            raise FlownetError(
                f"{name} is {shown(value)}; it has to be a whole number from {least} up."
            )
    rules = _rules(steps, mechanics)
    potential, metric = start(potential, rules[0], metric, None, None, 0)
    for rule in rules[1:]:
        rule.check(potential, None)
    W = initial_parameters(potential, W0, 0)
    name, seen = _observed(potential, observe, W)
    found = Attractors(potential, rules, metric, W)
    found.settle(transient)
    n = len(rules)
    ends: list[Any] = [None] * n
    with (
        _progress.bar(n, shown=progress, what="steps h") as show,
        ThreadPoolExecutor(potential.kernels.most()) as pool,
    ):
        for i, end in enumerate(pool.map(lambda r: found.end(r, kept, longest, seen), range(n))):
            ends[i] = end
            show(i + 1)
    sizes = np.array([rule.policy.step for rule in rules])
    return Bifurcation(
        sizes,
        np.array([end.values for end in ends]),
        np.array([end.period for end in ends]),
        np.array([end.multiplier for end in ends]),
        np.array([end.exponent for end in ends]),
        _doublings(found, ends, sizes) if not _listed(steps) else (),
        name,
        _words_of(potential),
    )


def _words_of(potential):
    """What a potential is, in a few words."""
    if potential.network is None:
        return repr(potential)
    sizes = "-".join(map(str, potential.network.sizes))
    name = "" if potential.data is None else potential.data.name
    return f"{name} {sizes}".strip()


def _listed(steps):
    return isinstance(steps, Sequence) and any(isinstance(one, Mechanics) for one in steps)


def _rules(steps, mechanics):
    """The mechanics of each step."""
    if _listed(steps):
        if mechanics is not None or not all(isinstance(one, Mechanics) for one in steps):
            raise FlownetError("steps are numbers with mechanics=, or mechanics without it.")
        rules = list(steps)
    else:
        sizes = array("steps", steps)
        numbers = sizes.ndim == 1 and sizes.size and sizes.dtype.kind in "iuf"
        if not numbers or not (np.isfinite(sizes) & (sizes > 0)).all():
            raise FlownetError(f"steps is {shown(steps)}; it has to be a row of numbers above 0.")
        of = Aristotle(1.0) if mechanics is None else mechanics
        if not isinstance(of, Mechanics):
            raise FlownetError(
                f"mechanics is {shown(of)}; it has to be one such as flownet.Newton(0.1)."
            )
        rules = [of.with_step(float(size)) for size in sizes]
    for rule in rules:
        if not isinstance(rule.policy, Constant):
            raise FlownetError(
                f"{rule!r} takes steps of many lengths: a bifurcation wants constant ones."
            )
    return rules


def _observed(potential, observe, W):
    """Its name, and what makes values of states (kept, D)."""
    if isinstance(observe, str):
        if observe == "W":
            return "W", lambda rows: rows[:, 0] if W.size == 1 else rows
        if observe == "loss":
            return "loss", lambda rows: np.array([potential.value(row) for row in rows])
        raise FlownetError(f"observe is {shown(observe)}; it has to be 'W', 'loss', or directions.")
    directions = array("observe", observe)
    if directions.dtype.kind not in "biufc":
        raise FlownetError(f"observe is {shown(observe)}; directions are arrays of numbers.")
    if directions.ndim not in (1, 2) or directions.shape[-1] != W.size:
        raise FlownetError(
            f"observe has shape {directions.shape}; directions are ({W.size},) or (P, {W.size})."
        )
    return "projection", lambda rows: (rows @ directions.conj().T).real


def _doublings(found, ends, sizes):
    """`PeriodDoubling`s between neighbouring steps of periods p and 2p."""
    order = np.argsort(sizes, kind="stable")
    doubled = []
    for i, j in pairwise(order):
        one, other = ends[i], ends[j]
        if one.cycle is not None and other.period == 2 * one.period and sizes[i] < sizes[j]:
            try:
                doubled.append(
                    doubling_of(found.map_at, one.cycle, float(sizes[i]), float(sizes[j]))
                )
            except FlownetError:  # another cycle, that did not come of this one
                continue
    return tuple(doubled)
