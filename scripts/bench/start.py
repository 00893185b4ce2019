"""`bench start`: how long a second process takes to the end of its first step."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from flownet.kernels.cpu.network import differential as network

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
        f"{options.rounds}), target 0.7 s"
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
            "target": 0.7,
        }
    ]
