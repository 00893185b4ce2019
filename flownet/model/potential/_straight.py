"""What a potential offers of its loss alone, its map being taken as straight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from ..._types import Vector
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
