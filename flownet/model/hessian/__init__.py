"""Hessians at a point, as linear operators that are never stored."""

from ._action import Action
from ._hessian import SumHessian
from ._network_action import NetworkAction
from ._of_charted import ChartedHessian, OnComplex
from ._of_complex import ComplexHessian
from ._of_custom import CustomHessian
from ._of_formulas import SeparableHessian, UVHessian
from ._of_network import NetworkHessian
from ._of_units import diagonal_of_units
from ._state import NetworkState

__all__ = [
    "Action",
    "ChartedHessian",
    "ComplexHessian",
    "CustomHessian",
    "NetworkAction",
    "NetworkHessian",
    "NetworkState",
    "OnComplex",
    "SeparableHessian",
    "SumHessian",
    "UVHessian",
    "diagonal_of_units",
]
