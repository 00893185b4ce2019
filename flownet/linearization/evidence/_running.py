"""How evidence and effective parameters run with the number of samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError
from ...model._check import numbers_of

_DECADES = (-3, 6)  # around the samples there are


@dataclass(frozen=True)
class Running:
    """log Z, γ and BIC against N at fixed loss and fixed curvature of each sample.

    Each mode flows as dγ_i/d log N = γ_i(1 − γ_i), from 0, where the prior rules, to 1, where the
    data do, and −½Σ log(1 + h/α) falls by ½γ for each unit of log N: γ/2 is the running λ, and BIC
    says F/2 for all N.

    Attributes
    ----------
    samples : ndarray (n,)
        N.
    occam : ndarray (n,)
        −½Σ log(1 + Nh̄/α).
    log_Z : ndarray (n,)
    gamma : ndarray (n,)
        γ(N).
    bic : ndarray (n,)
    modes : ndarray (n, k) or None
        γ_i(N) of the curvatures that are known one by one.
    size : int
        F.
    at : int
        The samples there are.
    """

    samples: np.ndarray
    occam: np.ndarray
    log_Z: np.ndarray
    gamma: np.ndarray
    bic: np.ndarray
    modes: np.ndarray | None
    size: int
    at: int

    @property
    def coefficient(self) -> np.ndarray:
        """γ/2, by which log Z falls for each unit of log N beside the fit: the running λ."""
        return self.gamma / 2


def running(found, spectrum, samples):
    """`Running` of an evidence with one of its spectra."""
    if samples is None:
        samples = found.samples * np.logspace(*_DECADES, 181)
    samples = np.atleast_1d(numbers_of("samples", samples))
    if samples.ndim != 1 or not (samples > 0).all():
        raise FlownetError("samples has to be numbers N above 0, (n,).")
    share = samples / found.samples
    scale = found.prior * found.variance
    if (share.max() * spectrum.least) <= -scale:
        raise FlownetError("H + α bends down at some N: take curvature='gauss-newton'.")
    occam = (
        np.array([-spectrum.sum(lambda h, s=s: np.log1p(s * h / scale)).value for s in share]) / 2
    )
    gamma = np.array([spectrum.sum(lambda h, s=s: s * h / (s * h + scale)).value for s in share])
    energy = share * found.energy
    modes = None
    if spectrum.values is not None:
        h = share[:, None] * spectrum.values
        modes = h / (h + scale)
    return Running(
        samples,
        occam,
        -energy - found.prior * found.length / 2 + occam,
        gamma,
        -energy - found.size / 2 * np.log(samples),
        modes,
        found.size,
        found.samples,
    )
