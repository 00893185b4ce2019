"""The geometry of parameter space."""

from ._metric import Euclidean, LayerMetric

__all__ = ["Euclidean", "LayerMetric"]
