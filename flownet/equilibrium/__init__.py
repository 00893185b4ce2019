"""Physical systems whose covector comes from two relaxations: equilibrium propagation."""

from ._energy import Energy
from ._equilibrium import Equilibrium
from ._estimators import Contour, Estimator, OneSided, RandomSign, Richardson, Symmetric
from .systems import Hopfield, Resistive

__all__ = [
    "Contour",
    "Energy",
    "Equilibrium",
    "Estimator",
    "Hopfield",
    "OneSided",
    "RandomSign",
    "Resistive",
    "Richardson",
    "Symmetric",
]
