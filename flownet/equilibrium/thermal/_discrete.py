"""Systems of few states, all of which can be listed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError
from ..._registry import Named

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..._types import Vector


class Discrete(Named, ABC):
    """E(W, x, s) of states that can be listed: a system whose averages are sums over all of them.

    A system of your own derives from this and writes `configurations`, `energy` and `covector`.
    The last `n_out` columns of a state are the outputs.

    Attributes
    ----------
    size : int
        D, the number of parameters.
    states : int
        n, the numbers of one state.
    n_in, n_out : int
        Inputs and outputs.
    dtype : dtype
    """

    size: int
    states: int
    n_in: int
    n_out: int
    dtype: np.dtype = np.dtype(np.float64)

    @abstractmethod
    def configurations(self) -> Vector:
        """Every state (K, n)."""

    @abstractmethod
    def energy(self, W: Vector, x: Vector, s: Vector) -> Vector:
        """E (k,) of states s (k, n) under inputs x (k, n_in), row by row."""

    @abstractmethod
    def covector(self, W: Vector, x: Vector, s: Vector, weight: Vector) -> Vector:
        """Σ over rows of weight·∂E/∂W (D,), one weight (k,) a row."""

    def inputs(self, x: Vector) -> Vector:
        """What drives the system, of a data set's inputs x (m, n_in): by default x itself."""
        return x

    def project(self, W: Vector) -> None:
        """Bring parameters that a step took where none may be back, in place: none by default."""

    def init(self, seed: int = 0) -> Vector:
        """Initial parameters (D,)."""
        raise FlownetError(f"{type(self).__name__} has no rule for initial parameters: pass W0.")

    def with_dtype(self, dtype: DTypeLike) -> Any:
        """The same system in another precision; one that has no other says so."""
        if self.dtype == dtype:
            return self
        raise FlownetError(f"{type(self).__name__} has {self.dtype.name} parameters alone.")
