"""What the accounts of *who breaks the step?* say: a few numbers, and sentences made of them."""

from collections import Counter, namedtuple
from textwrap import fill

import numpy as np

#: of all broken steps, those that deliver less than half of their promise: how many were looked at;
#: delivery of the parameters moved alone (least, most); pairs over second order (least, most), and
#: their excess over those of a random basis (most); second order with random signs over that of
#: the step (most); self terms of layers apart from rank one, and delivery without the largest
#: components apart from a shortened step's (most; runs, grid). Of the grid {loss: …}: triplets over
#: the promise (most), and apart from those of a random basis; participation and critical step over
#: the edge (least, most); where Taylor's series diverges (how many, of). Participation of runs
#: {study: (median, most)}. Verdicts, counted.
Claims = namedtuple(
    "Claims",
    "steps alone pairs excess signs layers largest triplets modes grid edges verdicts diverge",
)


def broken(account):
    """Whether a step delivers less than half of its promise."""
    return account.shares["delivered"] > -0.5


def claims(studies, cells):
    """`Claims` of studies {name: Study} and cells of the grid."""
    told = [a for study in studies.values() for a in study.accounts.values() if broken(a)]
    chosen = [cell for cell in cells if broken(cell.account)]
    shares = [a.shares for a in [*told, *(cell.account for cell in chosen)]]
    both = told, [cell.account for cell in chosen]
    many = [c for study in studies.values() for c in study.censuses.values() if c.broken]
    pairs = np.concatenate([[s["pairs"] / s["second"] for s in shares], *(c.pairs for c in many)])
    chance = np.concatenate(
        [[s["chance_pairs"] / s["second"] for s in shares], *(c.chance for c in many)]
    )
    losses = list(dict.fromkeys(cell.loss for cell in cells))
    of_loss = {loss: [cell.account for cell in chosen if cell.loss == loss] for loss in losses}
    return Claims(
        steps=sum(len(c.pairs) for c in many) + len(chosen),
        alone=_ends([-s["alone"] for s in shares if "alone" in s]),
        pairs=_ends(pairs),
        excess=float(np.max(pairs - chance)),
        signs=max(np.max(np.abs(s["flips"])) / abs(s["second"]) for s in shares),
        layers=[max(abs(np.subtract(*a.blocks["layers"])) for a in some) for some in both],
        largest=[
            max(
                abs(a.parts["without largest"].delivery - a.parts["without largest"].shortened)
                for a in some
            )
            for some in both
        ],
        triplets={
            loss: (
                max(abs(a.shares["triplets"]) for a in found),
                max(
                    abs(a.shares["triplets"] - a.shares["chance_triplets"])
                    / abs(a.shares["triplets"])
                    for a in found
                    if abs(a.shares["triplets"]) > 0.05
                ),
            )
            for loss, found in of_loss.items()
        },
        modes={
            name: _middle_and_most([c.participation for c in study.censuses.values()])
            for name, study in studies.items()
        },
        grid={
            loss: _ends([a.modes["participation"] for a in found])
            for loss, found in of_loss.items()
        },
        edges={loss: _ends([a.edge for a in found]) for loss, found in of_loss.items()},
        verdicts=sum((c.verdicts for c in many), Counter(c.account.verdict for c in chosen)),
        diverge={
            loss: (sum(a.radius < 1 for a in found), len(found)) for loss, found in of_loss.items()
        },
    )


def _ends(values):
    return float(np.min(values)), float(np.max(values))


def _middle_and_most(values):
    values = np.concatenate(values)
    return float(np.median(values)), float(np.max(values))


def reading(studies, cells):
    """Paragraphs of the page."""
    c = claims(studies, cells)
    first, quadratic, entropy = studies.values()
    parts = {name: study.accounts["catapult", "start"].parts for name, study in studies.items()}
    one, two, three = (parts[study.problem.name] for study in (first, quadratic, entropy))
    total = sum(c.verdicts.values())
    modes = [c.modes[study.problem.name] for study in (first, quadratic, entropy)]
    sizes = [study.problem.potential.size for study in (first, quadratic)]
    losses = list(c.grid)
    paragraphs = [
        f"""
**In the coordinates in which it was made, the claim holds.** Moved one at a time the parameters of
the broken steps in the first two tables deliver {_span(c.alone)} % of what was promised; moved
together, less than half of it or a rise. Pairs of different parameters are {_span(c.pairs)} % of
the second order.""",
        f"""
**But it is a claim about coordinates.** In an orthonormal basis drawn at random pairs are as large
or larger: of {c.steps} broken steps looked at (at most 200 of a run) none has pairs of parameters
that exceed those of a random basis by more than {100 * c.excess:.1f} % of the second order, and
most have fewer. Parameters act by themselves *more* than chance would have it. Interference beyond
chance is the verdict on {c.verdicts["interference beyond chance"]} of {total}. Blocks say the same:
the self terms of layers are those of a Hessian of rank one, dL⊗dL, to within
{100 * c.layers[0]:.0f} % of the second
order in the runs, {100 * c.layers[1]:.0f} % in the grid. What matters is the direction of δ, which
random signs destroy: they leave at most {100 * c.signs:.0f} % of the second order.""",
        f"""
**What no choice of coordinates changes is how few directions it takes.** In eigendirections of the
Hessian there are no pairs, and one change is bad by itself. On T₆ the second order of a broken step
has {modes[0][0]:.1f} modes in the median (at most {modes[0][1]:.1f}) of {sizes[0]}; on the digits
{modes[1][0]:.1f} (at most {modes[1][1]:.1f}) with quadratic loss and {modes[2][0]:.1f} (at most
{modes[2][1]:.1f}) with cross-entropy, of {sizes[1]}. On the first step past the edge the top
direction alone promises {100 * one["top"].promise_left:.0f},
{100 * two["top"].promise_left:.0f} and {100 * three["top"].promise_left:.0f} % of the whole, and
alone it goes uphill by
{-100 * one["top"].delivery:.0f}, {-100 * two["top"].delivery:.0f} and
{-100 * three["top"].delivery:.0f} % of what it promises. At the critical step from the start there
are {_range(c.grid[losses[0]])} modes with quadratic loss, {_range(c.grid[losses[-1]])} with
cross-entropy, over all widths and depths and up to {max(cell.account.size for cell in cells)}
parameters: the critical step is {_range(c.edges[losses[0]])} edges long with the one and
{_range(c.edges[losses[-1]])} with the other, so that more modes are past an edge of their
own.""",
        f"""
**Triplets** are what a random basis gives, too, to {100 * c.triplets[losses[0]][1]:.0f} % and
{100 * c.triplets[losses[-1]][1]:.0f} % of themselves at most. With quadratic loss they are at most
{100 * c.triplets[losses[0]][0]:.0f} % of the promise. With cross-entropy they reach
{c.triplets[losses[-1]][0]:.2g} promises at the critical step, but Taylor's series does not converge
there, in {c.diverge[losses[-1]][0]} of {c.diverge[losses[-1]][1]} networks: what was delivered is
not told by D² and D³.""",
        f"""
**What an intervention does not show.** Without its top direction the first step past the edge keeps
{100 * one["without top"].promise_left:.0f}, {100 * two["without top"].promise_left:.0f} and
{100 * three["without top"].promise_left:.0f} % of its promise and delivers
{100 * one["without top"].delivery:.0f}, {100 * two["without top"].delivery:.0f} and
{100 * three["without top"].delivery:.0f} % of that. But the whole step, shortened to the same
promise, delivers {100 * one["without top"].shortened:.0f},
{100 * two["without top"].shortened:.0f} and {100 * three["without top"].shortened:.0f} %: on T₆
there is hardly another direction to tell apart, on the digits with quadratic loss the next
direction bends nearly as much, and only with cross-entropy was the top direction what spoilt the
rest. Without the largest 1 % of its components a step
delivers what it does when shortened, to within {100 * c.largest[0]:.0f} % of the promise left in
the runs, {100 * c.largest[1]:.0f} % in the grid.""",
    ]
    return "\n\n".join(fill(" ".join(text.split()), 98) for text in paragraphs)


def _span(ends):
    return f"{100 * ends[0]:.0f} to {100 * ends[1]:.0f}"


def _range(ends):
    return f"{ends[0]:.1f} to {ends[1]:.1f}"
