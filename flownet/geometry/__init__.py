"""The geometry of parameter space: its metric, and what its flow conserves."""

from ._charges import Charges, charges
from ._curvature import Eigenpairs, eigenpairs, metric_hessian, sharpness
from ._density import SpectralDensity, spectral_density
from ._drift import ChargeDrift
from ._gradient_noise import GradientNoise, NoiseModes
from ._inertia import Inertia, index, inertia
from ._lanczos import NoSpectrum, Quadrature, lanczos
from ._metric import Metric
from ._metric_coupled import CoupledMetric
from ._metric_diagonal import DiagonalMetric, Euclidean
from ._metric_group import GroupMetric
from ._metric_layer import LayerMetric
from ._metric_timed import Moving, TimedMetric, metric_of
from ._noise_of import noise
from ._path import path_length, speed, step_speed
from ._pulled_back import PulledBack, metric_at

__all__ = [
    "ChargeDrift", "Charges", "CoupledMetric", "DiagonalMetric", "Eigenpairs", "Euclidean",
    "GradientNoise", "GroupMetric", "Inertia", "LayerMetric", "Metric", "Moving", "NoSpectrum",
    "NoiseModes", "PulledBack", "Quadrature", "SpectralDensity", "TimedMetric", "charges",
    "eigenpairs", "index", "inertia", "lanczos", "metric_at", "metric_hessian", "metric_of",
    "noise", "path_length", "sharpness", "spectral_density", "speed", "step_speed",
]
