"""`bench equilibrium`: a step of a physical system beside public programs, and by hand.

The same relaxation, batch, precision, order and number of sweeps in all. Public programs are no
part of this repository: `--programs FOLDER` says where clones of them are, under their own names.
"""

from collections import namedtuple
from functools import partial
from importlib.util import find_spec
from statistics import median

import numpy as np
from by_hand import hopfield, resistive
from programs import PROGRAMS
from turns import doubt, median_ratio, microseconds, quickest, steps_for_each

import flownet as fn
from flownet.kernels.cpu import always

#: what a contestant needs: the problem, the potential of a batch, and W0
Batch = namedtuple("Batch", "problem potential W0")

#: a system and how it learns; the ratio to its public program and the one to a hand's that it is
#: held to
Problem = namedtuple(
    "Problem", "name system sizes batch sweeps nudged_sweeps nudge order step program least"
)

_GAIN = 100.0  # of the inputs of resistors
PROBLEMS = [
    Problem(
        "64-32-10", "sigmoid4", (64, 32, 10), 20, 30, 15, 0.2, "at-once", 0.1, None, None,
    ),
    Problem(
        "784-256-10", "hard-sigmoid", (784, 256, 10), 16, 15, 15, 0.2, "odd-even", 0.05, None, None,
    ),
    Problem(
        "784-512-10", "sigmoid4", (784, 512, 10), 20, 40, 15, 0.1, "at-once", 0.05,
        "Laborieux", 30,
    ),
    Problem(
        "784-512-512-10", "sigmoid4", (784, 512, 512, 10), 20, 100, 20, 0.1, "at-once", 0.05,
        "Laborieux", 3,
    ),
    Problem(
        "DHN-1H", "hard-sigmoid", (784, 1024, 10), 16, 15, 15, 0.2, "odd-even", 0.05, "rain", 20,
    ),
    Problem("DRN-XS", "resistive", (784, 100, 10), 4, 4, 4, 1.0, "odd-even", 6e-4, "rain", 10),
]  # fmt: skip
BY_HAND = 1.5  # times a relaxation by hand, up to layers of 256 units; beyond 0.95
_TOLERANCE = 2e-3  # of losses after some steps: some relax under a force, some to an exact minimum


def batch_of(problem):
    """Inputs in [0, 1], truth, and parameters of the usual size."""
    random = np.random.default_rng(0)
    x = random.random((problem.batch, problem.sizes[0])).astype(np.float32)
    y = np.eye(10, dtype=np.float32)[random.integers(10, size=problem.batch)]
    if problem.system == "resistive":
        system = fn.Resistive(problem.sizes, gain=_GAIN, dtype="float32")
    else:
        system = fn.Hopfield(problem.sizes, problem.system, dtype="float32")
    potential = fn.Equilibrium(
        system, fn.Quadratic(), fn.Dataset(x, y), nudge=problem.nudge, order=problem.order,
        sweeps=problem.sweeps, nudged_sweeps=problem.nudged_sweeps, fixed=True,
    )  # fmt: skip
    W0 = np.zeros(system.size, np.float32)
    for part in system.network.parts(W0):
        bound = 0.7 / np.sqrt(part.weights.shape[1])
        part.weights[:] = random.uniform(-bound, bound, part.weights.shape)
    system.project(W0)
    return Batch(problem, potential, W0)


def flownet(batch, threads=None):
    """`train`, in memory, with all losses recorded."""
    mechanics = fn.Aristotle(batch.problem.step)

    def train(n):
        words = {"steps": n, "record_every": n, "progress": False}
        return fn.train(batch.potential, mechanics, W0=batch.W0, **words).parameters[-1]

    def train_on(n):
        with always(threads):
            return train(n)

    return train_on if threads else train


def by_hand(batch, package, threads=None):
    """The same relaxation as one writes it, with what the inputs drive multiplied once a batch."""
    write = resistive if batch.problem.system == "resistive" else hopfield
    return write(batch, package, threads)


CONTESTANTS = {
    "flownet": [(flownet, "numpy")],
    "NumPy": [
        (partial(by_hand, package="numpy"), "numpy"),
        (partial(by_hand, package="numpy", threads=1), "threadpoolctl"),
    ],
    "PyTorch": [
        (partial(by_hand, package="torch"), "torch"),
        (partial(by_hand, package="torch", threads=1), "torch"),
    ],
}


def contestants_of(batch, options):
    """Contestants {(column, way): run} whose package or program is there."""
    made = {
        (name, way): make(batch)
        for name, ways in CONTESTANTS.items()
        for way, (make, package) in enumerate(ways)
        if find_spec(package)
    }
    program = batch.problem.program
    if program and options.programs:
        for threads in (None, 1):
            run = PROGRAMS[program](batch, options.programs, threads)
            if run is not None:
                made["program", threads] = run
    return made


def agree(batch, contestants):
    """Refuse to compare contestants that come to other losses."""
    potential = batch.potential.changed(sweeps=2000, fixed=False)
    before, found = potential.value(batch.W0), {}
    for (name, _), run in contestants.items():
        found.setdefault(name, potential.value(run(20)))
    losses = [loss for name, loss in found.items() if name != "program"]
    if not all(abs(loss - losses[0]) <= _TOLERANCE * before for loss in losses):
        raise SystemExit(f"{batch.problem.name}: losses after 20 steps differ: {found}")
    if not losses[0] < 0.99 * before:
        raise SystemExit(f"{batch.problem.name}: no descent from {before}: {found}")


def time_problem(problem, options):
    """Microseconds a step of every column in every round, and the ratios."""
    batch = batch_of(problem)
    contestants = contestants_of(batch, options)
    agree(batch, contestants)
    n = steps_for_each(contestants, options.seconds, least=3)
    micros = quickest(microseconds(contestants, n, options.rounds))
    ours = micros["flownet"]
    hands = [name for name in ("NumPy", "PyTorch") if name in micros]
    best = min(hands, key=lambda name: median(micros[name]))
    return {
        "name": problem.name,
        "batch": problem.batch,
        "microseconds": micros,
        "by hand": median_ratio(micros[best], ours),
        "least by hand": BY_HAND if max(problem.sizes[1:]) <= 256 else 0.95,
        "program": median_ratio(micros["program"], ours) if "program" in micros else None,
        "least": problem.least,
    }


def bench_equilibrium(options):
    """A step of physical systems against relaxations by hand and against public programs."""
    columns = ["flownet", "NumPy", "PyTorch", "program"]
    print(
        f"µs a step, float32, symmetric nudges, fixed sweeps; median of {options.rounds} rounds in "
        f"turns\n{'system':<16}{'batch':>6}"
        + "".join(f"{name:>11}" for name in columns)
        + f"{'by hand':>9}{'least':>7}{'program':>9}{'least':>7}"
    )
    rows = []
    for problem in PROBLEMS:
        rows.append(time_problem(problem, options))
        print(_line(rows[-1], columns), flush=True)
    print(
        "by hand, program: the quicker of NumPy and PyTorch, and the public program, over\n"
        "flownet; above 1: flownet is ahead. Programs run from clones in --programs FOLDER."
    )
    doubt({row["name"]: row["microseconds"]["flownet"] for row in rows})
    return rows


def _line(row, columns):
    micros = row["microseconds"]
    cells = [f"{median(micros[name]):.4g}" if name in micros else "–" for name in columns]
    program = f"{row['program']:.1f}" if row["program"] else "–"
    return (
        f"{row['name']:<16}{row['batch']:>6}"
        + "".join(f"{cell:>11}" for cell in cells)
        + f"{row['by hand']:>9.2f}{row['least by hand']:>7}{program:>9}{row['least'] or '–':>7}"
    )
