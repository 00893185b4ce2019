"""Time flownet: its steps against PyTorch and JAX, its recording, its start.

    python scripts/bench.py [steps] [--dtype float64] [--only digits] [--json FILE]
    python scripts/bench.py record
    python scripts/bench.py start

Everything that is compared runs in one process, in turns A B C A B C …: a machine that slows down
slows down all of them, and a ratio is the median of the ratios within the rounds.
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

import bench_peers
import numpy as np
from bench_peers import FLOOR, FLOWNET, PEERS, PROBLEMS

import flownet as fn

LEAST_STEPS = 10  # a round of the largest: what a run does once must not count as a step
PAUSE = 0.12  # seconds, after which worker threads of the contestant before (BLAS waits busily) sleep
UNSTEADY = 1.5  # ratio of the slowest to the quickest round from which a row is doubtful
AGREEMENT = {"float32": 1e-4, "float64": 1e-10}


# Timing in turns


def seconds_of(run, *args):
    """Seconds that a call takes."""
    began = time.perf_counter()
    run(*args)
    return time.perf_counter() - began


def steps_for(run, seconds):
    """Steps that take about this long; warms up and compiles on the way."""
    n = LEAST_STEPS
    while True:
        run(n)
        taken = seconds_of(run, n)
        wanted = max(LEAST_STEPS, round(n * min(seconds / taken, 100)))
        if taken > seconds / 4 or wanted == n:
            run(wanted)
            return wanted
        n = wanted


def in_turns(contestants, rounds, between=lambda: time.sleep(PAUSE)):
    """Seconds {name: [one a round]} of contestants {name: function}, in turns."""
    taken = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            between()
            taken[name].append(seconds_of(run))
    return taken


def median_ratio(above, below):
    """Median of the ratios within the rounds."""
    return median(a / b for a, b in zip(above, below))


# Steps


def agree(problem, case, contestants, tolerance):
    """Refuse to compare contestants that do different work."""
    before = bench_peers.judge(case, case.layers)
    losses = [bench_peers.judge(case, run(20)) for run in contestants.values()]
    if not all(abs(loss - losses[0]) <= tolerance * abs(losses[0]) for loss in losses):
        raise SystemExit(f"{problem.name}: losses after 20 steps differ: "
                         f"{dict(zip(contestants, losses))}")
    if not losses[0] < 0.999 * before:
        raise SystemExit(f"{problem.name}: no descent from {before}: agreement says nothing")


def stay_finite(problem, case, contestants, steps):
    """Refuse to time a run that diverges: it stops early, and would look quick."""
    for name, run in contestants.items():
        if not np.isfinite(bench_peers.judge(case, run(steps[name]))):
            raise SystemExit(f"{problem.name}: {name} diverged")


def time_problem(problem, options):
    """One row: microseconds a step of every column in every round, and the ratio."""
    case = bench_peers.make_case(problem, options.dtype)
    contestants = bench_peers.made(FLOWNET | PEERS, case)
    agree(problem, case, contestants, AGREEMENT[options.dtype])
    floor = bench_peers.made(FLOOR, case)
    n = {name: steps_for(run, options.seconds) for name, run in (contestants | floor).items()}
    stay_finite(problem, case, contestants, n)
    taken = in_turns({name: partial(run, n[name]) for name, run in (contestants | floor).items()},
                     options.rounds)
    micros = {}  # of a column's ways the quicker one
    for name in sorted(taken, key=lambda name: -median(taken[name]) / n[name]):
        micros[name[0]] = [1e6 * t / n[name] for t in taken[name]]
    best = min(PEERS.keys() & micros.keys(), key=lambda name: median(micros[name]), default=None)
    return {"name": problem.name, "batch": problem.batch, "microseconds": micros, "best": best,
            "ratio": best and median_ratio(micros[best], micros["flownet"]),
            "target": problem.target}


def bench_steps(options):
    """Microseconds a full step against peers and against its matrix products alone."""
    columns = [*FLOWNET, *PEERS, *FLOOR]
    print(f"µs a step, {options.dtype}, tanh, full batch; median of {options.rounds} rounds in "
          f"turns\n{'network':<10}{'batch':>6}" + "".join(f"{name:>14}" for name in columns)
          + f"{'ratio':>7}{'target':>7}")
    rows = []
    for problem in PROBLEMS:
        if not options.only or problem.name in options.only:
            rows.append(time_problem(problem, options))
            print(_steps_line(rows[-1], columns), flush=True)
    print("floor: the matrix products alone; ratio: best peer / flownet, above 1 flownet is quicker")
    unsteady = [row["name"] for row in rows
                if max(row["microseconds"]["flownet"]) > UNSTEADY * min(row["microseconds"]["flownet"])]
    if unsteady:
        print(f"unsteady, do other programs run? {', '.join(unsteady)}")
    return rows


def _steps_line(row, columns):
    cells = [f"{median(row['microseconds'][name]):.4g}" if name in row["microseconds"]
             else "not installed" for name in columns]
    ratio = f"{row['ratio']:.2f}" if row["ratio"] else "–"
    return (f"{row['name']:<10}{row['batch']:>6}" + "".join(f"{cell:>14}" for cell in cells)
            + f"{ratio:>7}{row['target']:>7}")


# Recording


def recorders(dtype, steps, file):
    """Functions that train on mini-batches of digits and keep less or more of the run."""
    net = fn.Network([64, 32, 10], activation="tanh", dtype=dtype)
    train = partial(fn.train, fn.Potential(net, fn.CrossEntropy(), fn.data.load("digits")),
                    fn.Aristotle(step=0.1), W0=net.init(seed=0), steps=steps, batch_size=64,
                    progress=False)
    return {"losses alone": partial(train, record_every=steps),
            "every step, memory": partial(train, record_every=1),
            "every step, file": partial(train, record_every=1, store=file)}


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
    rows = [{"name": name, "seconds": times, "ratio": median_ratio(times, alone)}
            for name, times in taken.items()]
    print(f"{n} steps, 64-32-10, batches of 64, {options.dtype}; median of {options.rounds} rounds")
    for row in rows:
        middle = median(row["seconds"])
        print(f"{row['name']:<20}{middle:>8.3f} s{1e6 * middle / n:>8.1f} µs a step"
              f"{row['ratio']:>8.2f} of losses alone")
    print(f"file: {megabytes:.0f} MB, {megabytes / median(taken['every step, file']):.0f} MB/s; "
          "its target: at most 1.25 of losses alone")
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
    answer = subprocess.run([sys.executable, "-c", CHILD.format(dtype=dtype)], check=True,
                            capture_output=True, text=True).stdout
    return np.diff([began, *map(float, answer.split())]).tolist()


def kernel_cache():
    """Every file of compiled kernels, with its time: a compile changes them."""
    folders = [Path(fn.__file__).parent, *map(Path, filter(None, [os.getenv("NUMBA_CACHE_DIR")]))]
    return {(str(path), path.stat().st_mtime_ns)
            for folder in folders for path in folder.rglob("flownet-*/*") if path.is_file()}


def bench_start(options):
    """A second process up to the end of its first step, with the first one's kernels."""
    first = start_once(options.dtype)
    before = kernel_cache()
    stages = np.array([start_once(options.dtype) for _ in range(options.rounds)])
    compiled = sorted(Path(name).name for name, _ in kernel_cache() - before)
    total = float(np.median(stages.sum(axis=1)))
    print(f"first process {sum(first):.2f} s; later ones {total:.2f} s (median of "
          f"{options.rounds}), target 0.8 s")
    for name, middle in zip(STAGES, np.median(stages, axis=0)):
        print(f"    {name:<16}{middle:>7.3f} s")
    print(f"compiled again: {', '.join(compiled) or 'nothing'} ({len(before)} files in the cache)")
    return [{"first": first, "stages": STAGES, "seconds": stages.tolist(), "median": total,
             "compiled": compiled, "target": 0.8}]


# The command

BENCHMARKS = {"steps": bench_steps, "record": bench_record, "start": bench_start}


def machine():
    """What the figures depend on."""
    packages = ("numpy", "numba", "torch", "jax", "h5py")
    versions = {name: version(name) for name in packages if find_spec(name)}
    return {"flownet": fn.__version__, "python": platform.python_version(),
            "processor": platform.machine(), "cores": os.cpu_count(), **versions}


def options_from(arguments=None):
    """What the command line asks for."""
    summary = "\n".join(f"  {name:<8}{bench.__doc__}" for name, bench in BENCHMARKS.items())
    parser = argparse.ArgumentParser(description=f"Time flownet.\n\n{summary}",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark", nargs="?", choices=BENCHMARKS, default="steps")
    parser.add_argument("--dtype", choices=AGREEMENT, default="float32")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.2, help="of a contestant's turn (steps)")
    parser.add_argument("--only", nargs="+", choices=[p.name for p in PROBLEMS], help="(steps)")
    parser.add_argument("--folder", help="where files are written (record)")
    parser.add_argument("--json", type=Path, help="file for every figure of every round")
    return parser.parse_args(arguments)


def main():
    """Run one benchmark, print its table, and keep its figures if asked."""
    options = options_from()
    rows = BENCHMARKS[options.benchmark](options)
    if options.json:
        result = {"benchmark": options.benchmark, "dtype": options.dtype, "machine": machine(),
                  "rows": rows}
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
