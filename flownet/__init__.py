"""flownet: what a finite learning step does to a neural network."""

from . import data
from ._errors import FlownetError
from ._version import __version__
from .data import Dataset
from .desk import Experiment, plot
from .geometry import ChargeDrift, Charges, Euclidean, LayerMetric, charges
from .linearization import Breakdown, breakdown
from .model import (
    ACTIVATIONS,
    UV,
    CrossEntropy,
    DoubleWell,
    Network,
    Parabola,
    Potential,
    Quadratic,
    Quartic,
)
from .motion import (
    Accuracy,
    Aristotle,
    Constant,
    Cosine,
    Linearity,
    LossRate,
    Warmup,
    resume,
    states,
    train,
)
from .store import Trajectory

__all__ = [
    "ACTIVATIONS", "Accuracy", "Aristotle", "Breakdown", "ChargeDrift", "Charges", "Constant",
    "Cosine", "CrossEntropy", "Dataset", "DoubleWell", "Euclidean", "Experiment", "FlownetError",
    "LayerMetric", "Linearity", "LossRate", "Network", "Parabola", "Potential", "Quadratic",
    "Quartic", "Trajectory", "UV", "Warmup", "__version__", "breakdown", "charges", "data", "plot",
    "resume", "states", "train",
]
