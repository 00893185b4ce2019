"""Physical systems whose covector comes from two relaxations: equilibrium propagation."""

from ._energy import Energy, System
from ._equilibrium import Equilibrium
from ._estimators import Contour, Estimator, OneSided, RandomSign, Richardson, Symmetric
from ._relatives import Agnostic, Contrastive, CoupledLearning
from .actions import Echo, LeastAction, Mechanical, NeuralForce, Oscillators, Verlet
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
from .complex import ComplexEnergy, ComplexHopfield
from .dynamics import AsymmetricHopfield, Dynamics
from .systems import Hopfield, Resistive
from .thermal import Discrete, Ising, Thermal
from .unrolled import GDU, gdu

__all__ = [
    "GDU",
    "Agnostic",
    "Amplifier",
    "AsymmetricHopfield",
    "Circuit",
    "ComplexEnergy",
    "ComplexHopfield",
    "Contour",
    "Contrastive",
    "CoupledLearning",
    "CurrentSource",
    "Diode",
    "Discrete",
    "Dynamics",
    "Echo",
    "Element",
    "Energy",
    "Equilibrium",
    "Estimator",
    "ExponentialDiode",
    "Hopfield",
    "InputSource",
    "Ising",
    "LeastAction",
    "Mechanical",
    "NeuralForce",
    "OneSided",
    "Oscillators",
    "Output",
    "RandomSign",
    "Resistive",
    "Resistor",
    "Richardson",
    "Symmetric",
    "System",
    "Thermal",
    "Verlet",
    "VoltageSource",
    "gdu",
]
