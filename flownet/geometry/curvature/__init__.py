"""Curvature in the metric: eigenpairs, sharpness, inertia, spectral density."""

from ._applied import metric_hessian, real_point, third, with_hessian
from ._curvature import Eigenpairs, eigenpairs, sharpness
from ._density import SpectralDensity, rademacher, spectral_density, standard_error
from ._inertia import EXACT, Inertia, index, inertia, matrix
from ._lanczos import NoSpectrum, Quadrature, lanczos, tridiagonal

__all__ = [
    "EXACT",
    "Eigenpairs",
    "Inertia",
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
    "real_point",
    "sharpness",
    "spectral_density",
    "standard_error",
    "third",
    "tridiagonal",
    "with_hessian",
]
