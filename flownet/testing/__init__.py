"""Checks that you run on a class of your own: does it keep the contract it derives from?

Each raises `AssertionError` with one line that says what fails, and by how much:

    >>> import flownet as fn
    >>> fn.testing.check_potential(fn.DoubleWell(3))
    >>> fn.testing.check_metric(fn.DiagonalMetric([1.0, 2.0, 3.0]), fn.DoubleWell(3))
"""

from ._chart import check_chart
from ._mechanics import check_mechanics
from ._metric import check_metric
from ._observable import check_observable
from ._policy import check_policy
from ._potential import check_potential
from ._stop import check_stop

__all__ = [
    "check_chart",
    "check_mechanics",
    "check_metric",
    "check_observable",
    "check_policy",
    "check_potential",
    "check_stop",
]
