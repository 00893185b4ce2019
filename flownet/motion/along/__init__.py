"""What is computed along a recorded run."""

from ._adaptive_metric import AdaptiveMetric, adaptive_metric
from ._out_of_chart import in_W
from ._replay import Replay
from ._rolling_force import RollingForce, rolling_force

__all__ = ["AdaptiveMetric", "Replay", "RollingForce", "adaptive_metric", "in_W", "rolling_force"]
