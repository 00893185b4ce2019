"""`bench record`: what it costs to keep every step, in memory and in a file."""

import os
import tempfile
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from unittest.mock import patch

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from turns import PAUSE, in_turns, median_ratio

import flownet as fn
from flownet.kernels.device import kernels_of

_PIECE = 1 << 20  # bytes that are written at once, and that come back at once from a device
_BLOCK = 1 << 23  # bytes of rows that a file takes at once from a device
_LAUNCH = 3e-4  # seconds of a call in which a device does not compute


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


@contextmanager
def pretended(seconds):
    """Context in which a step takes so long and no processor, as if a device took it.

    It trains nothing: the host waits, and copies rows as they come back, all but the last ones
    while later steps are under way. What is left is what a run and its file cost the host.
    """
    numbers = np.random.default_rng(0).normal(size=_PIECE // 4).astype(np.float32)

    def advance(problem, rule, tape, W, memory, dL, now, first, count, done, threads):
        kept = tape.parameters[: len(range(-first % tape.every, count, tape.every))]
        pieces = max(1, round(kept.nbytes / _PIECE))
        began = time.perf_counter() + _LAUNCH
        at = slice(-first % tape.every, count, tape.every)
        tape.loss[:count], tape.iteration[:count] = 1.0, np.arange(first, first + count)
        tape.time[:count] = tape.step[0] * tape.iteration[:count]
        states = sliding_window_view(numbers, W.size)[tape.iteration[0] :][at]
        parts = zip(np.array_split(kept, pieces), np.array_split(states[: len(kept)], pieces))
        for k, (rows, state) in enumerate(parts, 1):
            time.sleep(max(0.0, began + seconds * count * k / pieces - time.perf_counter()))
            rows[...] = state
        tape.row_iteration[: len(kept)] = tape.iteration[at]
        tape.row_time[: len(kept)] = tape.time[at]
        now += tape.step[0] * count
        done[:] = count, len(kept), True

    cpu = kernels_of("cpu")
    with patch.object(cpu, "advance", advance), patch.object(cpu, "BLOCK_BYTES", _BLOCK):
        yield


def bench_record(options):
    """Every step's parameters kept, in a file and in memory, against the losses alone."""
    if options.pretend is None:
        return _recorded(options, options.dtype)
    with pretended(1e-6 * options.pretend):
        return _recorded(options, f"{options.dtype}, a pretended device")


def _recorded(options, what):
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
    print(f"{n} steps, 64-32-10, batches of 64, {what}; median of {options.rounds} rounds")
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
