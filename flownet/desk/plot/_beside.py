"""The flow that the shell puts beside a run, and the metric in which both are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..._errors import FlownetError, shown
from ...geometry.metric import Metric, metric_along
from ...motion.flow import flow
from ._paths import thinned

if TYPE_CHECKING:
    from ...store.trajectory import Trajectory

_MOST_ROWS = 400


def beside(run: Trajectory, most: int = _MOST_ROWS) -> Any:
    """The flow of a run's mechanics from where it began, at times of 400 of its rows at most."""
    if run.is_flow:
        raise FlownetError("a flow has no flow beside it: a run of finite steps is wanted.")
    run.in_one_way("the flow beside it")
    times = run.time[thinned(len(run), most)]
    mechanics = None if run.mechanics.kind == "runge-kutta" else run.mechanics
    return flow(
        run.potential,
        W0=run.parameters[0],
        time=times[-1],
        mechanics=mechanics,
        metric=run.metric and metric_along(run),
        at=times,
    )


def metric_of_run(run, metric):
    """The metric in which a run is drawn: the one given, its own at its end, or the plain one."""
    D = run.parameters.shape[1]
    metric = metric or metric_along(run).at(run.time[-1])
    if not isinstance(metric, Metric) or metric.size != D:
        raise FlownetError(
            f"metric is {shown(metric)}; the run has {D} parameters, and so has "
            f"flownet.Euclidean({D})."
        )
    return metric
