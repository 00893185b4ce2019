"""Physical systems whose covector comes from two relaxations: equilibrium propagation."""

from ._energy import Energy, System
from ._equilibrium import Equilibrium
from ._estimators import Contour, Estimator, OneSided, RandomSign, Richardson, Symmetric
from .actions import Echo, LeastAction, Mechanical, NeuralForce, Oscillators, Verlet
from .complex import ComplexEnergy, ComplexHopfield
from .dynamics import AsymmetricHopfield, Dynamics
from .systems import Hopfield, Resistive
from .thermal import Discrete, Ising, Thermal

__all__ = [
    "AsymmetricHopfield",
    "ComplexEnergy",
    "ComplexHopfield",
    "Contour",
    "Discrete",
    "Dynamics",
    "Echo",
    "Energy",
    "Equilibrium",
    "Estimator",
    "Hopfield",
    "Ising",
    "LeastAction",
    "Mechanical",
    "NeuralForce",
    "OneSided",
    "Oscillators",
    "RandomSign",
    "Resistive",
    "Richardson",
    "Symmetric",
    "System",
    "Thermal",
    "Verlet",
]
