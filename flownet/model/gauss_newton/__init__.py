"""Gauss-Newton, Fisher, NTK: what the loss bends while the map is taken as straight."""

from ._dual import pulled_rows
from ._jacobian import Jacobian
from ._map_bends import MapBends
from ._of_network import EmpiricalFisher, Fisher, GaussNewton
from ._of_others import ChartedAction, SumAction
from ._tangent_kernel import TangentKernel

__all__ = [
    "ChartedAction",
    "EmpiricalFisher",
    "Fisher",
    "GaussNewton",
    "Jacobian",
    "MapBends",
    "SumAction",
    "TangentKernel",
    "pulled_rows",
]
