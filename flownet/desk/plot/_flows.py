"""A finite run and its flows: in the plane that holds most of them, and how they part in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._canvas import styled, whole
from ._picture import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure, FigureBase

    from ..._types import Flows, MetricLike, Pair
    from ...store.trajectory import Trajectory


@styled
def flows(
    run: Trajectory,
    flows: Flows,
    *,
    metric: MetricLike | None = None,
    resolution: int | None = None,
    figure: FigureBase | None = None,
    size: Pair | None = None,
    title: str | None = None,
) -> Figure:
    """A finite run beside its flows: paths over the loss landscape, departure, losses.

    On the left the plane of the two leading principal directions of all paths together, in the
    metric, with the level lines of the loss on that plane; the paths are projected onto it. The
    run is a polygon, the flows are curves. On the right the distance in the metric from each flow
    to the run at equal times, and the losses. Complex parameters are drawn as twice as many reals.

    Parameters
    ----------
    run : Trajectory
        The finite run.
    flows : Trajectory or dict
        Its flow, or several, {name: Trajectory}.
    metric : metric, optional
        That of the run by default.
    resolution : int, optional
        Points a side of the landscape, of resolution² losses; by default between 21 and 81, as
        some ten seconds allow.
    figure : Figure or SubFigure, optional
        Where to draw; by default a new figure.
    size : (float, float), optional
        Width and height of a new figure in inches.
    title : str, optional
        In place of the figure's own; "" for none.

    Returns
    -------
    Figure
        The new one, which a notebook shows, or the one that holds what was given.

    Raises
    ------
    FlownetError
        When there is no flow, the run has fewer than two rows, nothing moves, or one parameter
        alone may.
    """
    place = {"figure": figure, "size": size, "title": title}
    return whole(Picture(run, flows, metric, resolution, **place).figure)
