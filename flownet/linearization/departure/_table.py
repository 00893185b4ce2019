"""A departure as tables that a person can read, at most 100 columns wide, and in HTML."""

import textwrap
from html import escape

import numpy as np

from ..breakdown import _cells
from ._verdict import percent

_MOST_ROWS = 14
_ROUNDING = 1e-9  # of an angle
_ALONG = (
    "step k",
    "t",
    "loss of run",
    "loss of flow",
    "distance",
    "of path",
    "angle",
    "action gap",
    "h³‖Hg‖²/6",
)
_WIDTHS = (8, 11, 12, 13, 11, 10, 8, 12, 12)
_FLOWS = ("", "distance", "of path", "at most", "loss difference", "path length")
_FLOW_WIDTHS = (26, 12, 11, 11, 17, 13)


def table(d):
    """Text of a `Departure`."""
    lines = [
        heading(d),
        "",
        _line(_ALONG, _WIDTHS),
        *(_line(row, _WIDTHS) for row in along(d)),
        "",
        _line(("at the end", *_FLOWS[1:]), _FLOW_WIDTHS),
        *(_line(row, _FLOW_WIDTHS) for row in ends(d)),
        "",
    ]
    return "\n".join([*lines, *map(_filled, notes(d))])


def html(d):
    """HTML of a `Departure`, for notebooks."""
    tables = [
        [_cells("th", names), *(_cells("td", map(escape, row)) for row in rows)]
        for names, rows in ((_ALONG, along(d)), (("at the end", *_FLOWS[1:]), ends(d)))
    ]
    below = "".join(f"<p>{escape(note)}</p>" for note in notes(d))
    return (
        f"<div><p><b>{escape(heading(d))}</b></p>"
        + "".join(f"<table>{''.join(rows)}</table>" for rows in tables)
        + f"{below}</div>"
    )


def heading(d):
    """What run it is."""
    whose = "" if d.run.metric is None else "; lengths in the run's metric"
    return (
        f"A run of {d.iteration[-1] - d.iteration[0]} steps beside its flow, to t = "
        f"{d.time[-1]:.6g}{whose}"
    )


def along(d):
    """Cells of some rows beside the plain flow, evenly spread over those with a step looked at."""
    steps = {k: i for i, k in enumerate(d.steps.iteration.tolist())}
    rows = [
        i for i, k in enumerate(d.iteration.tolist()) if not steps or k in steps or i == len(d) - 1
    ]
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(_MOST_ROWS, len(rows))).round())
    for i in (rows[int(n)] for n in chosen):
        flow, step = d.flow, steps.get(int(d.iteration[i]))
        gap, leading = (
            (np.nan, np.nan) if step is None else (d.steps.gap[step], d.steps.gap_leading[step])
        )
        yield (
            str(d.iteration[i]),
            f"{d.time[i]:.5g}",
            _short(d.loss[i]),
            _short(flow.loss[i]),
            _short(flow.distance[i]),
            _share(flow.relative[i]),
            _degrees(flow.angle[i]),
            _short(gap),
            _short(leading),
        )


def ends(d):
    """Cells of the run and of each flow at the end."""
    yield "the run", "", "", "", "", _short(d.arc_length[-1])
    for name, flow in d.flows.items():
        yield (
            textwrap.shorten(name, 25, placeholder=" …"),
            _short(flow.distance[-1]),
            _share(flow.relative[-1]),
            _share(_largest(flow.relative)),
            _short(flow.loss_difference[-1]),
            _short(flow.arc_length[-1]),
        )


def notes(d):
    """Sentences below the tables."""
    found = [f"{name}: {_broken(d.bounds, there)}" for name, there in d.broken.items()]
    if (np.diff(d.iteration) > 1).any():
        found.append(f"looked at in {len(d)} rows alone: what the run did between them is not seen")
    if len(d.steps):
        found.append(_steps(d))
    return [*found, f"verdict: {d.verdict}"]


def _broken(bounds, broken):
    """Where each bound is first broken; of those that never are only the smallest."""
    told = [
        f"beyond {percent(bound)} of the path from t = {there[0]:.4g} (iteration {there[1]})"
        for bound, there in zip(bounds, broken)
        if there is not None
    ]
    kept = [f"never beyond {percent(bound)} of it" for bound in bounds[len(told) :][:1]]
    return ", ".join(told + kept if told else [f"never beyond {percent(bounds[0])} of the path"])


def _steps(d):
    """The single steps in a sentence."""
    steps = d.steps
    angles = steps.angle[np.isfinite(steps.angle)]
    turned = f"turn {_degrees(np.median(angles))} (median) from" if len(angles) else "stand beside"
    noise = steps.gap_noise.sum() / steps.gap.sum() if steps.gap.sum() > 0 else 0.0
    whose = "mini-batches" if d.run.is_batched else "the bend of its chart"
    of_noise = f", {percent(noise)} of it {whose}" if noise > 1e-6 else ""
    return (
        f"{len(steps)} single steps {turned} the flow from where each began; their action gaps "
        f"add up to {_short(steps.gap.sum())}{of_noise}"
    )


def _filled(note):
    """A sentence on lines of its own, no number torn from what it is of."""
    for whole in (" = ", " %", "(iteration "):
        note = note.replace(whole, whole.replace(" ", "\0"))
    return textwrap.fill(note, 98).replace("\0", " ")


def _line(cells, widths):
    first, *rest = zip(cells, widths)
    left = widths[0] > 10
    return (
        (f"{first[0]:<{first[1]}}" if left else f"{first[0]:>{first[1]}}")
        + "".join(f" {cell:>{width - 1}}" for cell, width in rest)
    ).rstrip()


def _largest(values):
    finite = values[~np.isnan(values)]
    return finite.max() if len(finite) else np.nan


def _short(value):
    told = f"{value:.4g}"
    return "—" if np.isnan(value) else told if len(told) < 11 else f"{value:.2e}"


def _share(value):
    return "—" if np.isnan(value) else percent(value)


def _degrees(angle):
    degrees = 0.0 if abs(angle) < _ROUNDING else np.degrees(angle)
    return "—" if np.isnan(angle) else f"{degrees:.3g}°"
