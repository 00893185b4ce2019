"""The house style of figures, and the marks they share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

from ..._errors import FlownetError, shown
from ...store.trajectory import Trajectory

F = TypeVar("F", bound=Callable[..., Any])

INK = ("#1f3b73", "#2a9d8f", "#e07a2f", "#8f2d56", "#7a7a7a")
DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), "-.", ":")
STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "figure.dpi": 150,
    "axes.titlesize": 11,
}
_MOST = 1e200  # what an axis can still scale
TIME = "time t = Σ step"


def styled(draw: F) -> F:
    """Draw in the house style; matplotlib is imported only here."""

    @wraps(draw)
    def drawn(runs, *args, **options):
        import matplotlib

        for run in runs.values() if isinstance(runs, dict) else [runs]:
            if not isinstance(run, Trajectory):
                raise FlownetError(
                    f"{shown(run)} cannot be drawn: a run is wanted, such as "
                    "flownet.Trajectory.open('run.h5')."
                )
        with matplotlib.rc_context(STYLE):
            return draw(runs, *args, **options)

    return cast("F", drawn)


def panels(columns, size, rows=1):
    """A figure and its axes, row by row."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False).ravel()


def line(axis, i, x, y, label=None, **style):
    """The i-th line of a panel."""
    axis.plot(
        x, y, color=INK[i % len(INK)], linestyle=DASHES[i % len(DASHES)], label=label, **style
    )


def trend(axis, i, x, y, label=None, size=3, width=15):
    """Every value a faint dot, their running median a line; a run that diverges leaves the axis."""
    drawn = np.abs(y) < _MOST
    x, y = x[drawn], y[drawn]
    axis.plot(x, y, ".", color=INK[i % len(INK)], alpha=0.35, markersize=size)
    line(axis, i, x, running_median(y, width), label)


def below(axis, **options):
    """Legend under the axis, where no line can run through it."""
    axis.legend(**{"loc": "upper center", "bbox_to_anchor": (0.5, -0.16), "ncol": 2, **options})


def running_median(values, width=15):
    """Median of the `width` values around each; of a few values they themselves."""
    if len(values) < 4 * width:
        return values
    padded = np.pad(values, width // 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)


def log_if_wide(axis, values):
    """A logarithmic axis for positive values of more than a factor of 20."""
    positive = values[values > 0]
    if len(positive) == len(values) and positive.size and positive.max() > 20 * positive.min():
        axis.set_yscale("log")


def power_of_ten(size):
    """The power of ten below: where an axis that is logarithmic on both sides turns linear."""
    return 10.0 ** np.floor(np.log10(size))


_NAMES = {
    "newton": "Newton",
    "nesterov": "Nesterov",
    "langevin": "Langevin",
    "rmsprop": "RMSProp",
    "adam": "Adam",
    "adamw": "AdamW",
    "thierry-mieg": "Thierry-Mieg",
    "runge-kutta": "Runge–Kutta",
}


def loss_label(run):
    """What the losses of a run are."""
    batch = run.experiment.get("run", {}).get("batch_size")
    return "loss L" if batch is None else f"loss of each mini-batch of {batch}"


def title_of(run):
    """Data, sizes, mechanics and step of a run; of a flow its time."""
    tables = run.experiment
    data = tables.get("data", {}).get("name", "")
    sizes = (
        "-".join(map(str, tables["network"]["sizes"]))
        if "network" in tables
        else repr(run.potential)
    )
    return f"{data} {sizes}, {_motion_of(tables)}".strip()


def _motion_of(tables):
    mechanics = tables.get("mechanics", {"kind": "aristotle"})
    whose = "" if mechanics["kind"] == "aristotle" else f"{_NAMES[mechanics['kind']]}, "
    if "flow" in tables:
        return f"{whose}flow to t = {tables['flow']['time']:g}"
    if "step" not in mechanics:
        return f"{whose}rtol {mechanics['rtol']:g}"
    step = mechanics["step"]
    return f"{whose}step {step if isinstance(step, str) else format(step, 'g')}"


def losses(axis, run):
    """Loss of each step, a panel of every figure."""
    record = run.observables["loss"]
    trend(axis, 0, record.time, record.value, "each step (line: running median)")
    log_if_wide(axis, record.value)
    axis.set(xlabel=TIME, ylabel=loss_label(run), title=title_of(run))
