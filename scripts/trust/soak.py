"""A long run: memory that stays flat, a file beyond 4 GiB, killed and resumed ten times.

    python scripts/trust soak [--steps 10000000] [--kills 10] [--folder FOLDER] [--json FILE]

A run that records every step is killed at moments drawn by chance and resumed, until all is done.
Told are, of each part, where it began and ended, how long it took, how much memory it had in its
first tenth and at most, and how large the file was. In the end the file has to be that of a run in
memory, at every loss and at a thousand states, bit for bit.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from worker import at_once

import flownet as fn

SIZE = 50  # parameters: 10⁷ rows of them are 4 GB
LOOKS = 200  # at the memory, over the whole run
WELL = fn.DoubleWell(SIZE)
MECHANICS = fn.Newton(1e-3, friction=0.1, temperature=0.05)
WORDS = {"W0": np.linspace(-1.2, 1.2, SIZE), "seed": 7, "progress": False}


def memory():
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def work(path, steps):
    """Begin the run or go on with it, and tell of the memory on the way."""

    def look(state):
        print(state.iteration, memory(), flush=True)
        return float(memory())

    observe = {"memory": (max(1, steps // LOOKS), look)}
    if os.path.exists(path):
        fn.resume(path, observe={"memory": look}, progress=False)
    else:
        fn.train(WELL, MECHANICS, steps=steps, store=path, observe=observe, **WORDS)


def part(path, steps, looks):
    """Let a process work for so many looks at its memory, or to its end.

    Returns
    -------
    dict
    """
    began, seen = time.monotonic(), []
    words = [sys.executable, __file__, "--worker", str(path), str(steps)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        seen.append(tuple(map(int, line.split())))
        if len(seen) >= looks:
            process.kill()
            break
    code = process.wait()
    if code not in (0, -9):
        raise SystemExit(f"the run stopped: exit status {code}")
    looked = seen[1:] or seen  # the first look is before the first step
    first = looked[: max(1, len(looked) // 10)]
    return {
        "from": seen[0][0],
        "to": seen[-1][0],
        "seconds": time.monotonic() - began,
        "first": max(bytes_ for _, bytes_ in first),
        "most": max(bytes_ for _, bytes_ in seen),
        "size": path.stat().st_size,
        "done": code == 0,
    }


def campaign(folder, steps, kills, seed=0, say=at_once):
    """The parts of a run, and what is wrong with it in the end, or None."""
    path, chance, parts = Path(folder, "run.h5"), random.Random(seed), []
    say(f"{'from':>10}{'to':>10}{'s':>8}{'MB first':>10}{'MB most':>9}{'GB file':>9}")
    while not (parts and parts[-1]["done"]):
        share = LOOKS // (kills + 1)
        looks = chance.randrange(share // 2, share + share // 2) if kills else 1 << 40
        parts.append(part(path, steps, looks if len(parts) < kills else 1 << 40))
        p = parts[-1]
        numbers = p["first"] / 1e6, p["most"] / 1e6, p["size"] / 1e9
        say(
            f"{p['from']:10d}{p['to']:10d}{p['seconds']:8.1f}"
            + "{:10.0f}{:9.0f}{:9.3f}".format(*numbers)
        )
    return parts, _fault(path, steps)


def _fault(path, steps):
    """Where the run differs from one in memory, in words, or None."""
    every = max(1, steps // 1000)
    whole = fn.train(WELL, MECHANICS, steps=steps, record_every=every, **WORDS)
    began = time.monotonic()
    run = fn.Trajectory.open(path)
    print(f"opened in {time.monotonic() - began:.2f} s")
    if not (run.finished and len(run) == steps + 1):
        return f"{len(run)} rows, finished: {run.finished}"
    for name in ("loss", "step"):
        for column in ("time", "value"):
            mine = run.store.column(f"observables/{name}", column)
            if not np.array_equal(mine, whole.store.column(f"observables/{name}", column)):
                return f"{column} of {name} differs"
    for k, W in zip(whole.iteration.tolist(), whole.parameters[:]):
        if run.store.column("parameters", "iteration", k, k + 1)[0] != k:
            return f"row {k} is of another iteration"
        if not np.array_equal(run.parameters[k], W):
            return f"the state at {k} differs"
    return None


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=10_000_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", help="where the file is written, and removed")
    parser.add_argument("--json", help="file for the figures")
    given = parser.parse_args(arguments)
    if not Path("/proc/self/statm").exists():
        print("left out: the memory of a process is told by /proc, as Linux has it")
        return 0
    with tempfile.TemporaryDirectory(prefix="flownet-soak-", dir=given.folder) as folder:
        parts, fault = campaign(folder, given.steps, given.kills, given.seed)
    most = max(p["most"] - p["first"] for p in parts) / 1e6
    print(f"{len(parts)} parts; memory grew by {most:.0f} MB at most; {fault or 'all bits right'}")
    if given.json:
        Path(given.json).write_text(json.dumps({"parts": parts, "fault": fault}, indent=1))
    return 1 if fault else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(main())
