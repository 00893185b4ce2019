"""What a physical system is: an energy of its state, whose stationary points are its answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from .._errors import FlownetError
from .._registry import Named
from ._relaxation import Manner, Numerical, Relaxation

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from .._types import Vector
    from ..model.network import Network


class System(Named, ABC):
    """What relaxes to a state s at parameters W and inputs x, sample by sample.

    States are arrays (m, n), the last `n_out` columns the outputs.

    Attributes
    ----------
    size : int
        D, the number of parameters.
    states : int
        n, the numbers of one sample's state.
    n_in, n_out : int
        Inputs and outputs.
    dtype : dtype
    step : float
        Of the flow by which a state relaxes that has no `settle`. An `Equilibrium` may say another
        one.
    smooth : bool
        Whether the state is a smooth function of the nudge: no unit has a bound or a kink.
    analytic : bool
        Whether the energy is that of complex states too, as a contour of nudges wants.
    reads_out : bool
        Whether parameters of its own read the outputs off a state, as `Relaxation.outputs` does.
    network : Network or None
        Where the parameters of each layer lie, of a layered system: metrics go by it.
    conservative : bool
        Whether it is an energy that states relax on.
    has_series : bool
        Whether Taylor series of its states are known, which jets and bias are made of.
    """

    size: int
    states: int
    n_in: int
    n_out: int
    dtype: np.dtype = np.dtype(np.float64)
    step = 0.1
    smooth = True
    analytic = False
    reads_out = False
    network: Network | Any = None
    conservative = True
    has_series = False

    @property
    def columns(self) -> int:
        """Numbers of a sample's state as `Relaxation.rows` gives it: n."""
        return self.states

    def inputs(self, x: Vector) -> Vector:
        """What drives the system, of a data set's inputs x (m, n_in): by default x itself."""
        return x

    def project(self, W: Vector) -> None:
        """Bring parameters that a step took where none may be back, in place: none by default."""

    def rest(self, m: int) -> Vector:
        """States (m, n) from which relaxation begins."""
        return np.zeros((m, self.states), self.dtype)

    def init(self, seed: int = 0) -> Vector:
        """Initial parameters (D,)."""
        if self.network is None:
            raise FlownetError(
                f"{type(self).__name__} has no rule for initial parameters: pass W0."
            )
        return self.network.init(seed)

    def with_dtype(self, dtype: DTypeLike) -> Any:
        """The same system in another precision; one that has no other says so."""
        if self.dtype == dtype:
            return self
        raise FlownetError(f"{type(self).__name__} has {self.dtype.name} parameters alone.")

    def check_order(self, order: str) -> None:
        """Refuse an order in which the state cannot relax: none by default."""

    @abstractmethod
    def relaxation(self, m: int, manner: Manner) -> Relaxation:
        """How m states relax."""


class Energy(System):
    """E(W, x, s): the energy of a state s at parameters W and inputs x, sample by sample.

    A system of your own derives from this and writes `energy`, `slope` and `covector`; with
    `settle`, an exact minimiser of a block of its state, it relaxes without a step size, and with
    `curvature` it yields exactly. States are arrays (m, n), the last `n_out` columns the outputs.
    Without `settle` it relaxes by s ← s − step·∂F/∂s; `step` is less than 2 over the largest
    curvature. Its other attributes are those of `System`.
    """

    @abstractmethod
    def energy(self, W: Vector, x: Vector, s: Vector) -> Vector:
        """E of each sample (m,)."""

    @abstractmethod
    def slope(self, W: Vector, x: Vector, s: Vector) -> Vector:
        """∂E/∂s (m, n): 0 at equilibrium, states fall against it."""

    @abstractmethod
    def covector(self, W: Vector, x: Vector, s: Vector, weight: Vector) -> Vector:
        """Σ over samples of weight·∂E/∂W (D,), one weight (m,) a sample."""

    def settle(self, W: Vector, x: Vector, s: Vector, pull: Any) -> Vector:
        """The state (m, n) after each of its blocks was moved to where F is least, in turn.

        F = E + ½Σ held·o² − Σ drive·o with the `pull` of a cost at the outputs o: `pull.drive`
        (m, n_out) and `pull.held` (n_out,).
        """
        raise NotImplementedError

    def curvature(self, W: Vector, x: Vector, s: Vector, u: Vector) -> Vector:
        """E_ss·u (m, n); by central differences of `slope` unless a system says it exactly."""
        size = np.abs(u).max(axis=1, keepdims=True)
        h = np.cbrt(np.finfo(self.dtype).eps) / np.where(size > 0, size, 1)
        return (self.slope(W, x, s + h * u) - self.slope(W, x, s - h * u)) / (2 * h)

    @property
    def settles(self) -> bool:
        """Whether the system says how a block of its state settles."""
        return type(self).settle is not Energy.settle

    def relaxation(self, m: int, manner: Manner) -> Relaxation:
        """How m states relax."""
        return Numerical(self, m, manner)
