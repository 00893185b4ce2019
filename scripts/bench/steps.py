"""`bench steps`: a full step of six networks against PyTorch, JAX and the products alone."""

from functools import partial
from statistics import median

import numpy as np
from peers import FLOOR, FLOWNET, PEERS, PROBLEMS, judge, made, make_case
from turns import in_turns, median_ratio, steps_for

AGREEMENT = {"float32": 1e-4, "float64": 1e-10}  # of the losses after 20 steps
UNSTEADY = 1.5  # slowest over quickest round, from which a row is doubtful


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
    case = make_case(problem, options.dtype)
    contestants = made(FLOWNET | PEERS, case)
    agree(problem, case, contestants, AGREEMENT[options.dtype])
    floor = made(FLOOR, case)
    n = {name: steps_for(run, options.seconds) for name, run in (contestants | floor).items()}
    stay_finite(problem, case, contestants, n)
    taken = in_turns(
        {name: partial(run, n[name]) for name, run in (contestants | floor).items()}, options.rounds
    )
    micros = {}  # of a column's ways the quicker one
    for name in sorted(taken, key=lambda name: -median(taken[name]) / n[name]):
        micros[name[0]] = [1e6 * t / n[name] for t in taken[name]]
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
    for problem in PROBLEMS:
        if not options.only or problem.name in options.only:
            rows.append(time_problem(problem, options))
            print(_line(rows[-1], columns), flush=True)
    print("floor: the matrix products alone; ratio: best peer / flownet, above 1: flownet is ahead")
    ours = {row["name"]: row["microseconds"]["flownet"] for row in rows}
    unsteady = [name for name, times in ours.items() if max(times) > UNSTEADY * min(times)]
    if unsteady:
        print(f"unsteady, do other programs run? {', '.join(unsteady)}")
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
