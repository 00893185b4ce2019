"""Metrics that the data set: Fisher's and Gauss-Newton's, another one at each point."""

from __future__ import annotations

from operator import methodcaller
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import kind
from ...model._check import array, is_whole, not_negative, positive
from ...model.potential import as_potential, is_complex, real_view
from ...model.tables import metric_table, tables_or_program
from ._diagonal import Euclidean
from ._metric import Metric
from ._raised import OperatorMetric

if TYPE_CHECKING:
    from ..._types import Count, Device, NotNegative, Positive, Vector
    from ...model.potential import AnyPotential
    from ...motion.loops import State


class CurvatureMetric(Metric):
    """A metric g(W) = A(W) + μ·g₀, A an operator that a potential has at each point.

    The index is raised by conjugate gradients whose residuals are kept orthogonal; nothing is
    inverted and no matrix stored. `seen_at(W)` is the metric at a point, and
    `seen_at(W).raised(dL)` says how far to trust a direction.
    """

    depends_on_point = certified = True
    method: str  # of the potential, which gives the operator

    def __init__(
        self,
        potential: AnyPotential,
        damping: NotNegative,
        *,
        metric: Metric | None = None,
        tolerance: Positive = 1e-10,
        iterations: Count = 100,
    ) -> None:
        potential = as_potential(potential)
        if not potential.offers(self.method):
            potential.refuse(self.method)
        self.potential, self.size = potential, potential.size
        self.damping, self.tolerance = (
            not_negative("damping", damping),
            positive("tolerance", tolerance),
        )
        if not is_whole(iterations, 1):
            raise FlownetError(
                f"iterations is {shown(iterations)}; it has to be a whole number from 1 up."
            )
        self.iterations = int(iterations)
        self.metric = Euclidean(self.size) if metric is None else metric
        if (
            not isinstance(self.metric, Metric)
            or self.metric.moves
            or self.metric.depends_on_point
            or self.metric.size != self.size
        ):
            raise FlownetError(
                f"metric is {shown(metric)}; what is damped has to be a constant one of "
                f"{self.size} parameters, such as flownet.Euclidean({self.size})."
            )

    def parameters(self) -> dict[str, Any]:
        """What makes this metric again, beside its potential."""
        words: dict[str, Any] = {"damping": self.damping}
        if self.tolerance != 1e-10:
            words["tolerance"] = self.tolerance
        if self.iterations != 100:
            words["iterations"] = self.iterations
        if not isinstance(self.metric, Euclidean):
            words["metric"] = metric_table(self.metric)
        return words

    def seen_at(self, W: Vector) -> OperatorMetric:
        """The metric at W (D,)."""
        operator = methodcaller(self.method, np.ascontiguousarray(array("W", W)))(self.potential)
        base = self.metric.real_view() if is_complex(self.potential) else self.metric
        words = self.tolerance, self.iterations
        return OperatorMetric(operator, self.damping, base, *words, self.size)

    @property
    def free(self) -> Vector:
        """Mask (D,) of the components that may move, the same at every point."""
        return self.metric.free

    def christoffel(self, W: Vector, V: Vector) -> Vector:
        """Γ(V, V) (D,) at W: geodesics bend by it, a = −Γ(V, V).

        Γ of the first kind is Jᵀ(G·f″(V,V) + ½∂³ℓ(JV,JV)), with no derivative of the metric; μg₀
        is constant in W and adds none.
        """
        return self.seen_at(W).bend(V)

    def at_step(self, state: State) -> Metric:
        """The metric of the step that a run takes from a state: of its mini-batch."""
        return self if state.potential is self.potential else self._of(state.potential)

    def on_samples(self, rows: Vector) -> Metric:
        """The metric of some samples alone, in which a step of a mini-batch is taken."""
        return self._of(self.potential.on(rows))

    def on_device(self, device: Device) -> Metric:
        """The same metric, applied by the kernels of a device."""
        return self._of(self.potential.on_device(device))

    def real_view(self) -> Metric:
        """The same metric of the 2D reals (re, im, re, im, …) that complex parameters are."""
        return self._of(real_view(self.potential), self.metric.real_view())

    def check(self, potential: AnyPotential, steps: int | None) -> None:
        """Refuse a run on another potential, whose file could not say this metric."""
        if potential is self.potential:
            return
        if tables_or_program(potential) != tables_or_program(self.potential):
            raise FlownetError(
                f"{self!r} is a metric of {self.potential!r}, and the run is one on {potential!r}: "
                "its metric is made of its own potential."
            )

    def _of(self, potential, metric=None):
        return type(self)(
            potential,
            self.damping,
            metric=self.metric if metric is None else metric,
            tolerance=self.tolerance,
            iterations=self.iterations,
        )

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        """Refused, like all that asks for the metric without saying where: `seen_at(W)` has it."""
        raise FlownetError(
            f"{self!r} depends on the point, and this asks for it without one: "
            "metric.seen_at(W) is the one at W."
        )

    sharp = flat = norm2 = coordinates = displacement = _refuse

    def __repr__(self):
        words = [f"damping={self.damping:g}"]
        if not isinstance(self.metric, Euclidean):
            words.append(f"metric={self.metric!r}")
        return f"{type(self).__name__}({', '.join(words)})"


@kind("metric", "fisher")
class FisherMetric(CurvatureMetric):
    """The Fisher metric g = F(W) + μ·g₀ that the data set: steepest descent in it is the natural
    gradient.

    F is the information of the model that the loss is −log of: Gaussian noise of the quadratic
    loss, Boltzmann probabilities P̂ of cross-entropy. Its flow is the same curve in all
    coordinates; where F alone has null directions they are left alone. A step h = 1 of the
    quadratic loss is one of Gauss-Newton's. With mini-batches each step is taken in the metric of
    its own batch.

    A run records for each step how often F was applied (`products`), the relative residual, and
    the defect of ⟨dL, V⟩ = g(V, V); see `Raised`.

    Parameters
    ----------
    potential : Potential, or a sum with one
        A `Parabola` in it is a Gaussian prior, and adds its curvature.
    damping : float
        μ, from 0 up: the part of the constant metric, without which a step is long where F is
        small.
    metric : metric, optional
        g₀, constant; the plain one by default. What it freezes stays.
    tolerance : float
        Of the residual ‖dL − gV‖/‖dL‖, in the coordinates of g₀: then conjugate gradients end.
    iterations : int
        Products with F at most, and vectors that are kept. Stopped early a step still descends,
        and promises what it delivers to first order; but it is no longer the same in all
        coordinates.

    Raises
    ------
    FlownetError
        For a potential without a Fisher, numbers out of their range, or a metric that is not
        constant.

    Examples
    --------
    >>> import flownet as fn
    >>> potential = fn.Potential(fn.Network([2, 4, 1]), fn.Quadratic(), fn.data.load("xor"))
    >>> metric = fn.FisherMetric(potential, damping=1e-2)
    >>> run = fn.train(potential, fn.Aristotle(0.5), steps=20, metric=metric)
    """

    method = "fisher"


@kind("metric", "gauss-newton")
class GaussNewtonMetric(CurvatureMetric):
    """The Gauss-Newton metric g = JᵀGJ + μ·g₀, G = ∂²ℓ/∂Ŷ²: what the loss bends at W.

    As `FisherMetric`, from which it differs where cross-entropy has a metric of its classes, or
    truths that do not add up to 1. Of a `CustomPotential`, and of the formulas that bend down, it
    is none.

    Parameters
    ----------
    potential, damping, metric, tolerance, iterations
        As of `FisherMetric`.

    Raises
    ------
    FlownetError
        Likewise.

    Examples
    --------
    >>> import flownet as fn
    >>> potential = fn.Potential(fn.Network([2, 4, 1]), fn.Quadratic(), fn.data.load("xor"))
    >>> W, metric = potential.network.init(seed=0), fn.GaussNewtonMetric(potential, damping=1e-2)
    >>> metric.seen_at(W).raised(potential.differential(W)[1]).defect < 1e-12
    True
    """

    method = "gauss_newton"
