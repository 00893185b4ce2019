"""Evidence of data for networks: Laplace's method, effective parameters, learning coefficients."""

from ._coefficient import LearningCoefficient, learning_coefficient
from ._evidence import evidence
from ._laplace import Evidence, Laplace
from ._predictive import Predictive
from ._running import Running

__all__ = [
    "Evidence",
    "Laplace",
    "LearningCoefficient",
    "Predictive",
    "Running",
    "evidence",
    "learning_coefficient",
]
