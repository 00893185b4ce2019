"""Equilibrium propagation beside backpropagation through time, increment by increment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ..._registry import unknown
from ..._table import Table, Tabled, short
from ...kernels.layout import schedule
from ...model import _check
from ...model.potential import Quadratic
from .._equilibrium import Equilibrium
from .._relaxation import ORDERS
from ..systems._layers import LayeredEnergy
from ._backwards import backwards, flows_back

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import Count, Positive, Vector

_AT_REST = 20000  # sweeps at most, until the free state rests to rounding
#: the order of sweeps backwards through which increments agree
_REVERSED = {
    "odd-even": "even-odd",
    "even-odd": "odd-even",
    "upwards": "downwards",
    "downwards": "upwards",
    "at-once": "at-once",
    "flow": "flow",
}


@dataclass(frozen=True, repr=False)
class GDU(Tabled):
    """What `gdu` finds: increments of K sweeps, of both ways to the covector.

    Attributes
    ----------
    of_nudge : ndarray (K, D)
        (∂E/∂W(s_{t+1}) − ∂E/∂W(s_t))/β: what the t-th nudged sweep adds to the estimate.
    through_time : ndarray (K, D)
        ∂L/∂W_{T−t}: what the sweep t before the last adds to the covector of backpropagation
        through a free run at rest.
    neurons_of_nudge : ndarray (K, m, n)
        −(s_{t+1} − s_t)/β of every unit.
    neurons_through_time : ndarray (K, m, n)
        σ′(a)·∂L/∂s_{T−t}, which is ∂L/∂a; of a flow what its step hands on.
    exact : ndarray (D,)
        dL, which both sum up to for K → ∞.
    nudge : float
    order, backwards : str
        In which layers settle in the nudged sweeps, and in the free sweeps gone back through.
    layers : tuple of int
        Units of each layer.
    parts : tuple of slice
        Where the parameters of each layer lie.
    """

    of_nudge: Vector
    through_time: Vector
    neurons_of_nudge: Vector
    neurons_through_time: Vector
    exact: Vector
    nudge: float
    order: str
    backwards: str
    layers: tuple[int, ...]
    parts: tuple[slice, ...]

    @property
    def apart(self) -> Vector:
        """How far increments of parameters are apart in each sweep (K,), beside the largest."""
        return _apart(self.of_nudge, self.through_time)

    @property
    def neurons_apart(self) -> Vector:
        """The same of neurons (K,)."""
        return _apart(self.neurons_of_nudge, self.neurons_through_time)

    @property
    def left(self) -> Vector:
        """How far the sums up to each sweep (K,) still are from dL, beside its largest entry."""
        sums = np.cumsum(self.through_time, axis=0)
        size = np.abs(self.exact).max(initial=0.0) or 1.0
        return np.abs(sums - self.exact).max(axis=1) / size

    def table(self) -> Table:
        """Sweep by sweep, as a `Table`."""
        steps = len(self.of_nudge)
        sizes = np.abs(self.through_time).max(axis=1)
        return Table(
            "equilibrium propagation beside backpropagation through time",
            {
                "sweep": ("d", list(range(1, steps + 1))),
                "largest increment": (short, list(sizes)),
                "parameters apart": (".1e", list(self.apart)),
                "neurons apart": (".1e", list(self.neurons_apart)),
                "sum short of dL": (short, list(self.left)),
            },
            [f"Nudged sweeps {self.order}, free sweeps {self.backwards}; nudges ±{self.nudge:g}."],
        )


@with_origin
def gdu(
    potential: Equilibrium,
    W: ArrayLike,
    *,
    steps: Count = 10,
    nudge: Positive = 1e-4,
    backwards: str | None = None,
) -> GDU:
    """Increments of equilibrium propagation and of backpropagation through time, side by side.

    From the free state on, each nudged sweep adds to the estimate just what backpropagation through
    a free run that rests there adds for one more sweep back, to O(β²) of a symmetric nudge
    (gradient-descending updates, Ernoult et al., 1905.13633). Where layers settle one after
    another, the free sweeps have to go through them in the reversed order. Steps of a flow are
    compared as well.

    Parameters
    ----------
    potential : Equilibrium
        Of a layered system; the nudged sweeps are in its own order.
    W : array_like (D,)
    steps : int
        K, sweeps of each.
    nudge : float
        β, of both signs.
    backwards : str, optional
        The order of the free sweeps; by default that in which increments agree.

    Returns
    -------
    GDU

    Raises
    ------
    FlownetError
        For a potential of another kind.
    """
    if not isinstance(potential, Equilibrium) or not isinstance(potential.system, LayeredEnergy):
        raise FlownetError(
            f"potential is {shown(potential)}; the sweeps of an Equilibrium of layers are "
            "compared, such as one of flownet.Hopfield."
        )
    if not _check.is_whole(steps, 1):
        raise FlownetError(f"steps is {shown(steps)}; it has to be 1, 2, 3, …")
    nudge = _check.positive("nudge", nudge)
    order = potential.nudged_order or potential.order
    if potential.system.reads_out or type(potential.loss) is not Quadratic:
        raise FlownetError("potential has another cost than the Quadratic one of states' outputs.")
    backwards = _REVERSED[order] if backwards is None else backwards
    if backwards not in _REVERSED:
        raise FlownetError(unknown("order", backwards, _REVERSED))
    if (backwards == "flow") != (order == "flow"):
        raise FlownetError(f"sweeps in the order {order!r} and {backwards!r} cannot be compared.")
    rests = potential.changed(
        fixed=False,
        tolerance=None,
        sweeps=_AT_REST,
        force="moving",
        estimator="symmetric",
        nudge=nudge,
    )
    with rests.phases.at(W) as at:
        ours = _nudged(at, steps, nudge)
        theirs = _through_time(at, steps, backwards)
        return GDU(
            of_nudge=ours[1],
            through_time=theirs[1],
            neurons_of_nudge=ours[0],
            neurons_through_time=theirs[0],
            exact=at.exact(),
            nudge=nudge,
            order=order,
            backwards=backwards,
            layers=tuple(potential.system.sizes[1:]),
            parts=tuple(slice(*ends) for ends in potential.system.network.ranges),
        )


def _nudged(at, steps, nudge):
    """Increments of neurons and parameters by sweeps nudged to both sides."""
    plus, minus, states = at.free.copy(), at.free.copy(), at.states
    pulls = [at.cost.spring(b, at.rows, at.dtype) for b in (nudge, -nudge)]
    apart = [np.zeros_like(np.concatenate(states.layers(plus), axis=1))]
    seen = [np.zeros(at.W.size)]
    for _ in range(steps):
        for s, pull in zip((plus, minus), pulls):
            states.relax(s, pull, 1)
        difference = np.concatenate(states.layers(minus - plus), axis=1)
        apart.append(difference / (2 * nudge))
        seen.append(at.between(plus, minus, 1 / (2 * nudge)))
    return np.diff(apart, axis=0), np.diff(seen, axis=0)


def _through_time(at, steps, order):
    """The same by sweeps backwards."""
    if order == "flow":
        pairs = flows_back(at, at.phases.manner.step, steps)
    else:
        pairs = backwards(at, schedule(len(at.states.system.codes), ORDERS[order]), steps)
    moved, seen = zip(*pairs)
    return np.array([np.concatenate(each, axis=1) for each in moved]), np.array(seen)


def _apart(ours, theirs):
    axes = tuple(range(1, ours.ndim))
    size = np.abs(theirs).max(axis=axes)
    off = np.abs(ours - theirs).max(axis=axes)
    return np.divide(off, size, out=off.copy(), where=size > 0)
