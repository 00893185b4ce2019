"""Sharpness-aware minimisation: other mechanics under the force of a point uphill."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import build, describe, kind
from ...geometry.metric import as_reals, metric_of
from ...model.potential import as_potential
from .. import _check
from ._mechanics import Mechanics

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from ..._types import BaseMechanics, MetricLike, Positive, Step, Vector
    from ...model.potential import AnyPotential


def ascent_of(metric, dL, radius):
    """Displacement ρ·g^♯dL/‖dL‖_g (D,) of the length ρ straight uphill; 0 where dL is 0."""
    V = metric.sharp(dL)
    square = float(np.vdot(as_reals(dL), as_reals(V)))
    return V * V.dtype.type(radius / math.sqrt(square)) if square > 0 else np.zeros_like(V)


@kind("mechanics", "sam")
class SAM(Mechanics):
    """Sharpness-aware minimisation (SAM): other mechanics, with dL taken uphill of where they are.

    Each step first climbs by ρn, n = g^♯dL/‖dL‖_g, takes dL there, on the same mini-batch, and
    moves from where it stood: with Aristotle W ← W − h·g^♯dL(W + ρn), two gradients a step (Foret
    et al., arXiv:2010.01412, eq. 2-3). To first order in ρ that is descent on L + ρ‖dL‖_g. The
    losses recorded are those at W.

    Parameters
    ----------
    base : Mechanics
        What takes the step, such as `Aristotle(0.1)` or `Adam(0.01)`; its step is no policy that
        reads L or its jet.
    radius : float
        ρ, a length in the metric.

    Raises
    ------
    FlownetError
        For a base whose steps are not made of one dL, and a radius that is not above 0.

    Examples
    --------
    Both ways of a step, the climb and the step itself, are broken down like any displacement:

    >>> import flownet as fn
    >>> potential, sam = fn.Parabola(2, strength=3.0), fn.SAM(fn.Aristotle(0.1), radius=0.5)
    >>> climb = fn.breakdown(potential, [1.0, 0.0], displacement=sam.ascent(potential, [1.0, 0.0]))
    >>> print(f"{climb.linear:.3f} {climb.second:.3f}")  # ρ‖dL‖ and ½ρ²H(n, n)
    1.500 0.375
    """

    def __init__(self, base: BaseMechanics, radius: Positive = 0.05) -> None:
        self.base: Any = build("mechanics", base) if isinstance(base, dict) else base
        if not isinstance(self.base, Mechanics):
            raise FlownetError(
                f"base is {shown(base)}; it has to be mechanics such as flownet.Aristotle(0.1)."
            )
        if self.base.radius or self.base.own_loop:
            raise FlownetError(
                f"base is {self.base!r}, whose steps are not made of one dL: SAM takes Aristotle, "
                "Newton, Nesterov, RMSProp, Adam, AdamW, ThierryMieg or Langevin."
            )
        self.policy = self.base.policy
        if self.policy.of_jet or self.policy.of_loss:
            raise FlownetError(
                f"step {str(self.policy)!r} reads the step off L at W, and SAM's dL is of another "
                "point: give a number, 'warmup:…' or 'cosine:…'."
            )
        self.radius = _check.positive("radius", radius)
        base = self.base
        self.remembers, self.sizing, self.epsilon = base.remembers, base.sizing, base.epsilon
        self.mass, self.temperature, self.integrator = base.mass, base.temperature, base.integrator
        self.weight_decay, self.shrink, self.moments = base.weight_decay, base.shrink, base.moments
        self.in_norm = base.in_norm

    def with_step(self, step: Step) -> Mechanics:
        """The same mechanics with another step of its base."""
        return type(self)(self.base.with_step(step), self.radius)

    def ascent(
        self, potential: AnyPotential, W: ArrayLike, metric: MetricLike | None = None
    ) -> Vector:
        """ρn (D,), the climb before a step at W."""
        potential = as_potential(potential)
        metric, W = metric_of(metric, potential), np.asarray(W)
        return ascent_of(metric.seen_at(W), potential.differential(W)[1], self.radius)

    @property
    def numbers(self) -> Any:
        """What the kernels of its base want."""
        return self.base.numbers

    @property
    def decay(self) -> float:
        """κ of a parabola whose slope joins dL, at W itself."""
        return self.base.decay

    def rule(self, pairs: Any, seed: int) -> dict[str, Any]:
        """What the kernels' `Rule` wants: the base's, and the ascent."""
        return {**self.base.rule(pairs, seed), "radius": self.radius}

    def rate(self) -> Any:
        """There is none."""
        raise FlownetError(
            f"{self!r} has no flow: how far it climbs does not shrink with the step; "
            f"{self.base!r} may have one."
        )

    def velocity(self, v: Vector, force: Callable[[], Vector], iteration: int) -> Vector:
        """Velocity (D,) at the time of W, as of its base."""
        return self.base.velocity(v, force, iteration)

    def parameters(self) -> dict[str, Any]:
        """What makes these mechanics again."""
        return {"base": describe(self.base), "radius": self.radius}

    def __repr__(self):
        return f"SAM({self.base!r}, radius={self.radius:g})"
