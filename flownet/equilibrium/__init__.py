"""Physical systems whose covector comes from two relaxations: equilibrium propagation."""

from ._energy import Energy
from ._equilibrium import Equilibrium
from ._estimators import Contour, Estimator, OneSided, RandomSign, Richardson, Symmetric
from .actions import Echo, LeastAction, Mechanical, NeuralForce, Oscillators, Verlet
from .systems import Hopfield, Resistive
from .thermal import Discrete, Ising, Thermal

__all__ = [
    "Contour",
    "Discrete",
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
    "Thermal",
    "Verlet",
]
