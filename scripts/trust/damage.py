"""Damaged and forged files of runs: none may crash, hang, or give a number that is not right.

    python scripts/trust damage --files 10000 [--seed 0] [--keep FOLDER] [--json FILE]
    python scripts/trust damage --files 3000 --only "rare blocks forged"

Each file is a copy of a small run's with bits flipped, its end cut off, sectors emptied or mixed
up, a block of HDF5's index changed and given its right checksum, a number of its state likewise, or
an experiment that says something else. A process of its own opens it, reads everything, verifies
it, and makes its potential again; it has 1 GiB of memory and two seconds for each. What it reads,
and what `verify` calls good, has to be what was written. File k of a seed is always the same one.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from select import select

SECONDS = 30.0  # for one file, on a machine that may have other work
SLOW = 2.0  # seconds of the processor, its helper's included; it takes a hundredth of one
READY = 900.0  # for a process to begin, which makes the files to be damaged
OUTCOMES = ("right", "partly right", "refused", "wrong", "raised", "crashed", "hung", "slow")
GOOD = OUTCOMES[:3]


class Worker:
    """A process that looks at one file after another, and may die of one."""

    def __init__(self, folder, seed, only=None):
        self._words = [sys.executable, __file__, "--worker", str(folder), str(seed)]
        self._words += [only] if only else []
        self._process, self._last, self._said = None, None, b""

    def look(self, k):
        """What file k is: kind of base, kind of damage, outcome, and a line."""
        if self._process is None:
            self._said = b""
            self._process = subprocess.Popen(
                self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
            if self._answer(READY) is None:
                raise SystemExit("the process that looks at files does not begin.")
        self._process.stdin.write(f"{k}\n".encode())
        told = self._answer(SECONDS)  # which file it is, before it is opened
        base, damage = told.split("\t") if told else ("?", "?")
        found = self._answer(SECONDS)
        if found:
            outcome, seconds, line = found.split("\t", 2)
            slow = outcome in GOOD and float(seconds) > SLOW
            return base, damage, "slow" if slow else outcome, line
        hung = self._process.poll() is None
        self.end()
        code = self._last
        return base, damage, *(("hung", "") if hung else ("crashed", f"exit status {code}"))

    def _answer(self, seconds):
        """A line of the process, or None when it is dead or has not said one in time."""
        until = time.monotonic() + seconds
        while b"\n" not in self._said:
            left = max(until - time.monotonic(), 0.0)
            ready, _, _ = select([self._process.stdout], [], [], left)
            more = os.read(self._process.stdout.fileno(), 1 << 16) if ready else b""
            if not more:
                if ready:
                    self._process.wait()
                return None
            self._said += more
        line, _, self._said = self._said.partition(b"\n")
        return line.decode()

    def end(self):
        if self._process is not None:
            self._process.kill()
            self._last = self._process.wait()
            self._process = None


def campaign(files, seed=0, keep=None, first=0, say=print, only=None):
    """Outcomes of a number of files, counted by damage; and the ones that are not as they should.

    Returns
    -------
    Counter of (damage, outcome), list of (k, base, damage, outcome, line)
    """
    counts, faults = Counter(), []
    with tempfile.TemporaryDirectory(prefix="flownet-damage-") as folder:
        worker = Worker(folder, seed, only)
        try:
            for k in range(first, first + files):
                base, damage, outcome, line = worker.look(k)
                counts[damage, outcome] += 1
                if sys.stderr.isatty() and (k + 1) % 100 == 0:
                    print(
                        f"\r{k + 1 - first} of {files} files", end="", file=sys.stderr, flush=True
                    )
                if outcome not in GOOD:
                    faults.append((k, base, damage, outcome, line))
                    say(f"file {k}: {base}, {damage}: {outcome} {line}")
                    if keep:
                        Path(keep).mkdir(parents=True, exist_ok=True)
                        kept = Path(keep, f"{seed}-{k}-{outcome}.h5")
                        kept.write_bytes(Path(folder, "run.h5").read_bytes())
        except KeyboardInterrupt:
            say("stopped: what was seen until now")
        finally:
            worker.end()
    return counts, faults


def table(counts):
    """The counts as text, a line for each kind of damage."""
    kinds = sorted({damage for damage, _ in counts})
    seen = [o for o in OUTCOMES if o in GOOD or any(counts[kind, o] for kind in kinds)]
    lines = ["".join(["damage".ljust(24), *(o.rjust(14) for o in seen)])]
    for kind in [*kinds, "all"]:
        of = kinds if kind == "all" else [kind]
        numbers = [sum(counts[each, o] for each in of) for o in seen]
        lines.append("".join([kind.ljust(24), *(f"{n:14d}" for n in numbers)]))
    return "\n".join(lines)


def _known(only, parser):
    if only is not None:
        from damaged_file import KINDS

        if only not in KINDS:
            parser.error(f"--only takes one of: {', '.join(KINDS)}.")
    return only


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", help="folder for the files that are not as they should be")
    parser.add_argument("--only", help="one kind of damage, as the table names it")
    parser.add_argument("--json", help="file for the counts")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    counts, faults = campaign(
        given.files, given.seed, given.keep, given.first, only=_known(given.only, parser)
    )
    print(table(counts))
    print(f"{sum(counts.values())} files in {time.monotonic() - began:.0f} s, {len(faults)} faults")
    if given.json:
        told = {f"{damage}: {outcome}": n for (damage, outcome), n in sorted(counts.items())}
        Path(given.json).write_text(json.dumps({"counts": told, "faults": faults}, indent=1))
    return 1 if faults else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        from damaged_file import work

        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it ends it
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        work(Path(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
    else:
        sys.exit(main())
