"""Physical systems whose covector comes from two relaxations: equilibrium propagation."""

from ._energy import Energy
from ._equilibrium import Equilibrium
from ._estimators import Contour, Estimator, OneSided, RandomSign, Richardson, Symmetric
from ._relatives import Agnostic, Contrastive, CoupledLearning
from .circuits import (
    Amplifier,
    Circuit,
    CurrentSource,
    Diode,
    Element,
    ExponentialDiode,
    InputSource,
    Output,
    Resistor,
    VoltageSource,
)
from .systems import Hopfield, Resistive
from .unrolled import GDU, gdu

__all__ = [
    "GDU",
    "Agnostic",
    "Amplifier",
    "Circuit",
    "Contour",
    "Contrastive",
    "CoupledLearning",
    "CurrentSource",
    "Diode",
    "Element",
    "Energy",
    "Equilibrium",
    "Estimator",
    "ExponentialDiode",
    "Hopfield",
    "InputSource",
    "OneSided",
    "Output",
    "RandomSign",
    "Resistive",
    "Resistor",
    "Richardson",
    "Symmetric",
    "VoltageSource",
    "gdu",
]
