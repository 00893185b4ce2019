"""`bench custom`: a step on a double well that a user wrote, beside the library's own.

Compiled functions run within the compiled loop. One that writes dL where it is told allocates
nothing; of one that returns a new dL an allocation remains, which shows where D is small.
"""

from functools import partial
from statistics import median

import numpy as np
from numba import njit
from turns import doubt, median_ratio, microseconds, steps_for_each

import flownet as fn

SIZES = (1, 2, 10, 100, 1000, 100_000)


def returns(W):
    """(1/8)Σ(W² − 1)² and a new dL."""
    total, dL = 0.0, np.empty_like(W)
    for i in range(W.size):
        square = W[i] * W[i] - W.dtype.type(1)
        total += square * square
        dL[i] = W.dtype.type(0.5) * W[i] * square
    return total / 8, dL


def writes(W, dL):
    """The same, with dL written where it is wanted."""
    total = 0.0
    for i in range(W.size):
        square = W[i] * W[i] - W.dtype.type(1)
        total += square * square
        dL[i] = W.dtype.type(0.5) * W[i] * square
    return total / 8


def plain(W):
    """The same in NumPy."""
    square = W * W - 1
    return square @ square / 8, W * square / 2


def potentials(size):
    """The library's double well and a user's, by name."""
    own = {"njit, writes dL": njit(writes), "njit, new dL": njit(returns), "Python": plain}
    return {
        "DoubleWell": fn.DoubleWell(size),
        **{name: fn.CustomPotential(size, function) for name, function in own.items()},
    }


def time_size(size, options):
    """One row for each potential: microseconds a step, and the ratio to the library's own."""
    W0 = np.linspace(0.1, 0.5, size).astype(options.dtype)

    def run(potential, steps):
        fn.train(
            potential, fn.Aristotle(1e-3), W0=W0, steps=steps, record_every=steps, progress=False
        )

    runs = {name: partial(run, potential) for name, potential in potentials(size).items()}
    taken = microseconds(runs, steps_for_each(runs, options.seconds), options.rounds)
    doubt(taken)
    return [
        {
            "size": size,
            "potential": name,
            "microseconds": times,
            "ratio": median_ratio(times, taken["DoubleWell"]),
        }
        for name, times in taken.items()
    ]


def bench_custom(options):
    """A step on a double well of a user's functions, beside the library's own."""
    print(
        f"µs a step, {options.dtype}, gradient descent; median of {options.rounds} rounds in "
        f"turns\n{'D':>7}  {'double well':<17}{'µs a step':>11}{'ratio':>9}"
    )
    rows = []
    for size in SIZES:
        for row in time_size(size, options):
            print(
                f"{size:>7}  {row['potential']:<17}{median(row['microseconds']):>11.4g}"
                f"{row['ratio']:>9.2f}",
                flush=True,
            )
            rows.append(row)
    print("ratio: to the library's DoubleWell")
    return rows
