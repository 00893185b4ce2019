"""Coupled oscillators, whose springs learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._random import stream_key, uniform
from ..._registry import kind
from ...kernels.layout import OSCILLATORS
from ._mechanical import Mechanical, real_dtype

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..._types import Count, Whole


@kind("mechanical", "oscillators")
class Oscillators(Mechanical):
    """Coupled oscillators, V = ½Σ k_i·q_i² + ¼Σ c_i·q_i⁴ + ½Σ J_ij·(q_i − q_j)² − q·Bu.

    The parameters are, in this order, the springs k (d,), how they harden, c (d,), which a step
    that takes one below 0 leaves at 0, the couplings J of each pair i < j, and the strengths B
    (d, n_in) of what drives them. Each sees what it holds alone: ∂V/∂J_ij = ½(q_i − q_j)².

    Parameters
    ----------
    coordinates : int
        d, oscillators of one coordinate each.
    inputs : int
        n_in, signals that drive them.
    stiffness : float
        Springs begin about it: k between half and one and a half times as stiff.
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
        *,
        inputs: Whole = 0,
        stiffness: float = 1.0,
        dtype: DTypeLike = "float64",
    ) -> None:
        self.coordinates, self.n_in, self.stiffness = int(coordinates), int(inputs), stiffness
        self.dtype = real_dtype(dtype)
        self._pairs = np.triu_indices(self.coordinates, 1)
        self.size = sum(int(np.prod(shape)) for shape in self.groups().values())

    def groups(self):
        """Shapes of springs, hardening, couplings and drive."""
        d = self.coordinates
        return {
            "spring": (d,),
            "hardening": (d,),
            "coupling": (d * (d - 1) // 2,),
            "drive": (d, self.n_in),
        }

    def init(self, seed=0):
        """Springs about their stiffness, a tenth of it in couplings, drives of order one."""
        drawn = 2 * uniform(seed, stream_key("init"), self.size) - 1
        W = drawn.astype(self.dtype)
        own = self.unpack(W)
        own["spring"][:] = self.stiffness * (1 + own["spring"] / 2)
        own["hardening"][:] = 0
        own["coupling"][:] = self.stiffness * (1 + own["coupling"]) / 10
        return W

    def project(self, W):
        """Springs do not soften: c ≥ 0."""
        hardening = self.unpack(W)["hardening"]
        np.maximum(hardening, 0, out=hardening)

    def _springs(self, W):
        """Parameters by name, and the matrix (d, d) of springs and couplings."""
        own = self.unpack(W)
        K = np.zeros((self.coordinates, self.coordinates), W.dtype)
        K[self._pairs] = -own["coupling"]
        K += K.T
        np.fill_diagonal(K, own["spring"] - K.sum(axis=1))
        return own, K

    def energy(self, W, q, u):
        """V of each row (k,)."""
        own, K = self._springs(W)
        bent = own["hardening"] * q**4 / 4
        return (q * (q @ K / 2 - u @ own["drive"].T) + bent).sum(axis=1)

    def slope(self, W, q, u):
        """∂V/∂q (k, d)."""
        own, K = self._springs(W)
        return q @ K + own["hardening"] * q**3 - u @ own["drive"].T

    def curvature(self, W, q, u):
        """∂²V/∂q² (k, d, d)."""
        own, K = self._springs(W)
        return K + np.eye(self.coordinates) * (3 * own["hardening"] * q**2)[:, None, :]

    def covector(self, W, q, u, weight):
        """Σ weight·∂V/∂W (D,)."""
        i, j = self._pairs
        return np.concatenate(
            [
                weight @ q**2 / 2,
                weight @ q**4 / 4,
                weight @ (q[:, i] - q[:, j]) ** 2 / 2,
                -((weight[:, None] * q).T @ u).ravel(),
            ]
        )

    def along(self, W, q, u, v, weight):
        """Σ weight·(∂_q ∂_W V)·v (D,)."""
        i, j = self._pairs
        return np.concatenate(
            [
                weight @ (q * v),
                weight @ (q**3 * v),
                weight @ ((q[:, i] - q[:, j]) * (v[:, i] - v[:, j])),
                -((weight[:, None] * v).T @ u).ravel(),
            ]
        )

    def compiled(self):
        """What compiled loops want."""
        return OSCILLATORS, 0

    def parameters(self):
        """What makes this system again."""
        return {
            "coordinates": self.coordinates,
            "inputs": self.n_in,
            "stiffness": self.stiffness,
            "dtype": self.dtype.name,
        }

    def __repr__(self):
        return f"Oscillators({self.coordinates}, inputs={self.n_in}; {self.size} parameters)"
