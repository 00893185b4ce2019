"""A run beside its flows as a table."""

import textwrap

import numpy as np

from ..._table import Table, evenly, percent, short

_MOST_ROWS = 14
_ROUNDING = 1e-9  # of an angle


def degrees(angle):
    """An angle in degrees."""
    return f"{0.0 if abs(angle) < _ROUNDING else np.degrees(angle):.3g}°"


def table(d):
    """`Table` of a `Departure`: some rows beside the plain flow, and all flows at the end."""
    whose = "" if d.run.metric is None else "; lengths in the run's metric"
    steps = {k: i for i, k in enumerate(d.steps.iteration.tolist())}
    rows = [
        i for i, k in enumerate(d.iteration.tolist()) if not steps or k in steps or i == len(d) - 1
    ]
    rows = [rows[n] for n in evenly(len(rows), _MOST_ROWS)]
    looked_at = [steps.get(int(d.iteration[i])) for i in rows]

    def of_steps(values):
        return short, [np.nan if i is None else values[i] for i in looked_at]

    return Table(
        f"A run of {d.iteration[-1] - d.iteration[0]} steps beside its flow, to t = "
        f"{d.time[-1]:.6g}{whose}",
        {
            "step k": (short, d.iteration[rows]),
            "t": (".5g", d.time[rows]),
            "loss of run": (short, d.loss[rows]),
            "loss of flow": (short, d.flow.loss[rows]),
            "distance": (short, d.distance[rows]),
            "of path": (percent, d.relative[rows]),
            "angle": (degrees, d.angle[rows]),
            "action gap": of_steps(d.steps.gap),
            "h³‖Hg‖²/6": of_steps(d.steps.gap_leading),
        },
        _notes(d),
        more=[_at_the_end(d)],
    )


def _at_the_end(d):
    flows = d.flows.values()
    names = [textwrap.shorten(name, 25, placeholder=" …") for name in d.flows]
    return Table(
        "",
        {
            "at the end": (str, ["the run", *names]),
            "distance": (short, [None, *(flow.distance[-1] for flow in flows)]),
            "of path": (percent, [None, *(flow.relative[-1] for flow in flows)]),
            "at most": (percent, [None, *(_largest(flow.relative) for flow in flows)]),
            "loss difference": (short, [None, *(flow.loss_difference[-1] for flow in flows)]),
            "path length": (short, [one.arc_length[-1] for one in (d, *flows)]),
        },
    )


def _notes(d):
    """Sentences below the tables."""
    found = [f"{name}: {_broken(d.bounds, there)}" for name, there in d.broken.items()]
    if (np.diff(d.iteration) > 1).any():
        found.append(f"looked at in {len(d)} rows alone: what the run did between them is not seen")
    if len(d.steps):
        found.append(_steps(d))
    return [*found, f"verdict: {d.verdict}", d.verdict.meaning]


def _broken(bounds, broken):
    """Where each bound is first broken; of those that never are only the smallest."""
    crossed = [
        f"beyond {percent(bound)} of the path from t = {there[0]:.4g} (iteration {there[1]})"
        for bound, there in zip(bounds, broken)
        if there is not None
    ]
    kept = [f"never beyond {percent(bound)} of it" for bound in bounds[len(crossed) :][:1]]
    if not crossed:
        return f"never beyond {percent(bounds[0])} of the path"
    return ", ".join(crossed + kept)


def _steps(d):
    """The single steps in a sentence."""
    steps = d.steps
    angles = steps.angle[np.isfinite(steps.angle)]
    turned = f"turn {degrees(np.median(angles))} (median) from" if len(angles) else "stand beside"
    noise = steps.gap_noise.sum() / steps.gap.sum() if steps.gap.sum() > 0 else 0.0
    whose = "mini-batches" if d.run.is_batched else "the bend of its chart"
    of_noise = f", {percent(noise)} of it {whose}" if noise > 1e-6 else ""
    return (
        f"{len(steps)} single steps {turned} the flow from where each began; their action gaps "
        f"add up to {short(steps.gap.sum())}{of_noise}"
    )


def _largest(values):
    finite = values[~np.isnan(values)]
    return finite.max() if len(finite) else np.nan
