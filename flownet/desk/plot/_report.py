"""The figure for a talk: what the finite steps of a run promised, broke and moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...equilibrium._meters import PARTS as _PARTS
from ..report._measured import kept, measure
from ._breakdown import counted, promises
from ._canvas import canvas, styled, titled, whole
from ._style import INK, TIME, below, beside_axis, line, log_if_wide, losses, title_of, trend

if TYPE_CHECKING:
    from matplotlib.figure import Figure, FigureBase

    from ..._types import Pair
    from ...store.trajectory import Trajectory

_DOT = 5
PARTS = list(_PARTS)  # of the meters of a nudge, in their order
_WIDE = 1000  # per cent beyond which an axis of shares is logarithmic


@styled
def report(
    run: Trajectory,
    measured: Any = None,
    *,
    figure: FigureBase | None = None,
    size: Pair | None = None,
    title: str | None = None,
) -> Figure:
    """Up to six panels of a run; those that do not apply are left out.

    Loss; promise and delivery; what each order took of the promise; how much of second order the
    parameters make each by itself, and how much in pairs; sharpness against 2/step; drift of the
    charges, as it was and as the finite steps predict; of a physical system what the nudge
    falsifies, how far its states can be trusted, and sweeps to rest. What was stored with the run
    by `flownet breakdown` is drawn, else it is computed.

    Parameters
    ----------
    run : Trajectory
    measured : optional
        What the shell has measured; by default what is stored with the run, or as many steps as
        take some ten seconds.
    figure : Figure or SubFigure, optional
        Where to draw; by default a new figure.
    size : (float, float), optional
        Width and height of a new figure in inches.
    title : str, optional
        In place of the run's own; "" for none.

    Returns
    -------
    Figure
        The new one, which a notebook shows, or the one that holds what was given.
    """
    import matplotlib

    found = measured or kept(run) or measure(run)
    drawn = [_loss]
    if found.series is not None and np.isfinite(found.series.ratio).any():
        drawn += [_promises, _orders] + [_second] * found.split
    drawn += [_sharpness] * _seen(found.sharpness) + [_charges] * (found.charges is not None)
    drawn += [draw for draw, parts in _OF_NUDGE.items() if _known(found.meters, parts).any()]
    columns = {1: 1, 2: 2, 4: 2}.get(len(drawn), 3)
    rows = -(-len(drawn) // columns)
    default = (5.2 * columns, 4.7 * rows)
    figure = canvas(default, size, figure)
    letters = _letters(figure, default)
    with matplotlib.rc_context({"font.size": 11 * letters, "axes.titlesize": 13 * letters}):
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for axis, draw in zip(axes, drawn):
            draw(axis, found)
            axis.set(xlabel=TIME)
            below(axis, ncol=3 if draw is _orders else 2)
        for axis in axes[len(drawn) :]:
            axis.remove()
        titled(figure, _title(run), title, fontsize=15 * letters)
    return whole(figure)


def _letters(figure, default):
    """Size of the letters, smaller in a small figure."""
    room = figure.bbox.size / whole(figure).dpi / default
    return float(np.clip(room.min(), 0.6, 1.0))


def _title(run):
    words, network = [title_of(run), counted(run)], run.experiment.get("network")
    if network is not None:
        activation = network.get("activation", [])
        names = [activation] if isinstance(activation, str) else list(dict.fromkeys(activation))
        words += [" and ".join(names), f"{run.experiment['loss']['kind']} loss"]
    return ", ".join(word for word in words if word)


def _seen(record):
    return record is not None and bool(np.isfinite(record.value).any())


def _loss(axis, found):
    losses(axis, found.run)
    axis.set(title="Loss")


def _promises(axis, found):
    promises(axis, found.series, ("linear", "actual"), _DOT)


def _orders(axis, found):
    """Second and third order and the rest, as signed shares of the promise."""
    series = found.series
    for i, (name, label) in enumerate(
        (("second", "second order"), ("third", "third order"), ("remainder", "all beyond"))
    ):
        # columns of a breakdown are its attributes
        trend(axis, i, *_share(series, getattr(series, name)), label, _DOT)
    axis.set_ylim(top=max(axis.get_ylim()[1], 110))
    axis.axhline(100, color="#222222", linewidth=1.0)
    beside_axis(axis, 100, "all\nof it")
    _percents(axis, "What each order took of the promise")


def _second(axis, found):
    """Second order: what each parameter makes alone, and what takes two of them."""
    series = found.series
    own = series.column("second_self")
    axis.plot(
        *_share(series, series.second),
        color=INK[0],
        alpha=0.3,
        linewidth=7,
        label="second order, whole",
    )
    for i, values, label in (
        (1, series.second - own, "pairs of parameters"),
        (2, own, "each parameter alone"),
    ):
        trend(axis, i, *_share(series, values), label, _DOT)
    _percents(axis, "Second order: parameters alone, and in pairs")


def _share(series, values):
    """Times, and values in per cent of the promise, of the steps that promise something."""
    known = np.isfinite(values) & np.isfinite(series.ratio)
    return series.time[known], 100 * values[known] / np.abs(series.linear[known])


def _percents(axis, title):
    """A signed axis of shares; powers of ten as plain numbers."""
    if np.abs(axis.get_ylim()).max() > _WIDE:
        axis.set_yscale("symlog", linthresh=100)
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.axhline(0, color="#555555", linewidth=0.8)
    axis.set(ylabel="% of the promise (+ against it)", title=title)


def _sharpness(axis, found):
    """Largest curvature, and the largest at which descent is stable on a parabola."""
    record, edge = found.sharpness, found.edge
    there = np.isfinite(record.value)
    where = " in the run's metric" if found.run.metric is not None else ""
    axis.plot(
        record.time[there],
        record.value[there],
        color=INK[0],
        marker=".",
        markersize=_DOT,
        label=f"sharpness{where}",
    )
    if edge is not None:
        time = found.run.observables["step"].time[: len(edge)]
        steady = np.ptp(edge) == 0  # what a policy chooses may jump: dots, not a scribble
        axis.plot(
            time,
            edge,
            color=INK[2],
            label="2/step",
            zorder=1,
            **{"linestyle": (0, (6, 2))}
            if steady
            else {"linestyle": "", "marker": ".", "markersize": 3, "alpha": 0.4},
        )
        log_if_wide(axis, np.concatenate([record.value[there], edge[np.isfinite(edge)]]))
    axis.set(ylabel="largest curvature", title="Sharpness and the edge of stability")


def _falsified(axis, found):
    """Bias and curl of the estimate, beside dL."""
    _meters(axis, found, {"bias": "bias, beside dL", "curl": "curl"}, 100)
    axis.set(yscale="log", ylabel="% of the estimate", title="What the nudge falsifies")


def _trusted(axis, found):
    """Where nudges have to stay below, and the least curvature of the energy."""
    labels = {"softness": "λ_min of the energy", "radius": "radius in β", "kink": "first kink in β"}
    _meters(axis, found, labels, 1)
    nudge = found.run.potential.nudge
    if not isinstance(nudge, str):
        axis.axhline(abs(nudge), color="#222222", linewidth=1.0)
        beside_axis(axis, abs(nudge), "β")
    axis.set(yscale="log", ylabel="λ_min; nudge β", title="How far states can be trusted")


def _sweeps(axis, found):
    """Sweeps of free relaxations."""
    _meters(axis, found, {"sweeps": "sweeps of all samples"}, 1)
    axis.set(ylabel="sweeps", ylim=(0, None), title="Sweeps until free states are at rest")


def _meters(axis, found, labels, factor):
    """Lines of some meters, where they are finite and not 0."""
    record = found.meters
    for i, (part, label) in enumerate(labels.items()):
        there = _known(record, [part])[:, 0]
        if there.any():
            values = factor * record.value[there, PARTS.index(part)]
            line(axis, i, record.time[there], values, label, marker=".", markersize=_DOT)


def _known(record, parts):
    """Where meters are finite and above 0, (T, …)."""
    if record is None:
        return np.zeros((0, len(parts)), bool)
    values = record.value[:, [PARTS.index(part) for part in parts]]
    return np.isfinite(values) & (values > 0)


def _charges(axis, found):
    """Largest drift of each kind of charge, and what the finite steps have to give."""
    drift, highest = found.charges, []
    parts = [drift.charges.unpack(np.abs(part)) for part in (drift.drift, drift.predicted)]
    for i, form in enumerate(drift.charges.forms):
        actual, predicted = (
            part[form.name].reshape(len(drift.time), -1).max(axis=1) for part in parts
        )
        color = INK[i % len(INK)]
        axis.plot(
            drift.time,
            actual,
            color=color,
            alpha=0.35,
            linewidth=7,
            label=form.name + (" (rounding)" if form.linear else ", actual"),
        )
        if not form.linear:
            axis.plot(
                drift.time,
                predicted,
                color=color,
                linestyle=(0, (4, 2)),
                label=f"{form.name}, predicted",
            )
        highest.append(actual.max())
    log_if_wide(axis, np.array(highest))
    axis.set(ylabel="largest |Q(t) − Q(0)|", title="Charges: what the flow would keep")


#: panels of the meters of a nudge, and the meters that each shows
_OF_NUDGE = {
    _falsified: ["bias", "curl"],
    _trusted: ["softness", "radius", "kink"],
    _sweeps: ["sweeps"],
}
