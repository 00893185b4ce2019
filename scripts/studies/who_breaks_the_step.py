"""Who breaks the step? What the second and third order of a finite step are made of.

TM §3.6 (J. Thierry-Mieg, arXiv:1811.00576): changes which are each good by themselves interfere,
as pairs in D²/2 and as triplets in D³/6, and break the step. Here the steps of gradient descent on
the full batch are taken apart: a tanh network on a Chebyshev polynomial, one on the digits with
both losses, and networks on the digits over width and depth. Writes a figure and a page of tables.

    python scripts/studies/who_breaks_the_step.py            into scripts/studies/, minutes
    python scripts/studies/who_breaks_the_step.py --quick -o FOLDER
"""

from collections import Counter, namedtuple

import numpy as np
from command import write_page
from who_breaks_account import account
from who_breaks_figure import draw
from who_breaks_page import page

import flownet as fn

#: steps in units of the edge 2/λ_max(W0); from 2/λ to 4/λ two layers are catapulted (2003.02218)
STEPS = {"safe": 1 / 8, "edge": 1.0, "catapult": 1.5}
BROKEN = 0.5  # of the promise: a step that delivers less is broken
MOST_BROKEN = 200, 20  # steps of a run in a census, in a quick one

#: a potential, its parameters at the start, moments {run: names of moments}, steps of a run
Problem = namedtuple("Problem", "name short potential W moments steps")

#: 2/λ_max(W0), accounts {(run, moment): Account}, censuses {run: Census}, runs {run: Trajectory},
#: the breakdown of the first step of the catapult
Study = namedtuple("Study", "problem edge accounts censuses runs breakdown")

#: the broken steps of a run: how many of how many, of those looked at the share of the second order
#: that the top eigendirection carries, participation, pairs and pairs of a random basis as shares
#: of the second order, verdicts
Census = namedtuple("Census", "broken steps uphill top_share participation pairs chance verdicts")

#: a network of the grid, at the critical step from its start
Cell = namedtuple("Cell", "loss width hidden account")

CHEBYSHEV = {
    "safe": ["start"],
    "edge": ["start", "quiet", "worst"],
    "catapult": ["start", "second", "worst"],
}
DIGITS = {
    "quadratic": {"edge": ["start"], "catapult": ["start", "worst"]},
    "cross-entropy": {"edge": ["start", "worst"], "catapult": ["start", "worst"]},
}
LOSSES = {"quadratic": fn.Quadratic, "cross-entropy": fn.CrossEntropy}
SHORT = {"quadratic": "quadr.", "cross-entropy": "entr."}


def chebyshev(steps=1500):
    """1-30-20-1 tanh on T₆ at 20 equidistant points, quadratic loss: 701 parameters."""
    x = np.linspace(-1, 1, 20)[:, None]
    data = fn.Dataset(x, np.polynomial.chebyshev.Chebyshev.basis(6)(x))
    potential = fn.Potential(fn.Network([1, 30, 20, 1], "tanh"), fn.Quadratic(), data)
    return Problem(
        "1-30-20-1 on T₆", "T₆", potential, potential.network.init(seed=0), CHEBYSHEV, steps
    )


def digits(loss, hidden=(16,), steps=300):
    """A tanh network on 300 digits; 64-16-10 has 1210 parameters."""
    network = fn.Network([64, *hidden, 10], "tanh")
    potential = fn.Potential(network, LOSSES[loss](), fn.data.load("digits", limit=300))
    return Problem(
        f"{'-'.join(map(str, network.sizes))}, {loss}",
        SHORT[loss],
        potential,
        network.init(seed=0),
        DIGITS[loss],
        steps,
    )


def promises(run):
    """First orders (N,) of a run of gradient descent: −‖δ‖²/step."""
    return -np.sum(np.diff(run.parameters, axis=0) ** 2, axis=1) / run.step


def moment(name, run):
    """Iteration of a moment: the worst is the later step that delivers least per promise."""
    if name == "worst":
        return 1 + int(np.argmin((np.diff(run.loss) / promises(run))[1:]))
    return {"start": 0, "second": 1, "quiet": min(100, len(run.step) - 1)}[name]


def study(problem, quick=False):
    """`Study` of a problem: its runs, the accounts of their moments, their broken steps."""
    potential, W = problem.potential, problem.W
    edge = 2 / fn.sharpness(potential, W)
    runs = {
        name: fn.train(
            potential, fn.Aristotle(STEPS[name] * edge), W0=W, progress=False, steps=problem.steps
        )
        for name in problem.moments
    }
    accounts = {}
    for name, moments in problem.moments.items():
        for when in moments:
            b = fn.breakdown(runs[name], at=moment(when, runs[name]))
            accounts[name, when] = account(b, fn.sharpness(potential, b.taken.W))
    return Study(
        problem,
        edge,
        accounts,
        {name: census(run, MOST_BROKEN[quick]) for name, run in runs.items()},
        runs,
        fn.breakdown(runs["catapult"], at=0),
    )


def census(run, most):
    """`Census` of the broken steps of a run, at most so many."""
    delivery = np.diff(run.loss) / promises(run)
    broken = np.flatnonzero(delivery < BROKEN)
    chosen = broken[:: -(-len(broken) // most) or 1]
    rows, verdicts = [], Counter()
    for k in chosen.tolist():
        b = fn.breakdown(run, at=k)
        modes, parameters = b.split("eigen"), b.split("parameters")
        rows.append(
            (
                modes.top_share,
                modes.participation,
                parameters.second_pairs / b.second,
                parameters.rotations.second_pairs / b.second,
            )
        )
        verdicts[b.verdict.words] += 1
    return Census(
        len(broken),
        len(delivery),
        int(np.sum(delivery < 0)),
        *np.reshape(rows, (-1, 4)).T,
        verdicts,
    )


def cell(loss, width, hidden):
    """`Cell` of the grid: the first step, as long as the critical step."""
    problem = digits(loss, [width] * hidden)
    potential, W = problem.potential, problem.W
    _, dL = potential.differential(W)
    _, first, second = potential.jet(W, -dL, 2)
    b = fn.breakdown(potential, W, abs(first / second))
    return Cell(loss, width, hidden, account(b, fn.sharpness(potential, W), full=False))


def results(quick=False):
    """Studies {name: Study} and the cells of the grid."""
    problems = [
        chebyshev(260 if quick else 1500),
        *(digits(loss, steps=30 if quick else 300) for loss in LOSSES),
    ]
    widths, depths = ((8,), (1, 2)) if quick else ((8, 16, 32, 64, 128, 256), (1, 2, 4, 6))
    return (
        {problem.name: study(problem, quick) for problem in problems},
        [cell(loss, width, hidden) for loss in LOSSES for hidden in depths for width in widths],
    )


def main(arguments=None):
    """Measure, draw, write."""
    return write_page(__file__, __doc__, results, draw, page, arguments)


if __name__ == "__main__":
    main()
