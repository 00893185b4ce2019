"""A report as text: tables of at most 100 columns, shares in per cent of the promise."""

import textwrap
from collections import Counter

import numpy as np

from .._errors import FlownetError
from ..linearization.breakdown import Breakdowns

_WIDTH = 98
_MOST_ROWS = 8


def report(found):
    """Tables of a `Measured` run."""
    told = [_looked_at(found)]
    if found.series is not None:
        chosen = _chosen(found.series)
        told.append(_terms(found, chosen))
        if found.split:
            told += [_second(chosen), _third(chosen), _verdicts(found)]
    elif found.sharpness is not None:
        told.append(_states(found))
    if found.charges is not None:
        told.append(_charges(found.charges))
    if found.left_out:
        told.append("\n".join(filled(f"left out: {line}") for line in found.left_out))
    return "\n\n".join(told)


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
    return filled(line)


def _ordinal(n):
    end = {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th") if n % 100 not in (11, 12, 13) else "th"
    return f"{n}{end}"


def _chosen(series):
    """Some steps evenly spread, and the one that missed most of its promise."""
    spread = np.linspace(0, len(series) - 1, min(_MOST_ROWS, len(series))).round().astype(int)
    worst = _worst(series)
    rows = {*spread.tolist(), *([] if worst is None else [worst])}
    return Breakdowns(series[i] for i in sorted(rows))


def _worst(series):
    """Index of the step that missed most of its promise, of those whose promise is no noise."""
    missed = np.array(
        [abs(b.share(b.actual - b.linear)) if np.isfinite(b.ratio) else np.nan for b in series]
    )
    return None if np.isnan(missed).all() else int(np.nanargmax(missed))


def _terms(found, chosen):
    lines = [
        "Promise and delivery, per cent of the promise; sharpness against 2/step",
        "",
        f"{'step k':>7}{'loss':>11}{'promised':>12}{'second':>10}{'third':>10}{'rest':>10}"
        f"{'delivered':>11}{'critical':>10}{'sharpness':>10}{'2/step':>9}",
    ]
    sharp = (
        {}
        if found.sharpness is None
        else dict(zip(found.sharpness.iteration.tolist(), found.sharpness.value.tolist()))
    )
    edge = found.edge
    for b in chosen:
        shares = "".join(
            f"{_term(b, name):>{width}}"
            for name, width in (("second", 10), ("third", 10), ("remainder", 10), ("actual", 11))
        )
        lines.append(
            f"{b.iteration:>7}{_short(b.loss):>11}{_short(b.linear, 11):>12}{shares}"
            f"{_short(b.critical_step):>10}"
            f"{_short(sharp.get(b.iteration, np.nan)):>10}"
            f"{_short(np.nan if edge is None else edge[b.iteration]):>9}"
        )
    return "\n".join([*lines, "", *_summary(found)])


def _summary(found):
    """Sentences on all steps that were looked at."""
    series, told = found.series, np.isfinite(found.series.ratio)
    if not told.any():
        return [f"all {len(series)} promises are noise"]
    noise = f" ({np.sum(~told)} more are noise)" if not told.all() else ""
    lines = [
        f"of {np.sum(told)} steps{noise}, {np.sum(series.ratio[told] > 1)} lie beyond their "
        f"critical step and {np.sum(series.actual[told] > 0)} go uphill; median second/first "
        f"{np.median(series.ratio[told]):.3g}"
    ]
    if found.sharpness is not None:
        lines.append(_edge(found))
    return [filled(line) for line in lines]


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
        f"sharpness{whose} {_short(low)} to {_short(high)}, {_short(record.value[there][-1])} "
        "at the end"
    )
    if edge is None:
        return line
    over = record.value[there] > edge[np.minimum(record.iteration[there], len(edge) - 1)]
    return f"{line}; beyond 2/step at {over.sum()} of {there.sum()} states"


def _states(found):
    """Sharpness alone."""
    lines = [f"{'iteration':>9}{'time':>12}{'sharpness':>12}{'2/step':>10}"]
    record, edge = found.sharpness, found.edge
    rows = np.unique(np.linspace(0, len(record.value) - 1, _MOST_ROWS).round().astype(int))
    for i in rows.tolist() if len(record.value) else []:
        k = int(record.iteration[i])
        limit = np.nan if edge is None else edge[min(k, len(edge) - 1)]
        lines.append(
            f"{k:>9}{record.time[i]:>12.6g}{_short(record.value[i]):>12}{_short(limit):>10}"
        )
    return "\n".join([*lines, "", filled(_edge(found))])


def _second(chosen):
    lines = [
        "Second order by parameters, per cent of the promise, beside what chance gives",
        "",
        f"{'':>7}{'':>9}{'':>9}{'random':>10}{'':>9}{'random signs,':>18}{'top':>7}",
        f"{'step k':>7}{'second':>9}{'self':>9}{'basis':>10}{'pairs':>9}"
        f"{'5…95 %':>18}{'mode':>7}  verdict",
    ]
    for b, verdict in zip(chosen, chosen.words):
        known = b.known
        lines.append(
            f"{b.iteration:>7}{_term(b, 'second'):>9}{_known(b, 'second_self'):>9}"
            f"{_known(b, 'chance_second_self'):>10}"
            f"{_percent(b, b.second - known.get('second_self', np.nan)):>9}"
            f"{_band(b, 'second'):>18}{_mode(known):>7}  {verdict}".rstrip()
        )
    return "\n".join(lines)


def _third(chosen):
    lines = [
        "Third order by parameters, per cent of the promise, beside a random basis",
        "",
        f"{'step k':>7}{'third':>9}{'self':>9}{'basis':>9}{'two equal':>11}{'basis':>9}"
        f"{'triplets':>10}{'basis':>9}{'random signs':>17}{'radius':>10}",
    ]
    for b in chosen:
        known, row = b.known, f"{b.iteration:>7}{_term(b, 'third'):>9}"
        for prefix in ("", "chance_"):
            parts = [known.get(prefix + name, np.nan) for name in ("third_self", "third_two")]
            known = {**known, prefix + "third_triplets": b.third - sum(parts)}
        for name, width in (("third_self", 9), ("third_two", 11), ("third_triplets", 10)):
            row += (
                f"{_percent(b, known.get(name, np.nan)):>{width}}"
                f"{_percent(b, known.get('chance_' + name, np.nan)):>9}"
            )
        lines.append(f"{row}{_band(b, 'third'):>17}{_short(known.get('radius', np.nan)):>10}")
    return "\n".join(
        [
            *lines,
            "",
            "random signs: 5 to 95 % of steps ±δ; radius: of convergence of "
            "the Taylor series, in steps",
        ]
    )


def _verdicts(found):
    """How often each verdict was given, and the one on the most broken step in full."""
    counts = Counter(word for word in found.series.words if word).most_common()
    lines = ["Verdicts: " + ", ".join(f"{word} ({count})" for word, count in counts)]
    worst = _worst(found.series)
    if worst is not None:
        b = found.series[worst]
        try:
            lines.append(f"The most broken of these steps is step {b.iteration}. {_capital(b)}")
        except FlownetError as error:
            lines.append(f"The most broken of these steps is step {b.iteration}: {error}")
    return "\n".join(map(filled, lines))


def _capital(b):
    told = str(b.verdict)
    return told[:1].upper() + told[1:]


def _charges(drift):
    """What the finite steps did to each kind of charge, one line each."""
    moved, predicted = (
        drift.charges.unpack(np.abs(part[-1])) for part in (drift.drift, drift.predicted)
    )
    lines = []
    for form in drift.charges.forms:
        far = f"drift {moved[form.name].max(initial=0.0):.3g}"
        lines.append(
            f"charges {form.name}: {far}, "
            + (
                "which is rounding: finite steps keep them"
                if form.linear
                else f"predicted {predicted[form.name].max(initial=0.0):.3g}: what their flow keeps, finite "
                "steps move so far"
            )
        )
    return "\n".join(map(filled, lines))


def filled(line):
    """A sentence on lines of its own, no number torn from its per cent."""
    whole = textwrap.fill(line.replace(" %", "\0%"), _WIDTH, subsequent_indent="  ")
    return whole.replace("\0", " ")


def _percent(b, value):
    """A signed share of the promise in per cent, at most eight characters."""
    percent = 100 * b.share(value)
    if not np.isfinite(percent):
        return "—"
    size = abs(percent)
    form = "+.2f" if size < 10 else "+.1f" if size < 100 else "+.0f" if size < 1e5 else "+.0e"
    return format(percent, form) if size >= 0.005 else "0.00"


def _term(b, name):
    """A term's share, or `noise` below its floor."""
    value = getattr(b, name)
    return "noise" if abs(value) <= b.noise.get(name, 0.0) else _percent(b, value)


def _known(b, name):
    return _percent(b, b.known.get(name, np.nan))


def _band(b, order):
    """What random signs give, 5 to 95 %."""
    low, high = (_known(b, f"signs_{order}_{end}") for end in ("low", "high"))
    return "—" if "—" in (low, high) else f"{low}…{high}"


def _mode(known):
    share = known.get("top_share", np.nan)
    return f"{100 * share:.0f} %" if np.isfinite(share) else "—"


def _short(value, most=9):
    """A number of at most so many characters."""
    told = f"{value:.4g}" if len(f"{value:.4g}") <= most else f"{value:.2g}"
    return "—" if np.isnan(value) else told
