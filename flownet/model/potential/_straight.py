"""What a potential offers of its loss alone, its map being taken as straight."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import Vector
    from .. import gauss_newton as straight
    from ..gauss_newton import Jacobian, SumAction, TangentKernel
    from ..hessian import Action


class Straight:
    """Gauss-Newton and its kin: what may be left out, and is refused where it is."""

    def refuse(self, name: str) -> NoReturn:
        """Raise the line that says that a method is not offered."""
        raise NotImplementedError

    def hessian(self, W: Vector) -> Any:
        """H at W as a `scipy.sparse.linalg.LinearOperator`; of complex W one on its reals."""
        self.refuse("hessian")

    def linearized_jet(self, W: Vector, V: Vector, order: int = 2) -> Vector:
        """Taylor coefficients c (order+1,) of the loss along a straight line of outputs."""
        self.refuse("linearized_jet")

    def gauss_newton(self, W: Vector) -> Action:
        """Gauss-Newton (GGN) F = JᵀGJ at W as a `scipy.sparse.linalg.LinearOperator`."""
        self.refuse("gauss_newton")

    def fisher(self, W: Vector) -> Action:
        """Fisher information of the outputs' model at W as a `LinearOperator`."""
        self.refuse("fisher")

    def empirical_fisher(self, W: Vector) -> Action:
        """Empirical Fisher (1/m)Σ_s dℓ_s⊗dℓ_s at W as a `LinearOperator`; it is no Fisher."""
        self.refuse("empirical_fisher")

    def jacobian(self, W: Vector) -> Jacobian:
        """Jacobian J = ∂Ŷ/∂W (m·n_out, D) at W as a `LinearOperator`."""
        self.refuse("jacobian")

    def ntk(self, W: Vector) -> TangentKernel:
        """Neural tangent kernel JJᵀ (m·n_out, m·n_out) at W as a `LinearOperator`."""
        self.refuse("ntk")

    def map_bends(self, W: Vector) -> Action | SumAction:
        """What the map bends, H − F at W, as a `LinearOperator`."""
        from ..gauss_newton import SumAction  # scipy's operators take a tenth of a second

        hessian = self.hessian(W)
        return SumAction([(1.0, hessian), (-1.0, self.gauss_newton(W))], here=hessian)


@cache
def _straight():
    """The operators that take the map as straight, loaded when first wanted."""
    from .. import gauss_newton

    return gauss_newton


class OfNetwork:
    """The same of the loss of a network on its data."""

    _point: Any

    def gauss_newton(self, W: ArrayLike) -> straight.GaussNewton:
        """Gauss-Newton (GGN) F = JᵀGJ at W, G = ∂²ℓ/∂Ŷ²: what the loss bends of H."""
        return _straight().GaussNewton(self, self._point("W", W))

    def fisher(self, W: ArrayLike) -> straight.Fisher:
        """Fisher information of the outputs' model at W, which does not see the labels."""
        return _straight().Fisher(self, self._point("W", W))

    def empirical_fisher(self, W: ArrayLike) -> straight.EmpiricalFisher:
        """Empirical Fisher (1/m)Σ_s dℓ_s⊗dℓ_s of the samples' gradients at W; it is no Fisher."""
        return _straight().EmpiricalFisher(self, self._point("W", W))

    def jacobian(self, W: ArrayLike) -> straight.Jacobian:
        """Jacobian J = ∂Ŷ/∂W (m·n_out, D) at W: `J @ V` pushes forward, `J.H @ C` pulls back."""
        return _straight().Jacobian(self, self._point("W", W))

    def ntk(self, W: ArrayLike) -> straight.TangentKernel:
        """Neural tangent kernel Θ = JJᵀ (m·n_out, m·n_out) at W, on the outputs of all samples."""
        return _straight().TangentKernel(self, self._point("W", W))

    def map_bends(self, W: ArrayLike) -> straight.MapBends:
        """What the map bends, B = Σ ∂ℓ·∂²f = H − F at W, applied without a difference."""
        return _straight().MapBends(self, self._point("W", W))
