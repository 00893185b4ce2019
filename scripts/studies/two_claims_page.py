"""The page of *two claims*: tables of at most 100 columns, and what they say."""

from textwrap import fill

import numpy as np
from two_claims_numbers import (
    ADAPTIVE,
    FIRST,
    INERTIA,
    LEVEL,
    column,
    compared,
    counted,
    difference,
    first_claim,
    often,
    ratio,
    second_claim,
)

COMMAND = "python scripts/studies/two_claims.py"

HEAD = f"""# Two claims: inertia, and adaptation

    {COMMAND}

wrote this page and its figure; every number is from that run.

![Seeds that reached the target, and test loss over Aristotle's](figures/two_claims.png)
"""


def page(found, problems):
    """The page of results {problem: {method: Result}}."""
    seeds = len(next(iter(next(iter(found.values())).values())).outcomes["fast"])
    introduction = (
        "J. Thierry-Mieg (arXiv:1811.00576, §2.4) claims that inertia (Newton's mechanics, "
        "momentum) converges faster and more often than Aristotle's (gradient descent), and that "
        f"adaptive methods generalise worse. Six mechanics are trained from {seeds} seeds on each "
        "of four problems. A seed fixes the samples, the start and the batches, the same for all "
        "of them, so that they are compared seed by seed. Each takes the best of twelve steps, "
        "from 1/64 to 4 times a centre of its own, chosen on 16 other seeds and never on test "
        "samples. For *more often* that is the step that brings most seeds to the target; for "
        "*faster* the soonest of those that bring nearly as many there as any; for test losses at "
        "equal training loss, where it comes to the target, the one of these with the least "
        "validation loss there; and for test losses of runs best stopped, where the loss on "
        "samples of a fourth kind is least, the one with the least validation loss there. "
        f"Intervals are {100 * LEVEL:.0f} %, of Student's t for means and Wilson's for shares; a "
        "word such as *faster* stands where the interval leaves out no difference."
    )
    legend = (
        f"At the surest step, of {seeds} seeds those that get to the target; *+* where this one "
        "does and Aristotle's does not, *−* the reverse, p of their difference (McNemar, exact). "
        "At the fast one, seeds, the median of the steps there, where a seed that never comes is "
        "late, and steps over Aristotle's of the seeds where both get there."
    )
    parts = [
        HEAD,
        fill(introduction, 98),
        "",
        "| problem | what | steps | training loss to reach |",
        "|---|---|---|---|",
    ]
    parts += [f"| {p.name} | {p.title} | {p.steps} | {p.target:g} |" for p in problems]
    parts += [
        "",
        "## Inertia converges faster and more often?",
        "",
        *first_words(found),
        "",
        *summary(found, speed_cell),
        "",
        *paragraph(legend),
    ]
    for problem in problems:
        parts += ["", f"**{problem.name}**", "", *speed_table(found[problem.name])]
    parts += [
        "",
        "## Adaptive methods generalise worse?",
        "",
        *second_words(found),
        "",
        "At equal training loss:",
        "",
        *summary(found, loss_cell("equal")),
        "",
        "Where the run is best stopped:",
        "",
        *summary(found, loss_cell("stopped")),
        "",
        "Test loss over Aristotle's, and test error less Aristotle's in points, first where",
        "the training loss comes to the target, then where the run is best stopped.",
    ]
    for problem in problems:
        parts += ["", f"**{problem.name}**", "", *loss_table(found[problem.name])]
    return "\n".join([*parts, "", *LIMITS, ""])


LIMITS = [
    "## What this does not say",
    "",
    *fill(
        "Four small problems and one grid of steps, without schedules, weight decay or warm-up. "
        "That the best step is one of twelve leaves an error of up to a factor of √2 near the "
        "best and 2 below it in every step, hence in every speed. β, β₁, β₂ and ε are the usual "
        "ones and were not tuned. * marks a step at an end of its grid: a still better one may "
        "lie beyond. Speeds and losses at the target are those of the seeds that both methods "
        "bring there. The rules by which steps are chosen were settled after a first look at "
        "these problems; under each rule tried inertia was faster in eight or nine of twelve "
        "comparisons, and adaptive methods worse in one of sixteen at most.",
        98,
    ).splitlines(),
]


def paragraph(text):
    """Lines of a sentence or more."""
    return fill(text, 98).splitlines()


def counts(count, yes, no):
    """A count in words."""
    return f"{yes} in {count.yes} of {count.of} comparisons, {no} in {count.no}"


def first_words(found):
    """What is found of inertia."""
    speed, times = first_claim(found, INERTIA)
    others, also = first_claim(found, ADAPTIVE)
    return paragraph(
        f"**Inertia is {counts(speed, 'faster', 'slower')}; it gets to the target "
        f"{counts(times, 'more often', 'less often')}.** The adaptive methods are "
        f"{counts(others, 'faster', 'slower')}, and get there "
        f"{counts(also, 'more often', 'less often')}. Comparisons are of one method with "
        "Aristotle on one problem, of *often* where a seed fails; those not counted show no "
        "difference beyond the intervals, or too few seeds."
    )


def second_words(found):
    """What is found of generalisation."""
    equal, stopped = (second_claim(found, ADAPTIVE, purpose) for purpose in ("equal", "stopped"))
    inert = [second_claim(found, INERTIA, purpose) for purpose in ("equal", "stopped")]
    return paragraph(
        f"**At equal training loss the adaptive methods' test loss is "
        f"{counts(equal, 'worse', 'better')}; where runs are best stopped, "
        f"{counts(stopped, 'worse', 'better')}.** That of inertia is "
        f"{counts(inert[0], 'worse', 'better')}, and {counts(inert[1], 'worse', 'better')}."
    )


def summary(found, cell):
    """A table of methods and problems."""
    methods = [name for name in next(iter(found.values())) if name != FIRST]
    return ["| | " + " | ".join(found) + " |", "|---|" + "---|" * len(found)] + [
        f"| {name} | " + " | ".join(cell(results, name) for results in found.values()) + " |"
        for name in methods
    ]


def speed_cell(results, name):
    """Speed and seeds in words."""
    m, o = ratio(results, name, "fast", "equal", "iteration"), often(results, name)
    speed = compared(m, "faster", "slower").replace("no difference", "same")
    return f"{speed.removesuffix(' seeds to tell')}, {counted(o)}"


def loss_cell(purpose):
    """Test loss in words, for a purpose."""
    return lambda results, name: compared(
        ratio(results, name, purpose, purpose, "loss"), "better", "worse"
    )


def speed_table(results):
    """Steps and seeds of every method."""
    lines = [
        "| method | surest | seeds | share, % | + | − | p | fast | seeds | median | "
        "over Aristotle's |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, result in results.items():
        o, m = often(results, name), ratio(results, name, "fast", "equal", "iteration")
        steps = column(result.outcomes["fast"], "equal", "iteration")
        median = f"{np.median(steps):.0f}" if np.isfinite(np.median(steps)) else "—"
        lines.append(
            f"| {name} | {step(result, 'sure')} | {o.count} | {100 * o.low:.0f}–{100 * o.high:.0f} "
            + ("| | | " if name == FIRST else f"| {o.gained} | {o.lost} | {o.p:.2g} ")
            + f"| {step(result, 'fast')} | {np.isfinite(steps).sum()} | {median} "
            + ("| 1 |" if name == FIRST else f"| {span(m)} |")
        )
    return lines


def loss_table(results):
    """Held-out losses and errors of every method."""
    classes = np.isfinite(column(results[FIRST].outcomes["stopped"], "stopped", "error")).all()
    lines = []
    for purpose, title in (("equal", "at the target"), ("stopped", "best stopped")):
        lines += [
            "",
            f"| {title} | step | seeds | test loss | over Aristotle's |"
            + (" error, % | less Aristotle's |" if classes else ""),
            "|---|---|---|---|---|" + ("---|---|" if classes else ""),
        ]
        for name, result in results.items():
            outcomes = result.outcomes[purpose]
            losses = column(outcomes, purpose, "loss")
            there = np.isfinite(losses)
            line = (
                f"| {name} | {step(result, purpose)} | {there.sum()} | "
                f"{number(np.median(losses[there])) if there.any() else '—'} | "
                + (
                    "1 |"
                    if name == FIRST
                    else f"{span(ratio(results, name, purpose, purpose, 'loss'))} |"
                )
            )
            if classes:
                errors = column(outcomes, purpose, "error")
                m = difference(results, name, purpose, purpose, "error")
                line += f" {100 * np.nanmean(errors):.2f} |" if there.any() else " — |"
                line += (
                    " 0 |"
                    if name == FIRST
                    else (
                        f" {100 * m.value:+.2f} ({100 * m.low:+.2f}…{100 * m.high:+.2f}) |"
                        if np.isfinite(m.low)
                        else " — |"
                    )
                )
            lines.append(line)
    return lines[1:]


def step(result, purpose):
    """The step chosen, with a mark where it ends the grid."""
    return f"{result.steps[purpose]:.3g}" + "\\*" * result.ends[purpose]


def span(m):
    """A mean and its interval."""
    return f"{number(m.value)} ({number(m.low)}…{number(m.high)})" if np.isfinite(m.low) else "—"


def number(value):
    """Three digits."""
    return f"{value:.3g}" if np.isfinite(value) else "—"
