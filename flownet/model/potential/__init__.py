"""Potentials: a loss as a function of the parameters, formulas, and their sums."""

from ._analytic import UV, Analytic, DoubleWell, Parabola, Quartic
from ._batches import Batches, key
from ._loss import CrossEntropy, Quadratic
from ._potential import Potential
from ._real_view import RealView, in_double, is_complex, real_view
from ._sum import Sum, Summable, differential

__all__ = [
    "UV",
    "Analytic",
    "Batches",
    "CrossEntropy",
    "DoubleWell",
    "Parabola",
    "Potential",
    "Quadratic",
    "Quartic",
    "RealView",
    "Sum",
    "Summable",
    "differential",
    "in_double",
    "is_complex",
    "key",
    "real_view",
]
