"""Time flownet: its steps and curvature against PyTorch and JAX, its recording, its start.

    python scripts/bench [steps] [--dtype float64] [--only digits] [--json FILE]
    python scripts/bench record
    python scripts/bench start
    python scripts/bench curvature [--dtype float64] [--only digits] [--json FILE]
    python scripts/bench flow [--only stiff] [--json FILE]
    python scripts/bench complex [--dtype float64] [--only digits] [--json FILE]
    python scripts/bench frozen [--dtype float64] [--json FILE]

What is compared runs in one process, in turns; a ratio is the median of the ratios within the
rounds. A core that other programs use spoils kernels on several threads: look at the load first.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
from complex import bench_complex
from curvature import bench_curvature
from flow import PROBLEMS as FLOWS, bench_flow
from frozen import bench_frozen
from peers import PROBLEMS
from steps import AGREEMENT, bench_steps
from turns import PAUSE, in_turns, median_ratio

import flownet as fn
from flownet.kernels.cpu.network import differential as network

# Recording


def recorders(dtype, steps, file):
    """Functions that train on mini-batches of digits and keep less or more of the run."""
    net = fn.Network([64, 32, 10], activation="tanh", dtype=dtype)
    train = partial(
        fn.train,
        fn.Potential(net, fn.CrossEntropy(), fn.data.load("digits")),
        fn.Aristotle(step=0.1),
        W0=net.init(seed=0),
        steps=steps,
        batch_size=64,
        progress=False,
    )
    return {
        "losses alone": partial(train, record_every=steps),
        "every step, memory": partial(train, record_every=1),
        "every step, file": partial(train, record_every=1, store=file),
    }


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
    rows[-1].update(megabytes=megabytes, target=1.25)
    return rows


# Start

# A child says when it came by: the monotonic clock is the same in every process.
CHILD = """
import time; stamps = [time.monotonic()]
import flownet as fn; stamps.append(time.monotonic())
net = fn.Network([64, 32, 10], activation="tanh", dtype="{dtype}")
potential = fn.Potential(net, fn.CrossEntropy(), fn.data.load("digits"))
stamps.append(time.monotonic())
fn.train(potential, fn.Aristotle(step=0.1), steps=1); stamps.append(time.monotonic())
print(*stamps)
"""
STAGES = ["interpreter", "import flownet", "data", "first step"]


def start_once(dtype):
    """Seconds [one a stage] of a new process up to the end of its first step."""
    began = time.monotonic()
    answer = subprocess.run(
        [sys.executable, "-c", CHILD.format(dtype=dtype)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return np.diff([began, *map(float, answer.split())]).tolist()


def kernel_cache():
    """Every file of compiled kernels, with its time: a compile changes them."""
    folder = Path(network.differential.stats.cache_path)
    return {(str(path), path.stat().st_mtime_ns) for path in folder.parent.glob("flownet-*/*")}


def bench_start(options):
    """A second process up to the end of its first step, with the first one's kernels."""
    first = start_once(options.dtype)
    before = kernel_cache()
    stages = np.array([start_once(options.dtype) for _ in range(options.rounds)])
    compiled = sorted(Path(name).name for name, _ in kernel_cache() - before)
    total = float(np.median(stages.sum(axis=1)))
    print(
        f"first process {sum(first):.2f} s; later ones {total:.2f} s (median of "
        f"{options.rounds}), target 0.8 s"
    )
    for name, middle in zip(STAGES, np.median(stages, axis=0)):
        print(f"    {name:<16}{middle:>7.3f} s")
    print(f"compiled again: {', '.join(compiled) or 'nothing'} ({len(before)} files in the cache)")
    return [
        {
            "first": first,
            "stages": STAGES,
            "seconds": stages.tolist(),
            "median": total,
            "compiled": compiled,
            "target": 0.8,
        }
    ]


# The command

BENCHMARKS = {
    "steps": bench_steps,
    "record": bench_record,
    "start": bench_start,
    "curvature": bench_curvature,
    "flow": bench_flow,
    "complex": bench_complex,
    "frozen": bench_frozen,
}


def machine():
    """What the figures depend on."""
    packages = ("numpy", "numba", "torch", "jax", "diffrax", "h5py")
    versions = {name: version(name) for name in packages if find_spec(name)}
    return {
        "flownet": fn.__version__,
        "python": platform.python_version(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        **versions,
    }


def options_from(arguments=None):
    """What the command line asks for."""
    summary = "\n".join(f"  {name:<11}{bench.__doc__}" for name, bench in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        description=f"Time flownet.\n\n{summary}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("benchmark", nargs="?", choices=BENCHMARKS, default="steps")
    parser.add_argument(
        "--dtype", choices=AGREEMENT, help="float32 by default, float64 for curvature and flow"
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.2, help="of a contestant's turn")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=sorted({p.name for p in (*PROBLEMS, *FLOWS)}),
        help="(steps, curvature, flow, complex)",
    )
    parser.add_argument("--folder", help="where files are written (record)")
    parser.add_argument("--json", type=Path, help="file for every figure of every round")
    options = parser.parse_args(arguments)
    options.dtype = options.dtype or (
        "float64" if options.benchmark in ("curvature", "flow") else "float32"
    )
    return options


def main():
    """Run one benchmark, print its table, and keep its figures if asked."""
    options = options_from()
    rows = BENCHMARKS[options.benchmark](options)
    if options.json:
        result = {
            "benchmark": options.benchmark,
            "dtype": options.dtype,
            "machine": machine(),
            "rows": rows,
        }
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
