"""`bench steps`: a full step of six networks against PyTorch, JAX and the products alone."""

from collections import namedtuple
from statistics import median

import numpy as np
from cases import AGREEMENT, judge, made, make_case, wanted
from peers import FLOOR, FLOWNET, PEERS
from turns import doubt, median_ratio, microseconds, quickest, steps_for_each

#: a network, the number of its samples, its loss, and the ratio to the best peer that it is held to
Problem = namedtuple("Problem", "name sizes batch loss target")

PROBLEMS = [
    Problem("2-8-1", (2, 8, 1), 4, "quadratic", 5.0),
    Problem("2-16-16-1", (2, 16, 16, 1), 32, "quadratic", 2.0),
    Problem("digits", (64, 32, 10), 64, "cross-entropy", 1.0),
    Problem("mnist", (784, 128, 10), 64, "cross-entropy", 0.8),
    Problem("512", (784, 512, 512, 10), 256, "cross-entropy", 0.9),
    Problem("1024", (784, 1024, 1024, 10), 1024, "cross-entropy", 0.9),
]


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


def time_problem(problem, options):
    """One row: microseconds a step of every column in every round, and the ratio."""
    case = make_case(problem.sizes, problem.batch, problem.loss, options.dtype)
    contestants = made(FLOWNET | PEERS, case)
    agree(problem, case, contestants, AGREEMENT[options.dtype])
    everybody = contestants | made(FLOOR, case)
    n = steps_for_each(everybody, options.seconds)
    stay_finite(problem, case, contestants, n)
    micros = quickest(microseconds(everybody, n, options.rounds))
    best = min(PEERS.keys() & micros.keys(), key=lambda name: median(micros[name]), default=None)
    return {
        "name": problem.name,
        "batch": problem.batch,
        "microseconds": micros,
        "best": best,
        "ratio": best and median_ratio(micros[best], micros["flownet"]),
        "target": problem.target,
    }


def bench_steps(options):
    """Microseconds a full step against peers and against its matrix products alone."""
    columns = [*FLOWNET, *PEERS, *FLOOR]
    print(
        f"µs a step, {options.dtype}, tanh, full batch; median of {options.rounds} rounds in "
        f"turns\n{'network':<10}{'batch':>6}"
        + "".join(f"{name:>14}" for name in columns)
        + f"{'ratio':>7}{'target':>7}"
    )
    rows = []
    for problem in wanted(PROBLEMS, options):
        rows.append(time_problem(problem, options))
        print(_line(rows[-1], columns), flush=True)
    print("floor: the matrix products alone; ratio: best peer / flownet, above 1: flownet is ahead")
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
        + f"{ratio:>7}{row['target']:>7}"
    )
