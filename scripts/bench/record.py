"""`bench record`: what it costs to keep every step, in memory and in a file."""

import os
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median

from turns import PAUSE, in_turns, median_ratio

import flownet as fn

_PIECE = 1 << 20  # bytes that are written at once


def recorders(dtype, steps, file, device="cpu"):
    """Functions that train on mini-batches of digits and keep less or more of the run.

    The last one only writes as many bytes: no run keeps its steps faster than the disk takes them.
    """
    net = fn.Network([64, 32, 10], activation="tanh", dtype=dtype)
    train = partial(
        fn.train,
        fn.Potential(net, fn.CrossEntropy(), fn.data.load("digits")),
        fn.Aristotle(step=0.1),
        W0=net.init(seed=0),
        steps=steps,
        batch_size=64,
        progress=False,
        device=device,
    )
    return {
        "losses alone": partial(train, record_every=steps),
        "every step, memory": partial(train, record_every=1),
        "every step, file": partial(train, record_every=1, store=file),
        "the disk alone": partial(_written, file, (steps + 1) * net.size * net.dtype.itemsize),
    }


def _written(file, size):
    """Write so many bytes, and wait until they are on the disk."""
    piece = os.urandom(_PIECE)
    with open(file, "wb", buffering=0) as out:
        for begin in range(0, size, _PIECE):
            out.write(piece[: size - begin])
        os.fsync(out.fileno())


def bench_record(options):
    """Every step's parameters kept, in a file and in memory, against the losses alone."""
    n, sizes = 20000, []
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        file = Path(folder, "run.h5")

        def clean():  # giving a large file's blocks back takes time that no run should pay
            if file.exists():
                sizes.append(file.stat().st_size)
                file.unlink()
            time.sleep(PAUSE)

        contestants = recorders(options.dtype, n, file)
        in_turns(contestants, 1, clean)
        taken = in_turns(contestants, options.rounds, clean)
    alone, megabytes = taken["losses alone"], sizes[0] / 1e6
    rows = [
        {"name": name, "seconds": times, "ratio": median_ratio(times, alone)}
        for name, times in taken.items()
    ]
    print(f"{n} steps, 64-32-10, batches of 64, {options.dtype}; median of {options.rounds} rounds")
    for row in rows:
        middle = median(row["seconds"])
        print(
            f"{row['name']:<20}{middle:>8.3f} s{1e6 * middle / n:>8.1f} µs a step"
            f"{row['ratio']:>8.2f} of losses alone"
        )
    print(
        f"file: {megabytes:.0f} MB, {megabytes / median(taken['every step, file']):.0f} MB/s; "
        "its target: at most 1.25 of losses alone"
    )
    rows[-2].update(megabytes=megabytes, target=1.25)
    return rows
