"""Curvature in the metric: eigenpairs, sharpness, inertia, spectral density."""

from ._curvature import Eigenpairs, eigenpairs, sharpness
from ._density import SpectralDensity, spectral_density
from ._inertia import EXACT, Inertia, index, inertia, matrix
from ._lanczos import NoSpectrum, Quadrature, lanczos
from ._metric_hessian import metric_hessian, with_hessian

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
    "sharpness",
    "spectral_density",
    "with_hessian",
]
