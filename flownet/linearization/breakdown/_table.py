"""Breakdowns as tables that a person can read, at most 100 columns wide."""

import textwrap

import numpy as np

from ..splits import rows, signed, told_share, tried

_MOST_ROWS = 14


def one_step(b):
    """Table of one step; what costs little is computed for it."""
    lines = [
        heading(b),
        "",
        f"{'':<28}{'':>12}{'of the':>11}{'noise':>9}{'in a random':>14}{'with random':>24}",
        f"{'term':<28}{'value':>12}{'promise':>11}{'floor':>9}{'basis':>14}{'signs':>24}",
    ]
    for row in rows(b):
        lines.append(
            f"{row.label:<28}{signed(row.value, row.floor):>12}"
            f"{told_share(row, b):>11}{row.floor:>9.0e}{row.basis:>14}"
            f"{row.signs:>24}".rstrip()
        )
    return "\n".join([*lines, "", *(textwrap.fill(note, 98) for note in notes(b))])


def heading(b):
    """What step it is."""
    where = "" if b.iteration is None else f" at iteration {b.iteration}"
    return f"A step of {b.step:.4g}{where}; the loss before it is {b.loss:.6g}"


def notes(b):
    """Sentences below the table."""
    if not b.finite:
        return ["the loss or its derivatives are not finite numbers here"]
    if np.isnan(b.critical_step):
        return ["the promise is noise: nothing can be said of the step"]
    found = [_critical(b), _third(b)]
    kinks = tried(b, "kinks", lambda: b.kinks)
    if kinks and np.isfinite(kinks.first):
        found.append(
            f"{kinks.changed} of {kinks.pairs} pairs of unit and sample change sign, the "
            f"first at a step of {kinks.first_step:.4g}"
        )
    missed = tried(b, "missed", b.missed)
    if missed and np.isfinite(missed.measured):
        found.append(str(missed))
    verdict = tried(b, "verdict", lambda: b.verdict)
    found.append(
        f"verdict: {verdict}"
        if verdict
        else "on demand: .split(basis), .verdict, "
        ".missed(), .radius(), .interventions(), .layer_subsets(), .one_at_a_time()"
    )
    return [note for note in found if note]


def _critical(b):
    if np.isinf(b.critical_step):
        return "second order vanishes: no critical step"
    bend = _bend(b.second, b.linear)
    return (
        f"critical step {abs(b.critical_step):.4g}, where second order, {bend} the promise, "
        f"equals first; this step is {b.ratio:.3g} of it"
    )


def _bend(term, promise):
    return "along with" if term * promise > 0 else "against"


def _third(b):
    if not np.isfinite(b.critical_third):
        return ""
    bend = _bend(b.third, b.linear)
    return f"third order, {bend} the promise, equals first at a step of {abs(b.critical_third):.4g}"


def chosen(series):
    """Some steps of a run, evenly spread."""
    rows = np.unique(np.linspace(0, len(series) - 1, min(_MOST_ROWS, len(series))).round())
    return [series[i] for i in rows.astype(int)]


def along_run(series):
    """Table of some steps of a run, evenly spread."""
    if not len(series):
        return "no steps"
    lines = [
        f"{'step k':>8}{'loss':>11}{'promised':>11}{'second':>11}{'third':>11}"
        f"{'remainder':>11}{'delivered':>11}{'2nd/1st':>9}{'critical step':>15}"
    ]
    for b in chosen(series):
        terms = "".join(
            f"{signed(getattr(b, name), b.noise.get(name, np.nan)):>11}"
            for name in ("linear", "second", "third", "remainder", "actual")
        )
        lines.append(
            f"{b.iteration:>8}{b.loss:>11.4g}{terms}{told(b.ratio, '.2g'):>9}"
            f"{told(b.critical_step, '.4g'):>15}"
        )
    return "\n".join([*lines, "", summary(series)])


def summary(series):
    """Sentences on all steps."""
    clear = np.isfinite(series.ratio)
    left_out = f" ({np.sum(~clear)} more are noise)" if not clear.all() else ""
    if not clear.any():
        return f"all {len(series)} steps are noise"
    uphill = int(np.sum(series.actual[clear] > 0))
    steps = "step" if np.sum(clear) == 1 else "steps"
    return (
        f"of {np.sum(clear)} {steps}{left_out}, {np.sum(series.ratio[clear] > 1)} beyond the "
        f"critical step and {uphill} uphill;\nmedian second/first "
        f"{np.median(series.ratio[clear]):.3g}"
    )


def told(value, form):
    """A number, or `noise` for NaN."""
    return "noise" if np.isnan(value) else format(value, form)
