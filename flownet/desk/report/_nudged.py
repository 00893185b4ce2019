"""What the nudge of a physical system does along a run: its meters, and first order by its bias."""

import numpy as np

from ... import _progress
from ..._errors import FlownetError
from ..._table import Table, evenly, percent, short
from ...equilibrium._meters import PARTS
from ...store.trajectory import Record

_STATES = 24  # at which meters are read
_ROWS = 8


def meters_along(run, progress=True):
    """`Record` of the meters (T, 7) at some recorded states of a run, or None without a nudge."""
    potential = run.potential
    if not potential.offers("meters"):
        return None
    rows = evenly(len(run.iteration), _STATES)
    values = []
    with _progress.bar(len(rows), what="states", shown=progress) as show:
        for i, row in enumerate(rows):
            values.append(potential.meters(run.parameters[int(row)]).values())
            show(i + 1)
    record = run.observables["loss"]
    time = dict(zip(record.iteration.tolist(), record.time.tolist()))
    iteration = np.asarray(run.iteration)[rows]
    return Record(iteration, np.array([time[k] for k in iteration.tolist()]), np.array(values))


def table(record):
    """Meters at some states."""
    rows = evenly(len(record.value), _ROWS)
    of = dict(zip(PARTS, record.value[rows].T))
    return Table(
        "What the nudge falsifies, and how far states can be trusted",
        {
            "iteration": (short, record.iteration[rows]),
            "bias": (percent, of["bias"]),
            "curl": (percent, of["curl"]),
            "λ_min": (short, of["softness"]),
            "first kink": (short, of["kink"]),
            "radius": (short, of["radius"]),
            "sweeps": (short, of["sweeps"]),
            "residual": (short, of["residual"]),
        },
        [
            "bias: of the estimate, beside dL; curl: relaxations that did not arrive; λ_min: least "
            "curvature of the energy",
            "first kink, radius: nudges beyond which powers of the nudge mean nothing",
        ],
    )


def by_nudge(chosen):
    """First order of some steps: what dL itself promises, and what the bias adds; or None."""
    found = []
    for b in chosen:
        try:
            found.append(b.split("nudge"))
        except FlownetError:
            return None
    if not any(np.isfinite(each.descent) for each in found):
        return None
    shares = [np.concatenate([each.bias, [each.left]]) / abs(each.descent) for each in found]
    shares = np.array(shares)
    columns = {
        f"power {k + 1}": (_points, shares[:, k])
        for k in range(shares.shape[1] - 1)
        if (np.abs(shares[:, k]) > 0).any()
    }
    return Table(
        "First order by what the nudge makes of it, per cent of the promise of dL itself",
        {
            "step k": (short, chosen.iteration),
            "promised by dL": (short, [each.descent for each in found]),
            **columns,
            "beyond": (_points, shares[:, -1]),
            "first order": (short, chosen.linear),
        },
    )


def _points(share):
    """A signed share in per cent."""
    return f"{100 * share:+.3g}" if np.isfinite(share) else "—"
