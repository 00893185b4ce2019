"""Evidence of data for networks: Laplace's method, effective parameters, learning coefficients."""

from ._evidence import evidence
from ._laplace import Evidence, Laplace
from ._predictive import Predictive
from ._running import Running

__all__ = ["Evidence", "Laplace", "Predictive", "Running", "evidence"]
