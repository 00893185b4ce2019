"""The central flow: the middle line of a run that oscillates at the edge of stability."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError
from ..._registry import kind
from ...geometry.curvature import eigenpairs, metric_hessian, third
from ...geometry.metric import Euclidean
from .. import _check
from ._complementarity import complementary
from ._field import Field

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import Vector
    from ...geometry.metric import Metric
    from ...model.potential import AnyPotential

_BAND = 0.1  # eigenvalues from (1 − band)·2/h up take part
_RTOL = 1e-8  # of the eigenpairs: an error in λ of 1e-16, in a direction of 1e-8 over the gap

#: the oscillation about the central flow: eigenvalues (k,) near and above the edge, descending,
#: their directions (k, D), orthonormal in g, and the covariance (k, k) of the oscillation in them
Oscillation = namedtuple("Oscillation", "values vectors covariance")


@kind("flow field", "central")
class Central(Field):
    """Central flow of gradient descent (Cohen et al., ICLR 2025), for `fn.flow(field=...)`.

    Ẇ = −g^♯[dL + ½∂⟨Σ, H⟩], Σ = Σ_ij X_ij u_i⊗u_j the covariance of the oscillation in the
    directions u_i whose curvature λ_i is at the edge 2/h, a semidefinite X that holds the
    curvature there: with T_ij = T[u_i, u_j] and M = ⟨u_i, Hu_j⟩ in the metric, Ṁ = −α − β(X),
    α_ij = ⟨T_ij, g^♯dL⟩ and β(X)_ij = ½Σ_kl ⟨T_ij, g^♯T_kl⟩X_kl, and

        X ⪰ 0,   Y = rate·(2/h − M) − Ṁ ⪰ 0,   ⟨X, Y⟩ = 0.

    At the edge this is the published condition, Ṁ ⪯ 0 and complementary; for one direction
    X = σ² = max(0, −2⟨dL, ∂λ⟩/‖∂λ‖²), ∂λ = T[u,u]. The published field jumps where an eigenvalue
    reaches 2/h, and nothing in it brings back what has drifted. Here M may rise no faster than
    `rate` times its distance from the edge, Ṁ ⪯ rate·(2/h − M): X sets in continuously as the
    edge comes near, a sharpness held there stays without drift, and one above it returns as
    e^{−rate·t}. The price: the last stretch below the edge, where λ would rise by more than
    rate·(2/h − λ), takes about 1/rate longer. By default rate = 1/h, one finite step: less than
    2/h, the stiffness that the gradient has there anyhow.

    Like the gradient's, its stiffness is 2/h: an explicit integrator then steps at the limit of its
    stability and leaves an error of the size of its tolerance along the u_i, which X answers; ask
    for rtol=1e-5 or less.

    Directions take part from 0.9·2/h up. Each search for them begins where the last one ended, on
    the same potential and metric, and afresh at the W where a path began: the same path twice, the
    same bits.

    Parameters
    ----------
    step : float
        h, the finite learning step of the run, full-batch gradient descent.
    rate : float, optional
        Rate of relaxation to the edge, 1/h by default.

    Raises
    ------
    FlownetError
        For numbers that are not above 0.

    Examples
    --------
    >>> import flownet as fn
    >>> valley = fn.UV(1)
    >>> path = fn.flow(valley, W0=[2.0, 0.1], time=9.0, field=fn.Central(step=0.6))
    """

    of_constant_metric = True

    def __init__(self, step: float, rate: float | None = None) -> None:
        self.step = _check.positive("step", step)
        self.rate = 1 / self.step if rate is None else _check.positive("rate", rate)
        self._forget()

    @property
    def edge(self) -> float:
        """2/h, the curvature up to which a step h is stable."""
        return 2 / self.step

    def velocity(self, potential: AnyPotential, metric: Metric, W: Vector) -> Vector:
        """Ẇ (D,) at W (D,)."""
        H, found, T = self._at(potential, metric, W)
        force = H.hessian.dL + np.einsum("ij,ijd->d", found.covariance, T) / 2
        return -H.metric.sharp(force).astype(np.result_type(W, np.float32))

    def oscillation(self, potential: AnyPotential, metric: Metric, W: Vector) -> Any:
        """Eigenvalues near and above the edge, their directions, and X in them (`Oscillation`)."""
        return self._at(potential, metric, W)[1]

    def mean_loss(self, potential: AnyPotential, metric: Metric, W: Vector) -> float:
        """Loss averaged over the oscillation, L + ½⟨Σ, H⟩: a float."""
        found = self.oscillation(potential, metric, W)
        return float(potential.value(W) + np.diag(found.covariance) @ found.values / 2)

    def sharpness(self, potential: AnyPotential, metric: Metric, W: ArrayLike) -> float:
        """Sharpness λ_max on the flow, which is what it predicts of the run's middle: a float."""
        metric = Euclidean(potential.size) if metric is None else metric
        return float(self._leading(potential, metric, np.asarray(W)).values[0])

    def _at(self, potential, metric, W):
        """The Hessian in the metric, the `Oscillation`, and T_ij (k, k, D)."""
        metric = Euclidean(potential.size) if metric is None else metric
        pairs = self._leading(potential, metric, np.asarray(W))
        near = pairs.values >= (1 - _BAND) * self.edge
        values, U = pairs.values[near], pairs.vectors[near]
        H = metric_hessian(potential, W, metric)
        k = len(values)
        T = np.empty((k, k, potential.size))
        for i in range(k):
            for j in range(i + 1):
                T[i, j] = T[j, i] = (
                    third(H.hessian, U[i], U[j]) if i != j else H.hessian.third_action(U[i])
                )
        return H, Oscillation(values, U, self._covariance(H, values, T)), T

    def _covariance(self, H, values, T):
        """X (k, k) that holds eigenvalues (k,) at the edge."""
        if not len(values):
            return np.zeros((0, 0))
        T = np.array([[H.covector(t) for t in row] for row in T])  # here the metric is plain
        alpha = T @ H.covector(H.hessian.dL)
        beta = np.tensordot(T, T, (2, 2)) / 2
        X = complementary(beta, np.diag(self.rate * (self.edge - values)) + alpha)
        if X is None:
            raise FlownetError(
                f"nothing holds the sharpness {values[0]:.4g} at the edge 2/step = "
                f"{self.edge:.4g}: the curvature does not change along its own "
                "directions, and the run has no central flow here."
            )
        return X

    def _leading(self, potential, metric, W):
        """Eigenpairs down to the first one below the band."""
        if (
            self._potential != potential
            or self._metric is not metric
            or np.array_equal(W, self._first)
        ):
            self._forget()
            self._potential, self._metric, self._first = potential, metric, W.copy()
        free, pairs = int(np.count_nonzero(metric.free)), self._near
        k = min(self._count, free)
        while True:
            pairs = eigenpairs(potential, W, k, metric=metric, start=pairs, rtol=_RTOL)
            inside = int(np.count_nonzero(pairs.values >= (1 - _BAND) * self.edge))
            if inside < k or k == free:
                break
            k += 1
        self._near, self._count = pairs, inside + 1
        return pairs

    def _forget(self):
        self._potential = self._metric = self._first = self._near = None
        self._count = 1

    def parameters(self) -> dict[str, Any]:
        """What makes this field again."""
        rate = {} if self.rate == 1 / self.step else {"rate": self.rate}
        return {"step": self.step, **rate}

    def __repr__(self):
        words = ", ".join(f"{name}={value:g}" for name, value in self.parameters().items())
        return f"Central({words})"
