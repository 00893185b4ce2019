"""flownet: what a finite learning step does to a neural network."""

__version__ = "0.1.0"

from . import data
from ._errors import FlownetError
from .data import Dataset
from .desk import Experiment, plot
from .geometry import Euclidean, LayerMetric
from .linearization import Breakdown, breakdown
from .model import (
    ACTIVATIONS, UV, CrossEntropy, DoubleWell, Network, Parabola, Potential, Quadratic, Quartic)
from .motion import Accuracy, Aristotle, resume, states, train
from .store import Trajectory
