"""Two claims on inertia and adaptation, put to the test over seeds, on data held out.

TM (J. Thierry-Mieg, arXiv:1811.00576, §2.4) has it that inertia converges faster and more often
than Aristotle's mechanics, and that adaptive methods, RMSProp and Adam, generalise worse. Here six
mechanics are trained on four problems from the same starts, on the same samples and batches. Each
takes the best step of one grid, chosen on seeds and samples of their own; the test samples are seen
once, at the end. Writes a page of tables and a figure.

    python scripts/studies/two_claims.py            into scripts/studies/, minutes
    python scripts/studies/two_claims.py --quick -o FOLDER
"""

from collections import namedtuple
from functools import cache, partial

import numpy as np
from command import write_page
from two_claims_figure import draw
from two_claims_page import page

import flownet as fn
from flownet.data._made import spiral, teacher

SEEDS, TUNING = range(50), range(1000, 1016)  # reported, and of the choice of a step
GRID = 2.0 ** np.array([-6, -5, -4, -3, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2])  # times a centre
HIDDEN = 4  # of the teacher and of its student
NEARLY = 0.85  # of the tuning seeds that any step brings to the target

#: name, what it is, potentials of a seed on samples to learn, to stop by, to choose a step by and
#: to test, steps, batch, interval of the rows looked at, training loss to be reached
Problem = namedtuple("Problem", "name title make steps batch every target")

#: name, mechanics of a step, centre of the grid
Method = namedtuple("Method", "name mechanics centre")

#: first row at the target and the row of least loss on the samples to stop by: iteration (inf:
#: never), loss on those to choose by, test loss, test error; nan where it was not looked at
Row = namedtuple("Row", "iteration validation loss error")
Outcome = namedtuple("Outcome", "equal stopped")

#: steps chosen {"sure", "fast", "equal", "stopped": step}, which of them end the grid, and the
#: outcomes of each on the seeds reported {purpose: [Outcome]}
Result = namedtuple("Result", "steps ends outcomes")

NEVER = Row(np.inf, np.nan, np.nan, np.nan)


def momentum(beta):
    """Newton's mechanics of a learning rate."""
    return partial(fn.Newton.from_momentum, beta=beta)


METHODS = [
    Method("Aristotle", fn.Aristotle, 1.0),
    Method("Newton β=0.5", momentum(0.5), 0.5),
    Method("Newton β=0.9", momentum(0.9), 0.25),
    Method("Newton β=0.99", momentum(0.99), 0.03),
    Method("RMSProp", fn.RMSProp, 0.016),
    Method("Adam", fn.Adam, 0.064),
]


def potentials(network, loss, parts):
    """One potential for each part of the data."""
    return tuple(fn.Potential(network, loss, part) for part in parts)


def digits(seed):
    """300 digits to learn, to stop by and to choose by, the other 897 to test."""
    data = fn.data.load("digits")
    order = np.random.default_rng(seed).permutation(data.m)
    return potentials(
        fn.Network([64, 32, 10]),
        fn.CrossEntropy(),
        [data.take(rows) for rows in np.split(order, (300, 600, 900))],
    )


def spirals(seed):
    """Two blurred arms of 1¼ turns: 150, 300, 300 and 1000 points, drawn apart."""
    return potentials(
        fn.Network([2, 16, 16, 2]),
        fn.CrossEntropy(),
        [
            spiral(m=m, noise=0.05, turns=1.25, seed=4 * seed + i)
            for i, m in enumerate((150, 300, 300, 1000))
        ],
    )


def clouds(seed):
    """Four clouds about the corners of XOR, two hidden units: 40, 200, 200 and 1000 points."""
    parts = []
    for i, m in enumerate((40, 200, 200, 1000)):
        random = np.random.default_rng([seed, i])
        corner = random.integers(0, 2, (m, 2))
        x = 2.0 * corner - 1 + 0.3 * random.normal(size=(m, 2))
        parts.append(fn.Dataset(x, (corner[:, :1] != corner[:, 1:]).astype(float)))
    return potentials(fn.Network([2, 2, 1]), fn.Quadratic(), parts)


def lessons(seed):
    """60 answers of a teacher of four hidden units to a student of as many, and 1600 more."""
    words = dict(n_in=4, hidden=HIDDEN, seed=seed)
    asked = teacher(split="test", m=1600, **words)
    return potentials(
        fn.Network([4, HIDDEN, 1]),
        fn.Quadratic(),
        [teacher(m=60, **words)]
        + [asked.take(slice(*ends)) for ends in ((0, 300), (300, 600), (600, 1600))],
    )


PROBLEMS = [
    Problem("digits", "300 digits, 64-32-10, entropy, batches of 30", digits, 1500, 30, 5, 0.01),
    Problem("spiral", "150 points, 2-16-16-2, entropy, batches of 30", spirals, 3000, 30, 10, 0.03),
    Problem("clouds", "XOR of 40 points, 2-2-1, quadratic", clouds, 3000, None, 5, 0.01),
    Problem("teacher", "60 answers, 4-4-1, quadratic", lessons, 4000, None, 10, 1e-4),
]


@cache
def parts_of(make, seed):
    """Potentials of a seed; made once."""
    return make(seed)


def error(potential, W):
    """Share of samples in the wrong class; nan where there are no classes."""
    y, y_hat = potential.data.y, potential.network.forward(W, potential.data.x)
    if y.shape[1] > 1:
        return float(np.mean(y_hat.argmax(axis=1) != y.argmax(axis=1)))
    return float(np.mean((y_hat > 0.5) != y)) if np.isin(y, (0, 1)).all() else np.nan


def follow(problem, mechanics, seed, tested=True):
    """`Outcome` of one run; the test samples are looked at where `tested`, in two rows at most."""
    train, stop, choice, test = parts_of(problem.make, seed)
    run = fn.train(
        train,
        mechanics,
        steps=problem.steps,
        seed=seed,
        batch_size=problem.batch,
        record_every=problem.every,
    )
    rows = run.parameters[:]

    def row(k):
        seen = (test.value(rows[k]), error(test, rows[k])) if tested else (np.nan, np.nan)
        return Row(int(run.iteration[k]), choice.value(rows[k]), *seen)

    reached = next((k for k, W in enumerate(rows) if train.value(W) <= problem.target), None)
    return Outcome(
        NEVER if reached is None else row(reached),
        row(int(np.argmin([stop.value(W) for W in rows]))),
    )


def choose(outcomes):
    """Index of the best step for each purpose, from outcomes [[of each tuning seed] of each step].

    *sure*: most seeds reach the target, then the soonest; *fast*: of the steps that bring nearly as
    many there as any, the soonest; *equal*: of these the least validation loss there; *stopped*:
    the least of all where the run is stopped.
    """
    reached = np.array([[np.isfinite(o.equal.iteration) for o in seeds] for seeds in outcomes])
    count = reached.sum(axis=1)
    enough = count >= NEARLY * count.max()
    with np.errstate(invalid="ignore"):
        when = [
            np.mean(
                [np.log(max(o.equal.iteration, 1)) for o in seeds if np.isfinite(o.equal.iteration)]
                or [np.inf]
            )
            for seeds in outcomes
        ]
        held = [
            np.mean(
                [np.log(o.equal.validation) for o in seeds if np.isfinite(o.equal.iteration)]
                or [np.inf]
            )
            for seeds in outcomes
        ]
    least = [np.mean([np.log(o.stopped.validation) for o in seeds]) for seeds in outcomes]
    return {
        "sure": int(np.lexsort((when, -count))[0]),
        "fast": int(np.argmin(np.where(enough, when, np.inf))),
        "equal": int(np.argmin(np.where(enough, held, np.inf))),
        "stopped": int(np.argmin(least)),
    }


def result(problem, method, seeds=SEEDS, tuning=TUNING, grid=GRID):
    """`Result` of a method on a problem."""
    steps = method.centre * np.asarray(grid)
    best = choose(
        [
            [follow(problem, method.mechanics(float(step)), seed, tested=False) for seed in tuning]
            for step in steps
        ]
    )
    found = {
        i: [follow(problem, method.mechanics(float(steps[i])), seed) for seed in seeds]
        for i in set(best.values())
    }
    return Result(
        {purpose: float(steps[i]) for purpose, i in best.items()},
        {purpose: i in (0, len(steps) - 1) for purpose, i in best.items()},
        {purpose: found[i] for purpose, i in best.items()},
    )


def results(quick=False):
    """Results {problem: {method: Result}}, and the problems."""
    problems, words = PROBLEMS, {}
    if quick:
        problems = [p._replace(steps=p.steps // 10, target=20 * p.target) for p in PROBLEMS[::2]]
        words = dict(seeds=SEEDS[:3], tuning=TUNING[:1], grid=GRID[[5, 7]])
    return {
        p.name: {method.name: result(p, method, **words) for method in METHODS} for p in problems
    }, problems


def main(arguments=None):
    """Measure, draw, write."""
    return write_page(__file__, __doc__, results, draw, page, arguments)


if __name__ == "__main__":
    main()
