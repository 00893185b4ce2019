"""The geometry of parameter space: its metric, and what its flow conserves."""

from ._charges import Charges, charges
from ._curvature import Eigenpairs, eigenpairs, metric_hessian, sharpness
from ._density import SpectralDensity, spectral_density
from ._drift import ChargeDrift
from ._inertia import Inertia, index, inertia
from ._lanczos import NoSpectrum, Quadrature, lanczos
from ._metric import DiagonalMetric, Euclidean, LayerMetric

__all__ = ["ChargeDrift", "Charges", "DiagonalMetric", "Eigenpairs", "Euclidean", "Inertia",
           "LayerMetric", "NoSpectrum", "Quadrature", "SpectralDensity", "charges", "eigenpairs",
           "index", "inertia", "lanczos", "metric_hessian", "sharpness", "spectral_density"]
