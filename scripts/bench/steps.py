"""`bench steps`: a full step of six networks against PyTorch, JAX and the products alone."""

from collections import namedtuple
from statistics import median

import numpy as np
from cases import AGREEMENT, judge, made, make_case, wanted
from neighbours import busy_processor, two_beside_one
from peers import FLOOR, FLOWNET, PEERS
from turns import doubt, few_of, median_ratio, microseconds, quickest, steps_for_each

#: a network, the number of its samples, its loss
Problem = namedtuple("Problem", "name sizes batch loss")

PROBLEMS = [
    Problem("2-8-1", (2, 8, 1), 4, "quadratic"),
    Problem("2-16-16-1", (2, 16, 16, 1), 32, "quadratic"),
    Problem("digits", (64, 32, 10), 64, "cross-entropy"),
    Problem("mnist", (784, 128, 10), 64, "cross-entropy"),
    Problem("512", (784, 512, 512, 10), 256, "cross-entropy"),
    Problem("1024", (784, 1024, 1024, 10), 1024, "cross-entropy"),
]

#: the ratios to the best peer that they are held to, by precision and mechanics
TARGETS = {
    ("float32", "sgd"): (8, 4, 1.4, 1.15, 1.03, 0.95),
    ("float32", "adam"): (6, 4, 1.3, 1.05, 1.0, 0.95),
    ("float64", "sgd"): (None, 2.5, 1.3, 1.2, 0.95, None),
}


def agree(problem, case, contestants, tolerance):
    """Refuse to compare contestants that do different work."""
    before = judge(case, case.layers)
    losses = [judge(case, run(20)) for run in contestants.values()]
    if not all(abs(loss - losses[0]) <= tolerance * abs(losses[0]) for loss in losses):
        raise SystemExit(
            f"{problem.name}: losses after 20 steps differ: {dict(zip(contestants, losses))}"
        )
    if not losses[0] < 0.999 * before:
        raise SystemExit(f"{problem.name}: no descent from {before}: agreement says nothing")


def stay_finite(problem, case, contestants, steps):
    """Refuse to time a run that diverges: it stops early, and would look quick."""
    for name, run in contestants.items():
        if not np.isfinite(judge(case, run(steps[name]))):
            raise SystemExit(f"{problem.name}: {name} diverged")


def target_of(problem, options):
    """The ratio that a problem is held to, or None."""
    targets = TARGETS.get((options.dtype, options.mechanics), ())
    return dict(zip((p.name for p in PROBLEMS), targets)).get(problem.name)


def time_problem(problem, options):
    """One row: microseconds a step of every column in every round, and the ratios."""
    case = make_case(problem.sizes, problem.batch, problem.loss, options.dtype)
    words = (case, options.mechanics)
    contestants = made(FLOWNET | PEERS, *words)
    agree(problem, case, contestants, AGREEMENT[options.dtype])
    everybody = contestants | made(FLOOR, *words)
    n = steps_for_each(everybody, options.seconds)
    stay_finite(problem, case, contestants, {name: few_of(n[name]) + n[name] for name in n})
    micros = quickest(microseconds(everybody, n, options.rounds))
    best = min(PEERS.keys() & micros.keys(), key=lambda name: median(micros[name]), default=None)
    quicker = min(("1 thread", "all"), key=lambda name: median(micros[name]))
    return {
        "name": problem.name,
        "batch": problem.batch,
        "microseconds": micros,
        "best": best,
        "ratio": best and median_ratio(micros[best], micros["flownet"]),
        "target": target_of(problem, options),
        "choice": median_ratio(micros[quicker], micros["flownet"]),
        "two beside one": two_beside_one(options.dtype),
    }


def bench_steps(options):
    """Microseconds a full step against peers and against its matrix products alone."""
    with busy_processor(options.busy):
        return _bench(options)


def _bench(options):
    columns = [*FLOWNET, *PEERS, *FLOOR]
    neighbour = ", one processor kept busy by another process" if options.busy else ""
    print(
        f"µs a step, {options.dtype}, {options.mechanics}, tanh, full batch{neighbour}; median of "
        f"{options.rounds} rounds in turns\nNumPy's product of 1024² on two threads: "
        f"{two_beside_one(options.dtype):.2f} times as quick as on one\n{'network':<10}{'batch':>6}"
        + "".join(f"{name:>14}" for name in columns)
        + f"{'ratio':>7}{'target':>7}{'choice':>8}{'2/1':>6}"
    )
    rows = []
    for problem in wanted(PROBLEMS, options):
        rows.append(time_problem(problem, options))
        print(_line(rows[-1], columns), flush=True)
    print(
        "flownet: on as many threads as it chooses; floor: the matrix products alone; ratio: best\n"
        "peer / flownet, above 1: flownet is ahead; choice: the quicker of one and all threads /\n"
        "flownet; 2/1: how much quicker two threads of NumPy multiply than one at the time"
    )
    doubt({row["name"]: row["microseconds"]["flownet"] for row in rows})
    return rows


def _line(row, columns):
    cells = [
        f"{median(row['microseconds'][name]):.4g}"
        if name in row["microseconds"]
        else "not installed"
        for name in columns
    ]
    ratio = f"{row['ratio']:.2f}" if row["ratio"] else "–"
    return (
        f"{row['name']:<10}{row['batch']:>6}"
        + "".join(f"{cell:>14}" for cell in cells)
        + f"{ratio:>7}{row['target'] or '–':>7}{row['choice']:>8.2f}{row['two beside one']:>6.2f}"
    )
