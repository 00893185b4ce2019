"""The page of *who breaks the step?*: tables of at most 100 columns, and what they say."""

from textwrap import fill

import numpy as np
from who_breaks_reading import broken, reading

COMMAND = "python scripts/studies/who_breaks_the_step.py"

HEAD = f"""# Who breaks the step?

    {COMMAND}

wrote this page and its figure; every number is from that run.

![Losses, a step, pairs by basis, by chance, modes](figures/who_breaks_the_step.png)
"""

INTRODUCTION = """A step δ = −step·dL of gradient descent changes the loss by dL(δ) + ½H(δ,δ) +
T(δ,δ,δ)/6 + …: promised, second order, third order. J. Thierry-Mieg (arXiv:1811.00576, §3.6) blames
interference: changes of parameters which are each good by themselves spoil one another, as pairs
in D²/2 and as triplets in D³/6. Here that is put to the test, on steps below, at and past the edge
of stability 2/λ, λ the sharpness at the start."""

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

LEGEND = """Per cent of the promise |dL(δ)|, with sign; delivered −100 is a promise kept. *Self*,
*pairs*, *two*, *triplets*: terms of one, of two different, of three different parameters;
*rotated*: their means in a random orthonormal basis; *signs*: the second order of δ with random
signs. *Loss bends*, *map bends*: what of the second order bends in the loss as a function of the
outputs, and in the network. *Parameters alone*: every parameter moved by itself, to all orders,
summed; *modes alone*: every eigendirection of H. *Modes*: participation number (Σ|c|)²/Σc² of
the contributions c of eigendirections to the second order; *top mode*: the largest share of
Σ|c|. *Blocks*: self terms over second order, beside those of a Hessian ∝ dL⊗dL. *Radius*: of
convergence of the Taylor series, in steps. *Verdict* (the library's): `mode`, a single mode;
`basis`, depends on the basis; `holds`, the linearization holds."""

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


def page(studies, cells):
    """The whole page as markdown."""
    first, *others = studies.values()
    sections = [
        HEAD,
        fill(INTRODUCTION, 98),
        "## What the tables say",
        reading(studies, cells),
        f"## {first.problem.name}, quadratic loss, 20 points, 701 parameters",
        _steps(first),
        moments([first]),
        fill(LEGEND, 98),
        fill(PARTS_HEAD, 98),
        parts([first]),
        "## 64-16-10 on 300 digits, 1210 parameters",
        "\n\n".join(_steps(study) for study in others),
        moments(others),
        parts(others),
        "## Every broken step",
        fill(CENSUS, 98),
        censuses(studies),
        "## Over width and depth",
        fill(GRID, 98),
    ]
    for loss in dict.fromkeys(cell.loss for cell in cells):
        chosen = [cell for cell in cells if cell.loss == loss]
        sections += [f"### 64-width-…-10, {loss}", grid_terms(chosen), grid_modes(chosen)]
    return "\n\n".join(section.strip() for section in sections) + "\n"


def _steps(study):
    told = ", ".join(f"{name} {run.step[0]:.4g}" for name, run in study.runs.items())
    return (
        f"{study.problem.short}: sharpness {2 / study.edge:.4g} at the start, edge "
        f"{study.edge:.4g}; steps {told}."
    )


PARTS_HEAD = """Parts of the broken steps, those that deliver less than half of their promise, in
per cent: *promise left*: *delivered per promise left* (*that of the whole step shortened until
it promises as much*). To leave something out helps where the step then delivers more than the
shortened one; below 0 is uphill. *Top*: the eigendirection that brings most of the second order;
*1 %*: the largest components of δ."""

CENSUS = """The steps above were chosen for what they show. Here is every step that delivers less
than half of its promise, of a run at most 200 evenly spread (*rise*: how many of the run go
uphill): the median, and in brackets the extreme, of the participation number (most), of the top
mode's share (least), and of pairs of parameters as a share of the second order (least); *excess*
is the most by which those pairs exceed the mean of a random basis, in points."""

GRID = """The first step from the start, as long as its critical step, where second order is as
large as the promise: pairs are 100 less self. Hidden layers × width, and D parameters. Per cent
of the promise; 0.22(3) is estimated from 32 random probes, with its standard error, the rest is
exact. */edge*: the critical step over 2/λ; *rot.*: in a random basis; *signs*: the larger end of
the 5 to 95 % band of random signs, second order. *Modes* are found from 160 Hessian actions, of
more than 30 000 parameters 80: where there are tens of them they are a lower bound, by up to a
tenth. Tanh, 300 digits."""
