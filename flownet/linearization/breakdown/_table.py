"""One step, and some steps of a run, as tables."""

from functools import partial

import numpy as np

from ..._errors import FlownetError
from ..._table import Floored, Table, evenly, short, signed, signed_percent
from ..splits import exact_work

BUDGET = 2e10  # multiply-adds of one part that a table computes unasked, about a second
_MOST_ROWS = 14
_PARTS = {
    "second": {"second_self": "parameters by themselves", "second_pairs": "pairs of parameters"},
    "third": {
        "third_self": "parameters by themselves",
        "third_two": "one twice with another",
        "third_triplets": "triplets of parameters",
    },
}
_TERMS = {
    "promised": "linear",
    "second": "second",
    "third": "third",
    "remainder": "remainder",
    "delivered": "actual",
}


def one_step(b):
    """`Table` of one step; what costs little is computed for it."""
    where = "" if b.iteration is None else f" at iteration {b.iteration}"
    terms, values, shares, floors, basis, signs = zip(*_lines(b))
    return Table(
        f"A step of {b.step:.4g}{where}; the loss before it is {b.loss:.6g}",
        {
            "term": (str, terms),
            "value": (signed, list(map(Floored, values, floors))),
            "of the promise": (signed_percent, shares),
            "noise floor": (".0e", floors),
            "random basis": (signed_percent, basis),
            "random signs": (_between, signs),
        },
        _notes(b),
    )


def _lines(b):
    """Terms, and the parts of them that are known or cost little."""
    line = partial(_line, b)
    parts = _tried(b, "parameters", lambda: b.split("parameters")) if b.order > 2 else None
    yield line("promised (first order)", b.linear, b.noise["linear"])
    for order in ("second", "third")[: b.order - 1]:
        signs = _signs(b, parts, order)
        # columns are named as the numbers are
        yield line(f"{order} order, exact", getattr(b, order), b.noise[order], signs=signs)
        if parts:
            yield from _parts_of(b, parts, order)
    beyond = "fourth" if b.order > 2 else "third"
    yield line(f"remainder ({beyond} and on)", b.remainder, b.noise["remainder"])
    for k in range(4, b.order + 1):
        yield line(f"  order {k}, exact", b.terms[k], b.noise[f"order {k}"])
    kinks = _tried(b, "kinks", lambda: b.kinks)
    if kinks:
        yield line("  kinks", kinks.value, kinks.noise)
        yield line("  smooth", kinks.smooth, b.noise["remainder"] + kinks.noise)
    yield line("delivered", b.actual, b.noise["actual"])


def _parts_of(b, parts, order):
    floors, names = parts.noise, _PARTS[order]
    whole = sum(floors[name] for name in names if name in floors) + b.noise[order]
    for name, text in names.items():
        text = f"  {text}" + ("" if parts.exact else " ±")
        # columns are named as the numbers are
        chance = b.share(getattr(parts.rotations, name))
        yield _line(b, text, getattr(parts, name), floors.get(name, whole), chance)


def _line(b, text, value, floor, basis=None, signs=None):
    """A term; `basis` and `signs` are shares that a random basis and random signs give."""
    share = np.nan if abs(value) <= floor else b.share(value)
    return text, value, share, floor, basis, signs


def _signs(b, parts, order):
    """Shares of the promise, 5 and 95 %, that random signs give."""
    if not (parts and b.linear and _affordable(b, "flips")):
        return None
    return tuple(map(b.share, parts.flips.band(order)))


def _between(ends):
    """Two shares, from … to."""
    low, high = ends
    return f"{signed_percent(low, '')}…{signed_percent(high)}"


def _tried(b, part, make):
    """A part of a breakdown; None where it is dear, not finite, or there is none."""
    try:
        return make() if b.finite and _affordable(b, part) else None
    except FlownetError:
        return None


def _affordable(b, part):
    """Whether a part of a breakdown is known, or costs less than BUDGET."""
    if part in b.made:
        return True
    taken = b.taken
    passes = {"missed": 150, "kinks": 6, "flips": 1000, "verdict": 1600}.get(part, 0) * taken.work
    if part in ("parameters", "verdict"):
        passes += min(4 * exact_work(taken), 1600 * taken.work)
    return passes <= BUDGET


def _notes(b):
    """Sentences below the table."""
    if not b.finite:
        return ["the loss or its derivatives are not finite numbers here"]
    if np.isnan(b.critical_step):
        return ["the promise is noise: nothing can be said of the step"]
    found = [_critical(b)]
    if np.isfinite(b.critical_third):
        found.append(
            f"third order, {_bend(b.third, b.linear)} the promise, equals first at a step of "
            f"{abs(b.critical_third):.4g}"
        )
    kinks = _tried(b, "kinks", lambda: b.kinks)
    if kinks and np.isfinite(kinks.first):
        found.append(
            f"{kinks.changed} of {kinks.pairs} pairs of unit and sample change sign, the "
            f"first at a step of {kinks.first_step:.4g}"
        )
    missed = _tried(b, "missed", b.missed)
    if missed and np.isfinite(missed.measured):
        found.append(str(missed))
    verdict = _tried(b, "verdict", lambda: b.verdict)
    found += (
        [f"verdict: {verdict}", verdict.meaning]
        if verdict
        else [
            "on demand: .split(basis), .verdict, "
            ".missed(), .radius(), .interventions(), .layer_subsets(), .one_at_a_time()"
        ]
    )
    return found


def _critical(b):
    if np.isinf(b.critical_step):
        return "second order vanishes: no critical step"
    return (
        f"critical step {abs(b.critical_step):.4g}, where second order, "
        f"{_bend(b.second, b.linear)} the promise, equals first; this step is {b.ratio:.3g} of it"
    )


def _bend(term, promise):
    return "along with" if term * promise > 0 else "against"


def along_run(series):
    """`Table` of some steps of a run, evenly spread."""
    if not len(series):
        return Table("", {}, ["no steps"])
    chosen = [series[int(i)] for i in evenly(len(series), _MOST_ROWS)]
    return Table(
        "",
        {
            "step k": (short, [b.iteration for b in chosen]),
            "loss": (short, [b.loss for b in chosen]),
            **{name: (signed, [_term(b, term) for b in chosen]) for name, term in _TERMS.items()},
            "2nd/1st": (".2g", [Floored(b.ratio, 0) for b in chosen]),  # NaN: the promise is noise
            "critical step": (short, [Floored(b.critical_step, 0) for b in chosen]),
        },
        [_summary(series)],
    )


def _term(b, name):
    # columns are named as the numbers are
    return Floored(getattr(b, name), b.noise.get(name, np.nan))


def _summary(series):
    """A sentence on all steps."""
    clear = np.isfinite(series.ratio)
    left_out = f" ({np.sum(~clear)} more are noise)" if not clear.all() else ""
    if not clear.any():
        return f"all {len(series)} steps are noise"
    uphill = int(np.sum(series.actual[clear] > 0))
    steps = "step" if np.sum(clear) == 1 else "steps"
    return (
        f"of {np.sum(clear)} {steps}{left_out}, {np.sum(series.ratio[clear] > 1)} beyond the "
        f"critical step and {uphill} uphill; median second/first "
        f"{np.median(series.ratio[clear]):.3g}"
    )
