"""Hessians at a point, as linear operators that are never stored."""

from ._hessian import SumHessian, third
from ._of_charted import ChartedHessian, OnComplex
from ._of_complex import ComplexHessian
from ._of_custom import CustomHessian
from ._of_formulas import SeparableHessian, UVHessian
from ._of_network import NetworkHessian

__all__ = [
    "ChartedHessian",
    "ComplexHessian",
    "CustomHessian",
    "NetworkHessian",
    "OnComplex",
    "SeparableHessian",
    "SumHessian",
    "UVHessian",
    "third",
]
