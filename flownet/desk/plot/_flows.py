"""A finite run and its flows: in the plane that holds most of them, and how they part in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._picture import Picture
from ._style import styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..._types import Flows, MetricLike
    from ...store.trajectory import Trajectory


@styled
def flows(
    run: Trajectory,
    flows: Flows,
    *,
    metric: MetricLike | None = None,
    resolution: int | None = None,
) -> Figure:
    """A finite run beside its flows: paths over the loss landscape, departure, losses.

    On the left the plane of the two leading principal directions of all paths together, in the
    metric, with the level lines of the loss on that plane; the paths are projected onto it. The
    run is a polygon, the flows are curves. On the right the distance in the metric from each flow
    to the run at equal times, and the losses.

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

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    FlownetError
        When there is no flow, the run has fewer than two rows, nothing moves, or one parameter
        alone may.
    """
    return Picture(run, flows, metric, resolution).figure
