"""Metrics: what it costs to move, which way is down, and how long a path is."""

from ._as_reals import as_reals
from ._coupled import CoupledMetric, CoupledRanges
from ._curvature import FisherMetric, GaussNewtonMetric
from ._diagonal import DiagonalMetric, Euclidean
from ._group import GroupMetric
from ._layer import LayerMetric
from ._layers import LayerMetrics
from ._metric import Metric
from ._of_run import STIFFNESS, MetricOfRun, StiffnessOfRun
from ._path import metric_along, path_length, piece, speed, speed_of, step_speed
from ._pulled_back import PulledBack
from ._raised import OperatorMetric, Raised
from ._ranges import Ranges
from ._timed import TimeDependent, TimedMetric, metric_of, refuse_norm

__all__ = [
    "STIFFNESS",
    "CoupledMetric",
    "CoupledRanges",
    "DiagonalMetric",
    "Euclidean",
    "FisherMetric",
    "GaussNewtonMetric",
    "GroupMetric",
    "LayerMetric",
    "LayerMetrics",
    "Metric",
    "MetricOfRun",
    "OperatorMetric",
    "PulledBack",
    "Raised",
    "Ranges",
    "StiffnessOfRun",
    "TimeDependent",
    "TimedMetric",
    "as_reals",
    "metric_along",
    "metric_of",
    "path_length",
    "piece",
    "refuse_norm",
    "speed",
    "speed_of",
    "step_speed",
]
