"""Losses: how wrong an output is, mean over the samples, in a metric of outputs and samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError
from ..._registry import Named, kind
from ...kernels import layout
from ...kernels.layout import CROSS_ENTROPY, QUADRATIC
from .. import _check

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from ..._types import Positive, Vector


class Loss(Named):
    """A loss with a metric γ on the outputs and Γ on the samples; see its two kinds."""

    def __init__(
        self, output_metric: ArrayLike | None = None, sample_metric: ArrayLike | None = None
    ) -> None:
        self.output_metric = _metric("output_metric", output_metric, full=True)
        self.sample_metric = _metric("sample_metric", sample_metric)

    @property
    def couples(self) -> bool:
        """Whether Γ correlates samples, so that no mini-batch can stand for them."""
        return self.sample_metric is not None and self.sample_metric.ndim == 2

    def compiled(self, y: Vector, dtype: DTypeLike) -> Any:
        """Kernel's view of the loss, its truth and its sample weights."""
        raise NotImplementedError

    def parameters(self) -> dict[str, Any]:
        """What makes this loss again."""
        given = {"output_metric": self.output_metric, "sample_metric": self.sample_metric}
        return {name: value for name, value in given.items() if value is not None}

    def on(self, rows: Vector | slice) -> Loss:
        """The loss of some samples alone."""
        if self.couples:
            raise FlownetError(
                "a full (m, m) sample_metric couples all samples: no mini-batch "
                "can stand for them; train on the full batch."
            )
        table = self.parameters()
        if self.sample_metric is not None:
            table["sample_metric"] = self.sample_metric[rows]
        return type(self)(**table)

    def _fit(self, y):
        """Check that the metrics have the shape of the truth y (m, n_out)."""
        m, n = y.shape
        if self.output_metric is not None and self.output_metric.shape != (n, n):
            raise FlownetError(
                f"output_metric has shape {self.output_metric.shape}; "
                f"the data want ({n}, {n}) or ({n},)."
            )
        if self.sample_metric is not None and self.sample_metric.shape[0] != m:
            raise FlownetError(
                f"sample_metric has shape {self.sample_metric.shape}; "
                f"the data want ({m},) or ({m}, {m})."
            )

    def __repr__(self):
        words = [
            f"{name}={value if np.isscalar(value) else np.shape(value)}"
            for name, value in self.parameters().items()
        ]
        return f"{type(self).__name__}({', '.join(words)})"


@kind("loss", "quadratic")
class Quadratic(Loss):
    """Quadratic loss (mean squared error) L = (1/2m) Σ Γ_st γ_ab e_s^a e_t^b, e = Ŷ − Y (TM 27-29).

    It is the mean over samples of half the sum over outputs: n/2 times PyTorch's `MSELoss` of n
    outputs, which is the mean over both and has no half.

    Parameters
    ----------
    output_metric : array (n_out, n_out) or (n_out,), optional
        γ, symmetrised, for complex outputs Hermitian; identity by default.
    sample_metric : array (m,) or (m, m), optional
        Γ: importance of each sample, or their correlation (symmetrised; full batches only).

    Raises
    ------
    FlownetError
        For a metric that is not square, not finite or not positive.
    """

    def __init__(
        self, *, output_metric: ArrayLike | None = None, sample_metric: ArrayLike | None = None
    ) -> None:
        super().__init__(output_metric, sample_metric)

    def compiled(self, y: Vector, dtype: DTypeLike) -> Any:
        """Kernel's view of the loss, its truth and its sample weights."""
        self._fit(y)
        weights = np.zeros(0) if self.couples or self.sample_metric is None else self.sample_metric
        gamma = self.output_metric
        if y.dtype.kind == "c" and gamma is not None:  # Re(ē·γe) on planes
            gamma = np.block([[gamma.real, -gamma.imag], [gamma.imag, gamma.real]])
        elif np.iscomplexobj(gamma):
            raise FlownetError("output_metric is complex, and the outputs are real.")
        return (
            layout.Loss(
                QUADRATIC,
                1.0,
                _or_empty(gamma, dtype),
                _or_empty(self.sample_metric if self.couples else None, dtype),
            ),
            y,
            np.array(weights, dtype),
        )


@kind("loss", "cross-entropy")
class CrossEntropy(Loss):
    """Cross-entropy L = −(1/m) Σ q log P̂ with P̂ = softmax(Ŷ/kT) and q = ΓPγ (TM 30-32).

    Parameters
    ----------
    temperature : float
        kT: high temperatures soften the Boltzmann probabilities P̂.
    output_metric : array (n_out, n_out) or (n_out,), optional
        γ, symmetrised: class weights, or tolerance for near classes.
    sample_metric : array (m,) or (m, m), optional
        Γ, symmetrised.

    Raises
    ------
    FlownetError
        For a temperature not above 0, a metric that is not positive, or metrics and targets that
        give a negative weight q, for which the loss has no lower bound.
    """

    def __init__(
        self,
        *,
        temperature: Positive = 1.0,
        output_metric: ArrayLike | None = None,
        sample_metric: ArrayLike | None = None,
    ) -> None:
        super().__init__(output_metric, sample_metric)
        self.temperature = _check.positive("temperature", temperature)

    def parameters(self) -> dict[str, Any]:
        """What makes this loss again."""
        return {"temperature": self.temperature, **super().parameters()}

    def p_hat(self, y_hat: ArrayLike) -> Vector:
        """Boltzmann probabilities P̂ = softmax(Ŷ/kT) (m, n_out) of outputs Ŷ (TM 30)."""
        up = _check.numbers_in("y_hat", y_hat) / self.temperature
        if not up.size or not up.ndim:
            raise FlownetError(f"y_hat has shape {up.shape}; it has to be outputs (m, n_out).")
        weight = np.exp(up - up.max(axis=-1, keepdims=True))
        return weight / weight.sum(axis=-1, keepdims=True)

    def compiled(self, y: Vector, dtype: DTypeLike) -> Any:
        """Kernel's view of the loss, its truth q and no sample weights: q holds them."""
        self._fit(y)
        if y.dtype.kind == "c":
            raise FlownetError(
                "cross-entropy wants real outputs: Network(…, output='abs2'), 'abs' "
                "or 'real' reads them off complex units."
            )
        if np.iscomplexobj(self.output_metric):
            raise FlownetError("output_metric is complex, and the outputs are real.")
        if y.shape[1] == 1:
            raise FlownetError(
                "cross-entropy of one output is always 0: give each class an output (labels are "
                "whole numbers y of the shape (m,)), or take Quadratic()."
            )
        q = np.asarray(y, np.float64)
        if self.output_metric is not None:
            q = q @ self.output_metric
        if self.sample_metric is not None:
            q = self.sample_metric @ q if self.couples else self.sample_metric[:, None] * q
        if q.min() < 0:
            row, column = np.unravel_index(q.argmin(), q.shape)
            raise FlownetError(
                f"cross-entropy wants weights q = ΓPγ ≥ 0, but class {column} of "
                f"sample {row} has {q.min():.3g}: the loss has no lower bound."
            )
        return (
            layout.Loss(
                CROSS_ENTROPY,
                1.0 / self.temperature,
                _or_empty(None, dtype),
                _or_empty(None, dtype),
            ),
            np.require(q, dtype, ["C", "W"]),
            np.zeros(0, dtype),
        )


def _or_empty(metric, dtype):
    return np.zeros((0, 0), dtype) if metric is None else np.array(metric, dtype)


def _metric(name, metric, full=False):
    """A metric, symmetrised and positive; `full`: Hermitian perhaps, a diagonal one as a matrix."""
    if metric is None:
        return None
    metric = _check.numbers_of(name, metric, np.complex128 if full else np.float64)
    square = metric.ndim == 2 and metric.shape[0] == metric.shape[1]
    if not (metric.ndim == 1 or square) or not np.isfinite(metric).all():
        raise FlownetError(
            f"{name} has shape {metric.shape}; it has to be finite numbers, one for "
            "each or a square matrix."
        )
    metric = metric if metric.ndim == 1 else (metric + metric.conj().T) / 2
    if not metric.imag.any():
        metric = metric.real
    elif metric.ndim == 1:
        raise FlownetError(f"{name} has complex numbers; those of a diagonal metric are real.")
    least = (metric if metric.ndim == 1 else np.linalg.eigvalsh(metric)).min()
    if least < -1e-12 * np.abs(metric).max():
        raise FlownetError(f"{name} is not positive: its least eigenvalue is {least:.3g}.")
    return np.diag(metric) if full and metric.ndim == 1 else metric
