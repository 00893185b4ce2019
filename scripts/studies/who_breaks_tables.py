"""The tables of *who breaks the step?*, markdown of at most 100 columns."""

import numpy as np
from who_breaks_reading import broken

#: label of each share of the promise
ROWS = {
    "second": "second order",
    "self": "· self",
    "chance_self": "· self, rotated",
    "pairs": "· pairs",
    "chance_pairs": "· pairs, rotated",
    "low": "· signs, 5 %",
    "high": "· signs, 95 %",
    "loss_bends": "· loss bends",
    "map_bends": "· map bends",
    "third": "third order",
    "third_self": "· self",
    "third_two": "· two",
    "triplets": "· triplets",
    "chance_triplets": "· tripl., rotated",
    "remainder": "fourth and on",
    "delivered": "delivered",
    "alone": "parameters alone",
    "modes_alone": "modes alone",
}

VERDICTS = {
    "a single mode": "mode",
    "depends on the basis": "basis",
    "higher orders": "higher",
    "the linearization holds": "holds",
    "interference beyond chance": "pairs",
    "all directions bend alike": "alike",
}

PARTS = {"top": "top alone", "without top": "without top", "without largest": "without 1 %"}


def percent(share):
    """A share in per cent with its sign, three digits."""
    if not np.isfinite(share):
        return "—"
    value = 100 * share
    return "0" if abs(value) < 0.005 else f"{value:+.3g}" if abs(value) < 100 else f"{value:+.0f}"


def with_error(value, error):
    """A number with the standard error of its last digit: 0.22(3)."""
    if not error:
        return f"{value:.2g}"
    digits = int(max(0, -np.floor(np.log10(error))))
    return f"{value:.{digits}f}({error * 10**digits:.0f})"


def ratio(pair):
    """Self share of blocks, and that of rank one: .49/.51."""
    return "/".join(f"{value:.2f}".replace("0.", ".", 1) for value in pair)


def table(head, rows):
    """Aligned markdown; the first column to the left, numbers to the right."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    lines = [head, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])], *rows]
    return "\n".join(
        "| "
        + " | ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths))
        )
        + " |"
        for line in lines
    )


def moments(studies):
    """Table of the moments of some studies: a column for each."""
    found = [(study, run, a) for study in studies for (run, _), a in study.accounts.items()]
    accounts = [a for *_, a in found]
    shares = [
        {**a.shares, "low": a.shares["flips"][0], "high": a.shares["flips"][1]} for a in accounts
    ]
    rows = [["loss", *(study.problem.short for study, *_ in found)]] if len(studies) > 1 else []
    rows += [
        ["k", *(a.iteration for a in accounts)],
        ["step·sharpness/2", *(f"{a.edge:.3g}" for a in accounts)],
        *([label, *(percent(share[name]) for share in shares)] for name, label in ROWS.items()),
        ["modes", *(f"{a.modes['participation']:.3g}" for a in accounts)],
        ["top mode, %", *(f"{100 * a.modes['top_share']:.3g}" for a in accounts)],
    ]
    for basis in ("layers", "neurons"):
        rows.append(
            [f"blocks: {basis}", *(ratio(a.blocks[basis]) if broken(a) else "—" for a in accounts)]
        )
    rows += [
        ["radius", *(f"{a.radius:.2g}" for a in accounts)],
        ["verdict", *(VERDICTS.get(a.verdict, a.verdict) for a in accounts)],
    ]
    return table(["", *(run for _, run, _ in found)], rows)


def parts(studies):
    """Table of the parts of the broken steps: promise left, delivery, that of a shorter step."""
    found = [
        (study, run, a) for study in studies for (run, _), a in study.accounts.items() if broken(a)
    ]
    names = dict.fromkeys(name for *_, a in found for name in a.parts if name != "whole")
    rows = [["loss", *(study.problem.short for study, *_ in found)]] if len(studies) > 1 else []
    rows += [
        ["whole", *(f"{100 * a.parts['whole'].delivery:.0f}" for *_, a in found)],
        *(
            [PARTS.get(name, f"{name} alone"), *(_part(a.parts.get(name)) for *_, a in found)]
            for name in names
        ),
    ]
    return table(["", *(f"{run} {a.iteration}" for _, run, a in found)], rows)


def _part(part):
    return (
        ""
        if part is None
        else (
            f"{100 * part.promise_left:.0f}: {100 * part.delivery:.0f} ({100 * part.shortened:.0f})"
        )
    )


def censuses(studies):
    """Table of all broken steps of every run."""
    rows = []
    for study in studies.values():
        for run, c in study.censuses.items():
            told = (
                [
                    _median(c.participation, np.max, ".2g"),
                    _median(100 * c.top_share, np.min, ".0f"),
                    _median(100 * c.pairs, np.min, ".0f"),
                    f"{100 * np.max(c.pairs - c.chance):+.1f}",
                ]
                if c.broken
                else ["—"] * 4
            )
            rows.append(
                [
                    f"{study.problem.short} {run}",
                    f"{c.broken}/{c.steps}",
                    c.uphill,
                    *told,
                    _counted(c.verdicts) or "—",
                ]
            )
    return table(
        ["run", "broken", "rise", "modes", "top, %", "pairs, %", "excess", "verdicts"], rows
    )


def _median(values, end, form):
    return f"{np.median(values):{form}} ({end(values):{form}})"


def _counted(verdicts):
    return " ".join(f"{n} {VERDICTS.get(words, words)}" for words, n in verdicts.most_common())


def grid_terms(cells):
    """Shares over width and depth."""
    rows = []
    for c in cells:
        a, s = c.account, c.account.shares
        rows.append(
            [
                f"{c.hidden}×{c.width}",
                a.size,
                f"{a.step:.2g}",
                f"{a.edge:.3g}",
                with_error(100 * s["self"], 100 * s["error_self"]),
                f"{100 * s['chance_self']:.1g}",
                f"{100 * np.max(np.abs(s['flips'])):.2g}",
                *(
                    percent(s[name])
                    for name in ("triplets", "chance_triplets", "remainder", "delivered")
                ),
            ]
        )
    return table(
        [
            "hidden",
            "D",
            "step",
            "/edge",
            "self",
            "rot.",
            "signs",
            "triplets",
            "rot.",
            "4th on",
            "deliv.",
        ],
        rows,
    )


def grid_modes(cells):
    """Modes and interventions over width and depth."""
    rows = []
    for c in cells:
        a = c.account
        rows.append(
            [
                f"{c.hidden}×{c.width}",
                f"{a.modes['participation']:.3g}",
                f"{100 * a.modes['top_share']:.0f}",
                _part(a.parts["top"]),
                _part(a.parts["without top"]),
                _part(a.parts["without largest"]),
                ratio(a.blocks["layers"]),
                f"{a.radius:.2g}",
                VERDICTS.get(a.verdict, a.verdict),
            ]
        )
    return table(
        [
            "hidden",
            "modes",
            "top",
            "top alone",
            "without top",
            "without 1 %",
            "layers",
            "radius",
            "verd.",
        ],
        rows,
    )
