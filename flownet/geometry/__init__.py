"""The geometry of parameter space: its metric, and what its flow conserves."""

from ._charges import Charges, charges
from ._drift import ChargeDrift
from ._metric import Euclidean, LayerMetric

__all__ = ["ChargeDrift", "Charges", "Euclidean", "LayerMetric", "charges"]
