"""Curvature in the metric: eigenpairs, sharpness, inertia, spectral density."""

from ._curvature import Eigenpairs, eigenpairs, sharpness
from ._density import SpectralDensity, rademacher, spectral_density, standard_error
from ._inertia import EXACT, Inertia, index, inertia, matrix
from ._lanczos import NoSpectrum, Quadrature, lanczos, tridiagonal
from ._metric_hessian import MetricHessian, metric_hessian, with_hessian

__all__ = [
    "EXACT",
    "Eigenpairs",
    "Inertia",
    "MetricHessian",
    "NoSpectrum",
    "Quadrature",
    "SpectralDensity",
    "eigenpairs",
    "index",
    "inertia",
    "lanczos",
    "matrix",
    "metric_hessian",
    "rademacher",
    "sharpness",
    "spectral_density",
    "standard_error",
    "tridiagonal",
    "with_hessian",
]
