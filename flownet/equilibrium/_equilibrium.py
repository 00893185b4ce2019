"""The potential of a physical system: L(W) = C(s₀), and dL from a few relaxations of its state."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._errors import FlownetError, shown
from .._registry import build, describe, kind, unknown
from ..data import Dataset
from ..kernels.layout import AT_ONCE, DOWNWARDS, EVEN_ODD, ODD_EVEN, UPWARDS
from ..model import _check
from ..model.potential import AnyPotential
from ._cost import SpringCost
from ._energy import Energy
from ._estimators import estimator_of
from ._relaxation import Manner, Relaxed, no_pull

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from .._types import Count, NotNegative, Vector
    from ..model.potential._loss import Loss
    from ._estimators import Estimator

_ORDERS = {
    "odd-even": ODD_EVEN,
    "even-odd": EVEN_ODD,
    "upwards": UPWARDS,
    "downwards": DOWNWARDS,
    "at-once": AT_ONCE,
}
_FORCES = ("moving", "frozen")
_SETTLED = 64  # a state has settled where no unit changes by more than so many units of rounding


class Free(NamedTuple):
    """The free state of some samples: s₀, its outputs, and how it was reached."""

    state: Vector
    outputs: Vector
    relaxed: Relaxed


@kind("learning system", "equilibrium")
class Equilibrium(AnyPotential):
    """A physical system that learns by equilibrium propagation: L(W) = C(s₀), as a potential.

    The state s₀ makes the energy E(W, x, s) stationary. Nudged by a cost it settles at s_β, where
    F = E + βC is stationary, and (Scellier and Bengio, 1602.05179)

        dL = d/dβ ∂E/∂W(s_β) at β = 0.

    `differential` is an estimate of it from states at finite nudges; `exact` the covector itself,
    by implicit differentiation. The estimates of the kinds "one-sided" and "symmetric" are the
    exact differential of another potential, `averaged()`.

    Parameters
    ----------
    system : Hopfield, or an `Energy` of your own
    cost : Quadratic
        C. Each output has a spring to its truth: an `output_metric` is diagonal.
    data : Dataset
    nudge : float
        β, not 0; negative for a one-sided estimate from the other side.
    estimator : str, dict or Estimator
        "one-sided", "random-sign", "symmetric", "richardson", "contour".
    force : str
        "moving": the cost itself pulls; "frozen": its force at the free state, ⟨c(s₀), s⟩.
    order : str
        In which layers settle: "odd-even" or "even-odd", each after the other (asynchronous: the
        energy falls at every sweep), "upwards", "downwards", or "at-once" (synchronous).
    tolerance : float, optional
        A relaxation ends where no unit changes by more in a sweep; by default where rounding is all
        that is left.
    sweeps, nudged_sweeps : int
        Sweeps at most of the free and of each nudged relaxation.
    fixed : bool
        Whether all these sweeps are made, whatever changes, as published programs do.

    Attributes
    ----------
    size : int
        D, the number of parameters.
    relaxed : dict
        Of the last differential: sweeps and last change of the "free" and the "nudged" relaxations.

    Raises
    ------
    FlownetError
        For data that do not fit the system, a cost that is no spring, a nudge that is 0, and an
        estimator that the system does not allow.

    Examples
    --------
    >>> import flownet as fn
    >>> data = fn.data.load("xor")
    >>> potential = fn.Equilibrium(fn.Hopfield([2, 4, 1], "tanh"), fn.Quadratic(), data, nudge=0.1)
    >>> loss, dL = potential.differential(potential.init(seed=0))
    """

    def __init__(
        self,
        system: Energy,
        cost: Loss,
        data: Dataset,
        *,
        nudge: float,
        estimator: str | dict[str, Any] | Estimator = "symmetric",
        force: str = "moving",
        order: str = "odd-even",
        tolerance: NotNegative | None = None,
        sweeps: Count = 2000,
        nudged_sweeps: Count | None = None,
        fixed: bool = False,
    ) -> None:
        if not isinstance(system, Energy):
            raise FlownetError(
                f"system is {shown(system)}; it has to be one such as flownet.Hopfield, or an "
                "Energy of your own."
            )
        if not isinstance(data, Dataset):
            raise FlownetError(f"data is {shown(data)}; it has to be a flownet.Dataset.")
        for what, have, want in (
            ("inputs", data.x.shape[1], system.n_in),
            ("outputs", data.y.shape[1], system.n_out),
        ):
            if have != want:
                raise FlownetError(f"the data {data.name!r} have {have} {what}, the system {want}.")
        if not _check.is_real(nudge) or nudge == 0:
            raise FlownetError(f"nudge is {shown(nudge)}; it has to be a number other than 0.")
        if order not in _ORDERS:
            raise FlownetError(unknown("order", order, _ORDERS))
        if force not in _FORCES:
            raise FlownetError(unknown("force", force, _FORCES))
        self.system, self.loss, self.data = system, cost, data
        self.size, self.dtype, self.network = system.size, system.dtype, system.network
        self.nudge, self.estimator, self.force = float(nudge), estimator_of(estimator), force
        if self.estimator.analytic and not system.analytic:
            raise FlownetError(
                f"{self.estimator!r} wants complex states, and {system!r} has units with bounds "
                "or kinks, which have none: take 'richardson', or tanh, sigmoid4 or identity."
            )
        self.order, self.tolerance, self.fixed = order, tolerance, fixed
        self.sweeps, self.nudged_sweeps = sweeps, nudged_sweeps
        least = _SETTLED * float(np.finfo(self.dtype).eps)
        stop = -1.0 if fixed else least if tolerance is None else float(tolerance)
        self._manner = Manner(_ORDERS[order], sweeps, nudged_sweeps or sweeps, stop)
        self._x = np.ascontiguousarray(system.inputs(_check.in_precision("x", data.x, self.dtype)))
        self._cost = SpringCost(cost, _check.in_precision("y", data.y, self.dtype), self.dtype)
        self._pools: dict[int, list] = {}
        self.relaxed: dict[str, Relaxed] = {}

    # ---- the potential ----

    def value(self, W: ArrayLike) -> float:
        """L(W) = C(s₀), mean over samples."""
        return float(np.mean(self.sample_losses(W)))

    def sample_losses(self, W: ArrayLike) -> Vector:
        """C(s₀) of each sample (m,) in float64."""
        with self._driven(W) as (system, rows):
            return self._losses(self._free(system).outputs, rows)

    def differential(self, W: ArrayLike, *, lowest: int = 0) -> tuple[float, Vector]:
        """L(W) and the estimate of dL (D,) from states at finite nudges."""
        return self.differential_on(slice(None), W)

    def differential_on(self, rows: Any, W: ArrayLike, *, lowest: int = 0) -> tuple[float, Vector]:
        """The same of some samples alone, a mini-batch."""
        with self._driven(W, rows) as (system, rows):
            free = self._free(system)
            dL = self._estimate(system, free, rows)
            return float(np.mean(self._losses(free.outputs, rows))), dL

    def exact(self, W: ArrayLike) -> tuple[float, Vector]:
        """L(W) and dL (D,) itself: dL = −(∂_s∂_W E)·v with H·v = ∂C/∂s, no inverse of H taken."""
        with self._driven(W) as (system, rows):
            free = self._free(system)
            v, self.relaxed["solve"] = system.yields(
                free.state, self._cost.force(free.outputs, rows)
            )
            dL = system.along(free.state, -v, self._weights(rows))
            return float(np.mean(self._losses(free.outputs, rows))), dL

    def jet(self, W: ArrayLike, V: ArrayLike, order: int = 2) -> Vector:
        """Taylor coefficients c (order+1,) of s ↦ L(W + sV): what a finite step does, exactly."""
        return self.sample_jets(W, V, order).mean(axis=0)

    def sample_jets(self, W: ArrayLike, V: ArrayLike, order: int = 2) -> Vector:
        """Those of each sample (m, order+1)."""
        V, order = _check.vector("V", V, self.size, self.dtype), _check.order(order)
        with self._driven(W) as (system, rows):
            state = self._free(system).state
            outputs = [layers[-1] for layers in system.series(state, order, V=V)]
            return self._cost.series(outputs, rows)

    def difference(self, W: ArrayLike, V: ArrayLike) -> float:
        """L(W + V) − L(W), summed sample by sample, where most digits of L cancel."""
        before = self.sample_losses(W)
        return float(np.mean(self.sample_losses(np.asarray(W) + V) - before))

    def nudge_jet(self, W: ArrayLike, order: int = 2) -> Vector:
        """Coefficients g (order, D) of the covector in the nudge, without differencing.

        ∂E/∂W(s_β) = ∂E/∂W(s₀) + Σ_{k≥1} g_k β^k, and g_1 is dL itself.
        """
        with self._driven(W) as (system, rows):
            free, order = self._free(system), _check.order(order)
            gamma, y = self._cost.gamma, self._cost.y[rows]
            pull = gamma, gamma * y
            if self.force == "frozen":
                pull = 0 * gamma, -self._cost.force(free.outputs, rows)
            series = system.series(free.state, order, pull=pull)
            flat = [np.concatenate([layer.ravel() for layer in layers]) for layers in series]
            return np.array([self._products(system, flat, k, rows) for k in range(1, order + 1)])

    def bias(self, W: ArrayLike, order: int = 4) -> Vector:
        """What the estimate adds to dL, by powers β, β², … of the nudge: (order−1, D), exact.

        One-sided β·g_2 + β²·g_3 + …; symmetric β²·g_3 + …; Richardson −β⁴·g_5/4 + …; see
        `nudge_jet`.
        """
        g = self.nudge_jet(W, order)
        made = self.estimator.differences(self.nudge, _check.vector("W", W, self.size, self.dtype))
        powers = [
            sum((of.coefficient * (of.plus**k - of.minus**k)).real for of in made)
            for k in range(2, order + 1)
        ]
        return np.array(powers)[:, None] * g[1:]

    def _products(self, system, s, k, rows):
        """The k-th coefficient of ∂E/∂W, of a state's coefficients: E is of second order in s."""
        weights, total = self._weights(rows), 0.0
        for i in range(k + 1):
            if i < k - i:
                total = total + system.along(s[i], s[k - i], weights, x=i == 0)
            elif i == k - i:
                total = total + 0.5 * system.along(s[i], s[i], weights, x=False)
        return total

    def relax(self, W: ArrayLike, *, nudge: float = 0.0) -> list[Vector]:
        """States (m, n_l) of each layer at a nudge; those of a system without layers as one."""
        with self._driven(W) as (system, rows):
            free = self._free(system)
            s = free.state if nudge == 0 else self._nudged(system, free, rows, float(nudge))
            return [np.array(layer) for layer in system.layers(s)]

    def averaged(self, *, points: Count = 8) -> AnyPotential:
        """The potential L̄ of which the estimate is the exact differential.

        One-sided: L̄ = (1/β)∫₀^β C(s_b)db; symmetric: L̄ = (1/2β)∫₋β^β C(s_b)db; its value by a
        Gauss rule of so many points.
        """
        from ._averaged import Averaged

        return Averaged(self, points)

    def on(self, rows: Vector) -> Equilibrium:
        """The potential of some samples alone: that of a mini-batch."""
        return self._with(cost=self.loss.on(rows), data=self.data.take(rows))

    def with_dtype(self, dtype: DTypeLike) -> Equilibrium:
        """The same potential in another precision."""
        return self if self.dtype == dtype else self._with(system=self.system.with_dtype(dtype))

    def project(self, W: Vector) -> None:
        """Bring parameters that a step took where the system has none back, in place."""
        self.system.project(W)

    def init(self, seed: int = 0) -> Vector:
        """Initial parameters (D,): those of the system."""
        return self.system.init(seed)

    def parameters(self) -> dict[str, Any]:
        """What makes this potential again, beside its data."""
        return {
            "system": describe(self.system),
            "cost": describe(self.loss),
            "nudge": self.nudge,
            "estimator": describe(self.estimator),
            "force": self.force,
            "order": self.order,
            "tolerance": self.tolerance,
            "sweeps": self.sweeps,
            "nudged_sweeps": self.nudged_sweeps,
            "fixed": self.fixed,
        }

    def describe(self) -> dict[str, Any]:
        """Tables of data, system, cost and of how it learns: the words of an experiment file."""
        own = {name: value for name, value in self.parameters().items() if value is not None}
        system, cost = own.pop("system"), own.pop("cost")
        return {"data": self.data.describe(), "system": system, "loss": cost, "equilibrium": own}

    @classmethod
    def of_tables(cls, tables: dict[str, Any], data: Dataset) -> Equilibrium:
        """The potential of such tables."""
        system, cost = build("system", tables["system"]), build("loss", tables["loss"])
        return cls(system, cost, data, **tables["equilibrium"])

    def __repr__(self):
        return (
            f"Equilibrium of {self.system!r}, {self.loss!r}, {self.data!r}, nudge {self.nudge}, "
            f"{self.estimator!r}"
        )

    def __getstate__(self):
        """What pickle keeps: no buffers."""
        return {**vars(self), "_pools": {}}

    # ---- relaxations ----

    def _with(self, **other):
        made = {**self.parameters(), "system": self.system, "cost": self.loss, "data": self.data}
        return Equilibrium(**{**made, "estimator": self.estimator, **other})

    @contextmanager
    def _driven(self, W, rows=slice(None)):
        """The system at W and some inputs, and which samples these are."""
        W, x = _check.vector("W", W, self.size, self.dtype), self._x[rows]
        pool = self._pools.setdefault(len(x), [])
        system = pool.pop() if pool else self.system.relaxation(len(x), self._manner)
        try:
            system.drive(W, x)
            yield system, rows
        finally:
            pool.append(system)

    def _free(self, system):
        s = system.rest()
        relaxed = system.relax(s, no_pull(self.dtype), self._manner.sweeps)
        self.relaxed["free"] = relaxed
        return Free(s, np.array(system.outputs(s)), relaxed)

    def _nudged(self, system, free, rows, nudge):
        """The state at a nudge, on the branch of the free one: it relaxes from there."""
        if nudge == 0:
            return free.state
        number = np.result_type(self.dtype, np.complex64) if np.iscomplexobj(nudge) else self.dtype
        s = free.state.astype(number)
        if self.force == "moving":
            pull = self._cost.spring(nudge, rows, number)
        else:
            pull = self._cost.steady(nudge, self._cost.force(free.outputs, rows), number)
        self.relaxed["nudged"] = system.relax(s, pull, self._manner.nudged_sweeps)
        return s

    def _estimate(self, system, free, rows):
        weights, total = self._weights(rows), None
        for each in self.estimator.differences(self.nudge, system.W):
            plus, minus = (self._nudged(system, free, rows, b) for b in (each.plus, each.minus))
            part = system.difference(plus, minus, each.coefficient * weights)
            total = part if total is None else total + part
        return total

    def _weights(self, rows):
        """What each sample counts in a mean."""
        weights = self._cost.weights[rows]
        return weights / len(weights)

    def _losses(self, outputs, rows):
        return self._cost.weights[rows] * self._cost.values(outputs, rows)
