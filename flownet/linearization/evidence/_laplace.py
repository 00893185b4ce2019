"""What an evidence is made of, and how it changes with the prior and the noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError
from ..._table import Table, Tabled, short
from ._likelihood import Likelihood, check_noise, positive_or_none
from ._predictive import Predictive, predictive
from ._running import Running, running
from ._spectrum import Spectrum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike, Positive

_ROUNDS, _SETTLED = 10_000, 1e-13  # of MacKay's fixed point


@dataclass(frozen=True)
class Laplace:
    """Laplace's approximation with one curvature, at one prior and noise.

    Attributes
    ----------
    curvature : str
        "hessian" or "gauss-newton".
    log_Z : float
        Evidence.
    low, high : float
        Bounds of it for the probes taken; log_Z itself where the spectrum is exact.
    error : float
        Standard error by the probes; 0 where the spectrum is exact.
    occam : float
        −½Σ log(1 + h/α), what the width of the prior costs.
    gamma : float
        Effective parameters γ = Σ h/(h + α): how many the data decide.
    negative : bool
        Whether H + α is not positive: then there is no such approximation, and all is NaN.
    """

    curvature: str
    log_Z: float
    low: float
    high: float
    error: float
    occam: float
    gamma: float
    negative: bool = False


@dataclass(frozen=True)
class Evidence(Tabled):
    """Evidence log Z of data for a network at W, with all that it is made of.

    Attributes
    ----------
    W : ndarray (D,)
    samples, size : int
        N and F, samples and free parameters.
    prior : float
        α, of ½α‖W‖² in the metric.
    noise : float or None
        σ; None of classes.
    loss : float
        L(W), without the prior.
    energy : float
        U(W), −log likelihood.
    length : float
        ‖W‖² in the metric.
    gradient : float
        ‖∂(U + ½α‖W‖²)‖: 0 at the posterior's maximum, where alone Laplace's method is right.
    """

    W: np.ndarray
    prior: float
    noise: float | None
    loss: float
    length: float
    size: int
    slope: np.ndarray
    coordinates: np.ndarray
    likelihood: Likelihood
    spectra: dict[str, Spectrum]
    metric: MetricLike | None

    @property
    def samples(self) -> int:
        """N, the number of samples."""
        return self.likelihood.samples

    @property
    def variance(self) -> float:
        """σ², or 1 of classes."""
        return 1.0 if self.noise is None else self.noise**2

    @property
    def energy(self) -> float:
        """U(W), −log likelihood."""
        return float(self.likelihood.energy(self.loss, self.variance))

    @property
    def gradient(self) -> float:
        """‖∂(U + ½α‖W‖²)‖ in the metric."""
        pull = self.samples / self.variance * self.slope + self.prior * self.coordinates
        return float(np.linalg.norm(pull))

    @property
    def bic(self) -> float:
        """−U − ½F·log N, the leading logarithm of log Z where the data decide all parameters."""
        return -self.energy - self.size / 2 * np.log(self.samples)

    @cached_property
    def gauss_newton(self) -> Laplace | None:
        """Laplace's approximation with Gauss–Newton; None if it was not asked for."""
        return self._laplace("gauss-newton")

    @cached_property
    def hessian(self) -> Laplace | None:
        """Laplace's approximation with the Hessian; None if not asked for, or not bounded."""
        return self._laplace("hessian")

    @property
    def best(self) -> Laplace:
        """That with the Hessian where H + α is positive, else that with Gauss–Newton."""
        exact, straight = self.hessian, self.gauss_newton
        if exact is not None and (straight is None or not exact.negative):
            return exact
        assert straight is not None
        return straight

    @property
    def log_Z(self) -> float:
        """Evidence, of the best approximation there is."""
        return self.best.log_Z

    @property
    def gamma(self) -> float:
        """Effective parameters γ, by the Hessian where it bends nowhere down, else Gauss–Newton."""
        spectrum = self.spectra[self._bends_up_only]
        return _gamma(spectrum, self.prior, self.variance).value

    def at(self, *, prior: Positive | None = None, noise: Positive | None = None) -> Evidence:
        """The same with another prior or noise, W and spectrum fixed."""
        given = positive_or_none("prior", prior), positive_or_none("noise", noise)
        check_noise(self.likelihood, given[1])
        return replace(self, prior=given[0] or self.prior, noise=given[1] or self.noise)

    def refitted(self) -> Evidence:
        """The same at MacKay's fixed point α = γ/‖W‖², σ² = Σe²/(N − γ), W and spectrum fixed.

        There both derivatives of log Z vanish: d log Z/d log α = ½(γ − α‖W‖²) and
        d log Z/d log σ² = ½(Σe²/σ² − N + γ), N counting every number that has noise. γ is by the
        Hessian where that bends nowhere down, else by Gauss–Newton.

        Raises
        ------
        FlownetError
            Where it does not settle.
        """
        spectrum = self.spectra[self._bends_up_only]
        prior, variance = self.prior, self.variance
        square, values = 2 * self.samples * self.loss, self.likelihood.values
        for _ in range(_ROUNDS):
            gamma = _gamma(spectrum, prior, variance).value
            after = gamma / self.length, variance
            if self.likelihood.has_noise:
                after = after[0], square / (values - gamma)
            if not (np.isfinite(after).all() and min(after) > 0):
                break
            moved = abs(np.log(after[0] / prior)) + abs(np.log(after[1] / variance))
            prior, variance = after
            if moved <= _SETTLED:
                noise = np.sqrt(variance) if self.likelihood.has_noise else None
                return replace(self, prior=float(prior), noise=noise and float(noise))
        raise FlownetError(
            "MacKay's fixed point does not settle: the data decide nothing, or leave no residual."
        )

    @property
    def _bends_up_only(self):
        """The Hessian where it bends nowhere down; else Gauss–Newton, if it is had."""
        exact = self.spectra.get("hessian")
        bent = exact is None or exact.least < 0
        return "gauss-newton" if bent and "gauss-newton" in self.spectra else "hessian"

    def running(self, samples: ArrayLike | None = None) -> Running:
        """How log Z, γ and BIC would run with the number of samples, loss and spectrum fixed.

        Parameters
        ----------
        samples : array (n,), optional
            Numbers N above 0; by default from 1e-3 to 1e6 times those there are.

        Returns
        -------
        Running
        """
        spectrum = self.spectra[self._bends_up_only]
        return running(self, spectrum, samples)

    def predictive(self, x: ArrayLike) -> Predictive:
        """Outputs at inputs x (m, n_in) with their covariance by Gauss–Newton.

        Cov f = J(x)·(F_U + α)⁻¹·J(x)ᵀ, by the eigenvectors of what is smaller, F_U or its dual, and
        where both have more than 4000 rows by conjugate gradients, output by output.
        """
        return predictive(self, x)

    def _laplace(self, curvature):
        spectrum = self.spectra.get(curvature)
        if spectrum is None:
            return None
        base = -self.energy - self.prior * self.length / 2
        if spectrum.least / self.variance <= -self.prior:
            return Laplace(curvature, *[np.nan] * 6, negative=True)
        scale = self.prior * self.variance
        log_det = spectrum.sum(lambda h: np.log1p(h / scale))
        gamma = _gamma(spectrum, self.prior, self.variance)
        return Laplace(
            curvature,
            base - log_det.value / 2,
            base - log_det.high / 2,
            base - log_det.low / 2,
            log_det.error / 2,
            -log_det.value / 2,
            gamma.value,
        )

    def table(self) -> Table:
        """Evidence by both curvatures, with BIC beside it, as a `Table`."""
        found = [one for one in (self.hessian, self.gauss_newton) if one is not None]
        bounds = [
            None if one.error == 0 or one.negative else f"{one.low:.6g} to {one.high:.6g}"
            for one in found
        ]
        errors = [None if one.error == 0 or one.negative else one.error for one in found]
        noise = "" if self.noise is None else f", noise σ {self.noise:.4g}"
        notes = [
            f"−U {-self.energy:.6g}, −½α‖W‖² {-self.prior * self.length / 2:.6g}; "
            f"BIC {self.bic:.6g}",
            f"‖∂(U + ½α‖W‖²)‖ is {self.gradient:.2g}: Laplace's method is right where it is 0",
        ]
        if any(one.negative for one in found):
            notes.append("H + α bends down somewhere: Laplace's method does not exist with it")
        if "hessian" in self.spectra and self.hessian is None:
            notes.append("the least curvature of H was not found: Gauss–Newton alone")
        return Table(
            f"Evidence of {self.samples} samples for {self.size} parameters, "
            f"prior α {self.prior:.4g}{noise}",
            {
                "curvature": (str, [one.curvature for one in found]),
                "log Z": (".8g", [one.log_Z for one in found]),
                "bracket": (str, bounds),
                "± probes": (".2g", errors),
                "−½Σ log(1+h/α)": (".6g", [one.occam for one in found]),
                "γ, effective": (short, [one.gamma for one in found]),
            },
            notes,
        )


def _gamma(spectrum, prior, variance):
    """γ = Σ h/(h + α), h = h̄/σ²."""
    return spectrum.sum(lambda h: h / (h + prior * variance))
