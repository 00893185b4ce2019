"""A run or a flow that was followed in a chart, seen as the path of the parameters W."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._errors import FlownetError, shown
from ...geometry.metric import PulledBack
from ...model.chart import Charted
from ...model.tables import metric_table, tables_or_program
from ...store._layout import Quantity
from ...store.trajectory import MemoryStore, Trajectory
from .._storage import layout_of

if TYPE_CHECKING:
    from ..._types import MetricLike

_ROWS = 1024  # carried at once


def in_W(run: Trajectory, *, metric: MetricLike | None = None) -> Trajectory:
    """A run or a flow of `Charted` coordinates as the path of W: its rows W(u), all else the same.

    What measures runs then measures it on the potential of W and in the metric of W, by lengths
    that are those of all charts: its `departure` from the flow tells a step's own error and, where
    a run of W has the noise of its mini-batches, what the chart adds, ½h²Γ(V,V).

    Parameters
    ----------
    run : Trajectory
        Of a `Charted` potential.
    metric : metric, optional
        To measure with; that of the run's `PulledBack` by default.

    Returns
    -------
    Trajectory
        In memory.

    Raises
    ------
    FlownetError
        For a run of other coordinates than a chart's, and where no metric of W is known.

    Examples
    --------
    >>> import flownet as fn
    >>> well = fn.Charted(fn.DoubleWell(3), fn.Sinh())
    >>> run = fn.train(well, fn.Aristotle(0.1), W0=[0.5, 1.0, 1.4], steps=10,
    ...                metric=fn.PulledBack(fn.Sinh(), fn.Euclidean(3)))
    >>> print(fn.departure(fn.in_W(run)))  # doctest: +SKIP
    """
    if not isinstance(run, Trajectory):
        raise FlownetError(f"in_W of {shown(run)}: it has to be a Trajectory.")
    run.in_one_way("its path in W")
    seen = run.potential
    if not isinstance(seen, Charted):
        raise FlownetError(
            f"the run's potential is {seen!r}, not one in the coordinates of a "
            "chart (flownet.Charted)."
        )
    if metric is None:
        if not isinstance(run.metric, PulledBack):
            raise FlownetError(
                "the run's metric is one of u, which is no constant one of W: say "
                "which to measure with, metric=flownet.Euclidean(size)."
            )
        if not seen.chart.onto:
            raise FlownetError(
                f"{seen.chart!r} keeps W on a surface, which the flow of W leaves: "
                "to see its path all the same say which metric to measure with, "
                "metric=flownet.Euclidean(size)."
            )
        metric = run.metric.metric
    store = MemoryStore(_layout(run, seen, metric))
    for name in store.names:
        _copy(run.store, store, name, seen.to_W if name == "parameters" else None)
    if run.finished:
        store.finish(run.diverged_at)
    return Trajectory(store, potential=seen.potential, mechanics=run.mechanics, metric=metric)


def _layout(run, seen, metric):
    tables = {
        name: table
        for name, table in run.experiment.items()
        if name not in ("potential", "metric", "observe")
    }
    tables |= tables_or_program(seen.potential)
    tables["metric"] = metric_table(metric)
    quantities = []
    for name in run.store.names:
        if not name.startswith("analysis/"):
            shape, dtype = run.store.form(name)
            if name == "parameters":
                W = seen.to_W(run.parameters[0])
                shape, dtype = W.shape, W.dtype
            rows, clock = max(run.store.count(name), 1), run.store.clocks[name]
            quantities.append(Quantity(name, shape, dtype, rows=rows, clock=clock))
    return layout_of(quantities, {}, tables, seen.potential)


def _copy(old, new, name, change):
    count = old.count(name)
    for start in range(0, count, _ROWS):
        n = min(_ROWS, count - start)
        iteration, time, value = old.read(name, start, start + n)
        to_value, to_iteration, to_time = new.rows(name, n)
        to_value[...] = value if change is None else change(value)
        to_iteration[:], to_time[:] = iteration, time
        new.advance(name, n)
