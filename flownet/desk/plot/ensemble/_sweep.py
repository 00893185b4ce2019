"""`plot.sweep`: what was kept of the members of a sweep, over one axis or two."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from ...._errors import FlownetError, shown
from ....ensemble._verdict import DIVERGED
from ....ensemble.sweeps import Sweep
from .._canvas import one_panel, styled_of
from .._style import below, line, log_if_wide
from . import _map
from ._axis import shown_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from ...._types import Pair

_SEED = "run.seed"
_LABELS = {"loss": "last loss L", "steps": "steps taken", "diverged_at": "diverged at iteration"}


@styled_of(Sweep, "a sweep is wanted, such as flownet.Sweep.open('sweep.h5')")
def sweep(
    found: Sweep,
    *,
    y: str | None = None,
    at: int = -1,
    ax: Axes | None = None,
    figure: FigureBase | None = None,
    size: Pair | None = None,
    title: str | None = None,
) -> Any:
    """A quantity of each member over one axis of a sweep, or a map of it over two.

    Seeds are no axis of the figure: over one axis they make a band around their median, and a map
    shows the median (of verdicts the worst). Steps of layers are shown, h/g, where the axes are
    stiffnesses g.

    Parameters
    ----------
    found : Sweep
    y : str, optional
        Anything kept: by default the loss over one axis; over two the convergence, where it is
        kept, or what fails first, or the verdict.
    at : int
        Which of the iterations of a quantity that is kept at several.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    figure : Figure or SubFigure, optional
        Where to draw, as its one panel.
    size : (float, float), optional
        Width and height of a new figure in inches.
    title : str, optional
        In place of the figure's own; "" for none.

    Returns
    -------
    Figure or Axes
        The figure, which a notebook shows where it is new; the axes, if they were given.

    Raises
    ------
    FlownetError
        For a quantity that is not kept or no number, and a sweep over more than two axes.
    """
    dims = [dim for dim in found.dims if dim != _SEED or len(found.dims) == 1]
    if len(dims) > 2:
        raise FlownetError(
            f"the sweep has the axes {', '.join(dims)}: a figure shows one or two, beside seeds."
        )
    flat = len(dims) == 1
    y = y or ("loss" if flat else _telling(found))
    values = _numbers(found, y, at)
    made, ax = one_panel((7.2, 4.6) if flat else (6.4, 5.8), ax, size, figure)
    seeds = _seeds_last(found, values, dims)
    if flat:
        _curve(ax, found, dims[0], y, at, seeds)
    else:
        _over_two(ax, found, dims, y, at, seeds)
    if text := _title(found, y) if title is None else title:
        ax.set_title(text)
    return made


def _telling(found):
    return next(name for name in ("convergence", "failure", "verdict") if name in found.kept)


def _numbers(found, y, at):
    """A number of each member."""
    values, inner = found[y], found.column(y).shape
    if found.column(y).members is not None or len(inner) > 1:
        raise FlownetError(f"{y!r} is an array of each member: a figure shows one number.")
    if not inner:
        return np.asarray(values)
    try:
        return np.asarray(values[..., at])
    except IndexError:
        raise FlownetError(
            f"at is {shown(at)}; {y!r} is kept at {inner[0]} iterations, counted from 0."
        ) from None


def _seeds_last(found, values, dims):
    """Values with the axis of the seeds behind those that are drawn; of one seed without one."""
    axes = [found.dims.index(dim) for dim in dims]
    rest = [i for i in range(len(found.dims)) if i not in axes]
    moved = values.transpose(*axes, *rest)
    return moved.reshape(*moved.shape[: len(axes)], -1)


def _curve(ax, found, dim, y, at, values):
    """Every member a dot, and the median of the seeds with a band between their quartiles."""
    axis = shown_axis(found, dim)
    diverged = _seeds_last(found, found.verdict, [dim]) == DIVERGED
    order = np.argsort(axis.values)
    x, values, diverged = axis.values[order], values[order].astype(float), diverged[order]
    drawn = np.where(diverged | ~np.isfinite(values), np.nan, values)
    many = values.shape[1] > 1
    places = np.broadcast_to(x[:, None], values.shape)
    dots = {"color": "#7a7a7a", "markersize": 4, "alpha": 0.6}
    ax.plot(places[~diverged], values[~diverged], ".", label="member", **dots)
    if diverged.any():  # along the upper border: their losses mean nothing
        upper = ax.get_xaxis_transform()
        lost = places[diverged]
        ax.plot(lost, np.full(lost.shape, 0.98), "x", label="diverged", transform=upper, **dots)
    if many:
        known = np.isfinite(drawn).any(axis=1)
        low, middle, high = np.nanquantile(drawn[known], [0.25, 0.5, 0.75], axis=1)
        ax.fill_between(x[known], low, high, alpha=0.2, linewidth=0, label="half of the seeds")
        line(ax, 0, x[known], middle, "median of the seeds")
    else:
        line(ax, 0, x, drawn[:, 0])
    log_if_wide(ax, drawn[np.isfinite(drawn)])
    _set(ax, "x", axis)
    ax.set_ylabel(_label(found, y, at))
    below(ax, ncol=4)


def _over_two(ax, found, dims, y, at, seeds):
    column, (first, second) = found.column(y), (shown_axis(found, dim) for dim in dims)
    edges = (first.edges(), second.edges())
    if y == "convergence" and seeds.shape[-1] == 1:
        _map.convergence(ax, edges, seeds[..., 0].T, _one(found, dims).T)
    elif column.words:
        worst = seeds.max(axis=-1)
        inks = _map.VERDICT_INK if y == "verdict" else ()
        _map.named(ax, edges, column, worst.T, inks)
    else:
        lost = _seeds_last(found, found.verdict, dims) == DIVERGED if y == "loss" else False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # where all of them are nan
            middle = np.nanmedian(np.where(lost, np.nan, seeds), axis=-1)
        _map.numbers(ax, edges, middle.T, _label(found, y, at))
    ax.grid(False)
    _set(ax, "x", first)
    _set(ax, "y", second)


def _one(found, dims):
    return _seeds_last(found, found.verdict, dims)[..., 0]


def _set(ax, which, axis):
    """Scale, ticks and label of one side of a panel."""
    if axis.logarithmic:
        (ax.set_xscale if which == "x" else ax.set_yscale)("log")
    if axis.words:
        (ax.set_xticks if which == "x" else ax.set_yticks)(axis.values, axis.words)
    (ax.set_xlabel if which == "x" else ax.set_ylabel)(axis.label)


def _label(found, y, at):
    column, where = found.column(y), ""
    if column.shape:
        (iterations,) = column.coordinates.values()
        where = f" at iteration {iterations[at]}"
    return _LABELS.get(y, y.replace("_", " ")) + where


def _title(found, y):
    tables = found.experiment
    name = tables.get("data", {}).get("name", "")
    sizes = "-".join(map(str, tables["network"]["sizes"])) if "network" in tables else ""
    what = {
        "verdict": "Verdicts",
        "convergence": "Where training converges",
        "failure": "What first reaches the linear term",
        "loss": "Last loss",
    }.get(y, y.replace("_", " "))
    made = " ".join(part for part in (name if name != "user" else "", sizes) if part)
    return f"{what}, {made}" if made else what
