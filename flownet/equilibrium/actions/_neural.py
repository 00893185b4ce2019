"""A force from neurons: the potential energy is a layer of them, so that the force has no curl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._random import normal, stream_key
from ..._registry import kind
from ...kernels.layout import NEURAL
from ._mechanical import Mechanical, real_dtype

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..._types import Count, Whole


@kind("mechanical", "neural")
class NeuralForce(Mechanical):
    """A neural force, −∂V/∂q of V = ½Σ k_i·q_i² + Σ a_j·ln cosh(z_j) with z = Aq + Bu + b.

    The force is −kq − Aᵀ(a∘tanh z): a layer of tanh units that is read out by its own weights, and
    has no curl. The parameters are, in this order, springs k (d,), strengths a (n,), weights A
    (n, d) and B (n, n_in), biases b (n,).

    Parameters
    ----------
    coordinates : int
        d.
    units : int
        n, neurons.
    inputs : int
        n_in, signals that drive them.
    stiffness : float
        k in the beginning.
    dtype : str
        float64 or float32.

    Raises
    ------
    FlownetError
        For a dtype that is not real.
    """

    analytic = True

    def __init__(
        self,
        coordinates: Count,
        units: Count = 8,
        *,
        inputs: Whole = 0,
        stiffness: float = 1.0,
        dtype: DTypeLike = "float64",
    ) -> None:
        self.coordinates, self.units, self.n_in = int(coordinates), int(units), int(inputs)
        self.stiffness, self.dtype = stiffness, real_dtype(dtype)
        self.size = sum(int(np.prod(shape)) for shape in self.groups().values())

    def groups(self):
        """Shapes of springs, strengths, weights and biases."""
        d, n = self.coordinates, self.units
        return {
            "spring": (d,),
            "strength": (n,),
            "weights": (n, d),
            "drive": (n, self.n_in),
            "bias": (n,),
        }

    def init(self, seed=0):
        """Weights of variance one over what they sum, no biases."""
        W = normal(seed, stream_key("init"), self.size).astype(self.dtype)
        own = self.unpack(W)
        own["spring"][:] = self.stiffness
        own["strength"] /= np.sqrt(self.units)
        own["weights"] /= np.sqrt(self.coordinates)
        own["drive"] /= np.sqrt(max(1, self.n_in))
        own["bias"][:] = 0
        return W

    def _units(self, W, q, u):
        own = self.unpack(W)
        return own, q @ own["weights"].T + u @ own["drive"].T + own["bias"]

    def energy(self, W, q, u):
        """V of each row (k,)."""
        own, z = self._units(W, q, u)
        return q**2 @ own["spring"] / 2 + _ln_cosh(z) @ own["strength"]

    def slope(self, W, q, u):
        """∂V/∂q (k, d)."""
        own, z = self._units(W, q, u)
        return own["spring"] * q + (own["strength"] * np.tanh(z)) @ own["weights"]

    def curvature(self, W, q, u):
        """∂²V/∂q² (k, d, d)."""
        own, z = self._units(W, q, u)
        bend = own["strength"] * _sech2(z)
        A = own["weights"]
        return np.diag(own["spring"]) + np.einsum("kn,ni,nj->kij", bend, A, A)

    def covector(self, W, q, u, weight):
        """Σ weight·∂V/∂W (D,)."""
        own, z = self._units(W, q, u)
        pulled = weight[:, None] * own["strength"] * np.tanh(z)
        return np.concatenate(
            [
                weight @ q**2 / 2,
                weight @ _ln_cosh(z),
                (pulled.T @ q).ravel(),
                (pulled.T @ u).ravel(),
                pulled.sum(axis=0),
            ]
        )

    def along(self, W, q, u, v, weight):
        """Σ weight·(∂_q ∂_W V)·v (D,)."""
        own, z = self._units(W, q, u)
        t, moved = np.tanh(z), v @ own["weights"].T
        pulled = weight[:, None] * own["strength"] * t
        bent = weight[:, None] * own["strength"] * _sech2(z) * moved
        return np.concatenate(
            [
                weight @ (q * v),
                weight @ (t * moved),
                (bent.T @ q + pulled.T @ v).ravel(),
                (bent.T @ u).ravel(),
                bent.sum(axis=0),
            ]
        )

    def compiled(self):
        """What compiled loops want."""
        return NEURAL, self.units

    def parameters(self):
        """What makes this system again."""
        return {
            "coordinates": self.coordinates,
            "units": self.units,
            "inputs": self.n_in,
            "stiffness": self.stiffness,
            "dtype": self.dtype.name,
        }

    def __repr__(self):
        return (
            f"NeuralForce({self.coordinates}, {self.units}, inputs={self.n_in}; "
            f"{self.size} parameters)"
        )


def _ln_cosh(z):
    if np.iscomplexobj(z):
        return np.log(np.cosh(z))
    size = np.abs(z)
    return size + np.log1p(np.exp(-2 * size)) - np.log(z.dtype.type(2))


def _sech2(z):
    t = np.tanh(z)
    return (1 - t) * (1 + t)
