"""A report as tables, shares in per cent of the promise."""

from collections import Counter

import numpy as np

from ..._errors import FlownetError
from ..._table import Floored, Table, evenly, percent, short
from ...linearization.breakdown import Breakdowns, Verdict
from . import _nudged

_MOST_ROWS = 8
_TERMS = {"second": "second", "third": "third", "rest": "remainder", "delivered": "actual"}


def report(found):
    """`Table` of a `Measured` run, and the tables of its parts."""
    tables, notes = [], []
    if found.series is not None:
        chosen = _chosen(found.series)
        tables.append(_terms(found, chosen))
        if found.split:
            tables += [_second(chosen), _third(chosen)]
            notes += _verdicts(found)
        if found.run.potential.offers("nudge_jet"):
            tables.append(_nudged.by_nudge(chosen))
    elif found.sharpness is not None:
        tables.append(_states(found))
    if found.meters is not None:
        tables.append(_nudged.table(found.meters))
    if found.charges is not None:
        notes += _charges(found.charges)
    notes += [f"left out: {line}" for line in found.left_out]
    return Table(_looked_at(found), {}, notes, more=[each for each in tables if each is not None])


def _looked_at(found):
    N = len(found.run.step)
    if found.series is None:
        return f"a run of {N} steps"
    how = "split into self terms, pairs and triplets" if found.split else "term by term"
    line = f"{len(found.series)} of {N} steps, every {_ordinal(found.every)}, {how}"
    errors = found.series.column("error_second_self")
    if found.split and (errors > 0).any():
        share = np.nanmedian(np.abs(errors / found.series.linear)[errors > 0])
        line += (
            f"; self terms are estimated from random probes, those of second order to "
            f"± {100 * share:.2g} % of the promise"
        )
    return line


def _ordinal(n):
    end = {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th") if n % 100 not in (11, 12, 13) else "th"
    return f"{n}{end}"


def _chosen(series):
    """Some steps evenly spread, and the one that missed most of its promise."""
    worst = _worst(series)
    rows = {*evenly(len(series), _MOST_ROWS).tolist(), *([] if worst is None else [worst])}
    return Breakdowns(series[i] for i in sorted(rows))


def _worst(series):
    """Index of the step that missed most of its promise, of those whose promise is no noise."""
    missed = np.array(
        [abs(b.share(b.actual - b.linear)) if np.isfinite(b.ratio) else np.nan for b in series]
    )
    return None if np.isnan(missed).all() else int(np.nanargmax(missed))


def _terms(found, chosen):
    """Promise and delivery."""
    record, edge, sharp = found.sharpness, found.edge, {}
    if record is not None:
        sharp = dict(zip(record.iteration.tolist(), record.value.tolist()))
    return Table(
        "Promise and delivery, per cent of the promise; sharpness against 2/step",
        {
            "step k": (short, chosen.iteration),
            "loss": (short, chosen.loss),
            "promised": (short, chosen.linear),
            **{name: _term(chosen, term) for name, term in _TERMS.items()},
            "critical": (short, chosen.critical_step),
            "sharpness": (short, [sharp.get(b.iteration, np.nan) for b in chosen]),
            "2/step": (short, [_at(edge, b.iteration) for b in chosen]),
        },
        _summary(found),
    )


def _summary(found):
    """Sentences on all steps that were looked at."""
    series, known = found.series, np.isfinite(found.series.ratio)
    if not known.any():
        return [f"all {len(series)} promises are noise"]
    noise = f" ({np.sum(~known)} more are noise)" if not known.all() else ""
    lines = [
        f"of {np.sum(known)} steps{noise}, {np.sum(series.ratio[known] > 1)} lie beyond their "
        f"critical step and {np.sum(series.actual[known] > 0)} go uphill; median second/first "
        f"{np.median(series.ratio[known]):.3g}"
    ]
    return lines if found.sharpness is None else [*lines, _edge(found)]


def _edge(found):
    """Sharpness against 2/step, in a sentence; `nan` states do not count."""
    record, edge = found.sharpness, found.edge
    there = np.isfinite(record.value)
    if not there.any():
        return "the Hessian is nowhere finite: no sharpness"
    low, high = record.value[there].min(), record.value[there].max()
    whose = " of the full potential" if "batch_size" in found.run.experiment["run"] else ""
    whose += " in the run's metric" if found.run.metric is not None else ""
    line = (
        f"sharpness{whose} {short(low)} to {short(high)}, {short(record.value[there][-1])} "
        "at the end"
    )
    if edge is None:
        return line
    over = record.value[there] > edge[np.minimum(record.iteration[there], len(edge) - 1)]
    return f"{line}; beyond 2/step at {over.sum()} of {there.sum()} states"


def _states(found):
    """Sharpness alone."""
    rows = evenly(len(found.sharpness.value), _MOST_ROWS)
    iteration, time, value = (part[rows] for part in found.sharpness)
    return Table(
        "",
        {
            "iteration": (short, iteration),
            "time": (".6g", time),
            "sharpness": (short, value),
            "2/step": (short, [_at(found.edge, k) for k in iteration]),
        },
        [_edge(found)],
    )


def _at(edge, k):
    """2/step at an iteration, the last one's beyond."""
    return np.nan if edge is None else edge[min(k, len(edge) - 1)]


def _second(chosen):
    """Second order by parameters."""
    own = chosen.column("second_self")
    return Table(
        "Second order by parameters, per cent of the promise, beside what chance gives",
        {
            "step k": (short, chosen.iteration),
            "second": _term(chosen, "second"),
            "self": _shares(chosen, own),
            "random basis": _shares(chosen, chosen.column("chance_second_self")),
            "pairs": _shares(chosen, chosen.second - own),
            "random signs": _signs(chosen, "second"),
            "top mode": (percent, chosen.column("top_share")),
            "verdict": (str, chosen.words),
        },
        ["random signs: 5 to 95 % of steps ±δ; top mode: share of the top eigendirection"],
    )


def _third(chosen):
    """Third order by parameters."""
    shares = {}
    for prefix, chance in (("", ""), ("chance_", " by chance")):
        own, two = (chosen.column(f"{prefix}third_{part}") for part in ("self", "two"))
        parts = {"self": own, "two equal": two, "triplets": chosen.third - own - two}
        shares |= {name + chance: _shares(chosen, part) for name, part in parts.items()}
    return Table(
        "Third order by parameters, per cent of the promise, beside a random basis",
        {
            "step k": (short, chosen.iteration),
            "third": _term(chosen, "third"),
            **shares,
            "random signs": _signs(chosen, "third"),
            "radius": (short, chosen.column("radius")),
        },
        [
            "random signs: 5 to 95 % of steps ±δ; radius: of convergence of the Taylor series, in "
            "steps"
        ],
    )


def _verdicts(found):
    """How often each verdict was given, and the one on the most broken step in full."""
    counts = Counter(word for word in found.series.words if word).most_common()
    lines = ["Verdicts: " + ", ".join(f"{word} ({count})" for word, count in counts)]
    lines += [Verdict.explained(word) for word, _ in counts]
    worst = _worst(found.series)
    if worst is not None:
        b = found.series[worst]
        which = f"The most broken of these steps is step {b.iteration}"
        try:
            verdict = str(b.verdict)
            lines.append(f"{which}. {verdict[:1].upper()}{verdict[1:]}")
        except FlownetError as error:
            lines.append(f"{which}: {error}")
    return lines


def _charges(drift):
    """What the finite steps did to each kind of charge, a sentence each."""
    moved, predicted = (
        drift.charges.unpack(np.abs(part[-1])) for part in (drift.drift, drift.predicted)
    )
    for form in drift.charges.forms:
        far = moved[form.name].max(initial=0.0)
        wanted = predicted[form.name].max(initial=0.0)
        yield f"charges {form.name}: drift {far:.3g}, " + (
            "which is rounding: finite steps keep them"
            if form.linear
            else f"predicted {wanted:.3g}: what their flow keeps, finite steps move so far"
        )


def _shares(chosen, values):
    """A column of shares of the promise."""
    return _points, [b.share(value) for b, value in zip(chosen, values)]


def _term(chosen, name):
    """The same of a term, above its floor."""
    floors = [b.share(b.noise.get(name, 0.0)) for b in chosen]
    # columns are named as the numbers are
    form, shares = _shares(chosen, getattr(chosen, name))
    return form, list(map(Floored, shares, floors))


def _signs(chosen, order):
    """The same of what random signs give, 5 and 95 %."""
    ends = (chosen.column(f"signs_{order}_{end}") for end in ("low", "high"))
    return _between, list(zip(*(_shares(chosen, values)[1] for values in ends)))


def _points(share):
    """A signed share in per cent, at most six characters."""
    part, size = 100 * share, abs(100 * share)
    if not np.isfinite(part):
        return "—"
    form = "+.2f" if size < 10 else "+.1f" if size < 100 else "+.0f" if size < 1e5 else "+.0e"
    return f"{part:{form}}" if size >= 0.005 else "0.00"


def _between(ends):
    texts = [_points(share) for share in ends]
    return "—" if "—" in texts else "…".join(texts)
