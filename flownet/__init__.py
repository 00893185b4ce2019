"""flownet: what a finite learning step does to a neural network."""

from . import data
from ._errors import FlownetError
from .data import Dataset
from .model import (
    ACTIVATIONS, UV, CrossEntropy, DoubleWell, Network, Parabola, Potential, Quadratic, Quartic)

__version__ = "0.1.0"
