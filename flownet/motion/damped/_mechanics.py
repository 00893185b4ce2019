"""Levenberg-Marquardt and Newton-CG: steps of a damped model, damped by what came of the last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ..._errors import FlownetError, shown
from ..._registry import kind
from ...kernels.scalar.mechanics import Aristotle
from ...model._check import is_real, is_whole, positive
from ..mechanics import Mechanics, StepPolicy

if TYPE_CHECKING:
    from ..._types import Count, Positive
    from ...model.potential import AnyPotential


class OfModel(StepPolicy):
    """Steps that a model of the potential gives; there is nothing to choose."""

    def at(self, iteration: int) -> float:
        """Refused: a step of the model is taken in whole."""
        raise FlownetError("the step is that of a damped model: there is no length to choose.")


class Damped(Mechanics):
    """A step δ that solves (A + μg₀)δ = −dL, A from the potential at W, μ from the steps before.

    The model promises dL(δ) + ½δᵀAδ. The gain ratio ρ is what the step delivers over that: below
    ¼ the damping μ grows by `factor`, above ¾ it shrinks by it. A step that delivers nothing is
    not taken: it is tried again with more damping, which costs products and no gradient.
    """

    policy = OfModel()
    numbers = Aristotle()
    own_loop = True
    counts = ("damping", "ratio", "products", "tries")
    method: str  # of the potential, which gives A

    def __init__(
        self,
        damping: Positive = 1.0,
        factor: Positive = 3.0,
        tolerance: Positive | None = None,
        iterations: Count = 100,
    ) -> None:
        self.damping = positive("damping", damping)
        if not (is_real(factor) and factor > 1):
            raise FlownetError(f"factor is {shown(factor)}; it has to be a number above 1.")
        self.factor = float(factor)
        self.tolerance = None if tolerance is None else positive("tolerance", tolerance)
        if not is_whole(iterations, 1):
            raise FlownetError(
                f"iterations is {shown(iterations)}; it has to be a whole number from 1 up."
            )
        self.iterations = int(iterations)

    def check(self, potential: AnyPotential, steps: int | None) -> None:
        """Refuse a potential that has no such operator."""
        if not potential.offers(self.method):
            potential.refuse(self.method)

    def rate(self) -> NoReturn:
        """There is none of its own."""
        raise FlownetError(
            f"mechanics is {self!r}, whose steps are those of a model: they have no flow."
        )

    def parameters(self) -> dict[str, Any]:
        """What makes these mechanics again."""
        words = {"damping": self.damping, "factor": self.factor, "iterations": self.iterations}
        return words if self.tolerance is None else {**words, "tolerance": self.tolerance}


@kind("mechanics", "levenberg-marquardt")
class LevenbergMarquardt(Damped):
    """Levenberg–Marquardt mechanics: steps of Gauss–Newton, (F + μg₀)δ = −dL, damped as they do.

    F = JᵀGJ is the potential's `gauss_newton(W)`, g₀ the run's metric, which has to be constant;
    the equation is solved by conjugate gradients with residuals kept orthogonal. The damping μ is
    chosen from delivered over promised: see `factor`. For μ → ∞ a step is one of descent, of the
    length 1/μ; for μ → 0 it is Gauss–Newton's, which lands at once where the map is straight.

    A run records for each step the `damping` it was taken with, the `ratio` delivered over
    promised, the `products` with F and the `tries` (losses looked at). Its time counts the steps
    that were taken. With mini-batches a step is tried on its own batch.

    Parameters
    ----------
    damping : float
        μ to begin with.
    factor : float
        By which μ grows after a ratio below ¼ or a step refused, and shrinks after one above ¾.
    tolerance : float, optional
        Of the residual ‖dL + (F + μg₀)δ‖/‖dL‖; by default the lesser of ½ and √‖dL‖, with which
        the steps become exact as they come near a minimum.
    iterations : int
        Products in one try at most.

    Raises
    ------
    FlownetError
        For numbers out of their range.

    Examples
    --------
    >>> import flownet as fn
    >>> potential = fn.Potential(fn.Network([2, 4, 1]), fn.Quadratic(), fn.data.load("xor"))
    >>> run = fn.train(potential, fn.LevenbergMarquardt(), steps=30)
    >>> bool(run.loss[-1] < 1e-10)
    True
    """

    method = "gauss_newton"


@kind("mechanics", "newton-cg")
class NewtonCG(Damped):
    """Newton–CG mechanics: truncated Newton steps, (H + μg₀)δ = −dL with the exact Hessian.

    As `LevenbergMarquardt` with H in place of F, map bends included. Conjugate gradients end at a
    direction p that bends down, ⟨p, (H + μg₀)p⟩ ≤ 0: the step is what they had found until then, a
    descent direction; if p is the first, it is −dL over the size of that curvature.

    Not to be confused with Newton's mechanics of mass and friction, `Newton`.

    Parameters
    ----------
    damping, factor, tolerance, iterations
        As of `LevenbergMarquardt`.

    Raises
    ------
    FlownetError
        For numbers out of their range.

    Examples
    --------
    >>> import flownet as fn
    >>> run = fn.train(fn.DoubleWell(2), fn.NewtonCG(), W0=[0.1, 2.0], steps=20)
    >>> bool(run.loss[-1] < 1e-12)
    True
    """

    method = "hessian"
