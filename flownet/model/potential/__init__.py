"""Potentials: a loss as a function of the parameters, formulas, and their sums."""

from ._analytic import UV, Analytic, DoubleWell, Parabola, Quartic
from ._batches import Batches, key
from ._contract import AnyPotential
from ._custom import CustomPotential
from ._loss import CrossEntropy, Quadratic
from ._own import OwnPotential, as_potential, travels
from ._potential import Potential
from ._real_view import RealLayout, RealView, in_double, is_complex, real_view
from ._reals import Reals
from ._standstill import stands_still
from ._sum import Sum

__all__ = [
    "UV",
    "Analytic",
    "AnyPotential",
    "Batches",
    "CrossEntropy",
    "CustomPotential",
    "DoubleWell",
    "OwnPotential",
    "Parabola",
    "Potential",
    "Quadratic",
    "Quartic",
    "RealLayout",
    "RealView",
    "Reals",
    "Sum",
    "as_potential",
    "in_double",
    "is_complex",
    "key",
    "real_view",
    "stands_still",
    "travels",
]
