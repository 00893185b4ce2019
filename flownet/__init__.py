"""flownet: what a finite learning step does to a neural network."""

from . import data
from ._errors import FlownetError
from ._version import __version__
from .data import Dataset
from .desk import Experiment, plot
from .geometry import ChargeDrift, Charges, DiagonalMetric, Eigenpairs, Euclidean, Inertia, LayerMetric, SpectralDensity, charges, eigenpairs, index, inertia, lanczos, metric_hessian, sharpness, spectral_density
from .linearization import Breakdown, Comparison, CriticalPoint, Curl, Departure, ExitSteps, Exits, Rod, breakdown, compare_minima, curl, curve_distance, departure, departure_power, exit_step, exits, minimum, rod
from .model import ACTIVATIONS, COMPLEX_ACTIVATIONS, CrossEntropy, DoubleWell, Network, Parabola, Potential, Quadratic, Quartic, UV
from .motion import Accuracy, Adam, AdamW, Aristotle, Central, Constant, Cosine, Langevin, Linearity, LossRate, Modified, Nesterov, Newton, Principal, RMSProp, RungeKutta, Sharpness, ThierryMieg, Warmup, flow, resume, states, train
from .store import Trajectory

__all__ = [
    "ACTIVATIONS", "Accuracy", "Adam", "AdamW", "AdaptiveMetric", "Aristotle", "Breakdown",
    "COMPLEX_ACTIVATIONS", "Central", "ChargeDrift", "Charges", "Chart", "Charted", "Comparison",
    "Constant", "Cosine", "CoupledMetric", "CriticalPoint", "CrossEntropy", "Curl", "Dataset",
    "Departure", "DiagonalMetric", "DoubleWell", "Eigenpairs", "Energy", "Euclidean", "ExitSteps",
    "Exits", "Experiment", "FlownetError", "Geodesic", "GradientNoise", "GroupMetric", "Inertia",
    "Langevin", "LayerMetric", "Linearity", "LossRate", "Metric", "Modified", "Nesterov", "Network",
    "Newton", "Noise", "Parabola", "PathLength", "Phases", "Potential", "Pretraining", "Principal",
    "PulledBack", "Quadratic", "Quartic", "RMSProp", "Rescaling", "Rod", "RollingForce",
    "RungeKutta", "ShadowEnergy", "Sharpness", "Sinh", "SpectralDensity", "Speed", "StepSpeed",
    "ThierryMieg", "TimedMetric", "Trajectory", "UV", "Warmup", "WeightNormalisation",
    "__version__", "adaptive_metric", "breakdown", "charges", "compare_minima", "curl",
    "curve_distance", "data", "departure", "departure_power", "eigenpairs", "exit_step", "exits",
    "flow", "geodesic", "index", "inertia", "lanczos", "metric_hessian", "minimum", "noise",
    "path_length", "plot", "pretrain", "resume", "rod", "rolling_force", "sharpness",
    "spectral_density", "states", "step_speed", "train",
]
