"""Rows of the table of one step: label, value, floor, and what chance gives."""

from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError
from ._cost import affordable

_NOTHING = 1e-9  # per cent of the promise


@dataclass(frozen=True)
class Row:
    """One line; `basis` and `signs` are what a random basis and random signs give, as text."""

    label: str
    value: float
    floor: float
    basis: str = ""
    signs: str = ""


def rows(b):
    """Rows of a breakdown, with the parts that are known or cost little."""
    parts = tried(b, "parameters", lambda: b.split("parameters")) if b.order > 2 else None
    found = [
        Row("promised (first order)", b.linear, b.noise["linear"]),
        Row("second order, exact", b.second, b.noise["second"], signs=_band(b, parts, "second")),
    ]
    if parts:
        found += _parts(
            b,
            parts,
            "second",
            {"second_self": "  parameters by themselves", "second_pairs": "  pairs of parameters"},
        )
    if b.order > 2:
        found.append(
            Row("third order, exact", b.third, b.noise["third"], signs=_band(b, parts, "third"))
        )
    if parts:
        found += _parts(
            b,
            parts,
            "third",
            {
                "third_self": "  parameters by themselves",
                "third_two": "  one twice with another",
                "third_triplets": "  triplets of parameters",
            },
        )
    beyond = "remainder (fourth and on)" if b.order > 2 else "remainder (third and on)"
    found.append(Row(beyond, b.remainder, b.noise["remainder"]))
    found += [
        Row(f"  order {k}, exact", b.terms[k], b.noise[f"order {k}"]) for k in range(4, b.order + 1)
    ]
    kinks = tried(b, "kinks", lambda: b.kinks)
    if kinks:
        found += [
            Row("  kinks", kinks.value, kinks.noise),
            Row("  smooth", kinks.smooth, b.noise["remainder"] + kinks.noise),
        ]
    return [*found, Row("delivered", b.actual, b.noise["actual"])]


def tried(b, part, make):
    """A part of a breakdown; None where it is dear, not finite, or there is none."""
    try:
        return make() if b.finite and affordable(b, part) else None
    except FlownetError:
        return None


def _parts(b, parts, order, labels):
    floors = parts.noise
    whole = sum(floors[name] for name in labels if name in floors) + b.noise[order]
    mark = "" if parts.exact else " ±"
    return [
        Row(
            label + mark,
            getattr(parts, name),
            floors.get(name, whole),
            share(getattr(parts.rotations, name), b.linear),
        )
        for name, label in labels.items()
    ]


def _band(b, parts, order):
    """5 and 95 % of what random signs give, as shares of the promise."""
    if not (parts and b.linear and affordable(b, "flips")):
        return ""
    low, high = parts.flips.band(order)
    return f"{share(low, b.linear, '')}…{share(high, b.linear)}"


def signed(value, floor):
    """A number, or `noise` where it is below its floor and not exactly 0."""
    if value == 0:
        return "0"
    if abs(value) <= floor:
        return "noise"
    short = f"{value:+.3e}"
    return short if len(short) < 11 else f"{value:+.2e}"


def share(value, promise, unit=" %"):
    """A signed share of the promise in per cent, short."""
    if not promise or not np.isfinite(value):
        return "—"
    percent = 100 * value / abs(promise)
    if abs(percent) < _NOTHING:
        return f"0{unit}"
    return f"{percent:+.2f}{unit}" if 0.005 <= abs(percent) < 1e4 else f"{percent:+.0e}{unit}"


def told_share(row, b):
    """A row's share of the promise, of noise none."""
    return "—" if abs(row.value) <= row.floor else share(row.value, b.linear)
