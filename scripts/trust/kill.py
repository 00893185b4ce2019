"""`kill -9` at random moments of runs, flows, sweeps, resumes and analyses of every kind.

    python scripts/trust kill --rounds 500 [--seed 0] [--first 0] [--only adam …] [--json FILE]

In each round a process that writes is killed at a moment drawn by chance, and so is, once or twice
more, one that goes on with what it left. Each time the file has to open with all its rows, and in
the end the run has to be that of an undisturbed process, bit for bit, and any HDF5 program has to
open its file. Round k of a seed is always the same one, but for the moment that the machine makes
of it.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from functools import partial
from pathlib import Path

from worker import Tally, at_once, outcome_of, outcomes, tell

MOST_KILLS = 3


class Case:
    """One kind of work, told once undisturbed: how long it takes, and where it ends."""

    def __init__(self, name, story, place):
        from story import RUN, end_of

        self.name, self._story, self._place = name, story, place
        self._path = place / RUN
        self._clear()
        story.settings()
        story.begin(self._path)
        self._begin = {path.name: path.read_bytes() for path in place.iterdir()}
        for _ in "ab":  # the second one is timed: the first one may have to compile kernels
            self._begin_anew()
            began = time.monotonic()
            story.act(self._path)
            self._seconds = time.monotonic() - began
        self._end = end_of(self._path)

    def _clear(self):
        for path in self._place.iterdir():
            path.unlink()

    def _begin_anew(self):
        self._clear()
        self._story.settings()
        for name, data in self._begin.items():
            (self._place / name).write_bytes(data)

    def round(self, chance, kills):
        """A fault in words, or None; appends to `kills` the moments of those that hit."""
        import h5py
        from story import difference, end_of, look

        self._begin_anew()
        for attempt in range(chance.randrange(1, MOST_KILLS + 1)):
            work = self._story.go_on if attempt else self._story.act
            moment = chance.random() * self._seconds
            killed, fault = self._killed(work, moment)
            if fault:
                return fault
            kills += [moment] * killed
            if self._path.exists():
                look(self._path)
            elif not self._story.may_lack:
                return "there is no file"
        self._story.go_on(self._path)
        with h5py.File(self._path) as file:
            assert len(file)
        found = difference(end_of(self._path), self._end)
        drafts = [path.name for path in self._place.glob(".*.part")]
        return found or (f"drafts are left: {drafts}" if drafts else None)

    def _killed(self, work, moment):
        """Let a process work and kill it at a moment: whether that came in time, and a fault."""
        told = self._place.with_name("told")
        process = os.fork()
        if not process:
            code = 1
            try:
                work(self._path)
                code = 0
            except BaseException:
                told.write_text(traceback.format_exc())
            finally:
                os._exit(code)
        time.sleep(moment)
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            return True, None
        if os.WIFSIGNALED(status):
            return False, f"the process died by signal {os.WTERMSIG(status)}"
        return False, " ".join(told.read_text().split()) if os.WEXITSTATUS(status) else None


def work(skip, folder, seed, first, rounds, names):
    """Tell of each round; the first `skip` are left out."""
    from killable import cases_of_kills, write_now_and_then

    write_now_and_then()
    place = Path(folder, "files")
    place.mkdir(exist_ok=True)
    stories = {
        name: story
        for name, story in cases_of_kills().items()
        if not names or any(word in name for word in names)
    }
    cases = {}
    for number in range(skip + 1, rounds + 1):
        k = first + number - 1
        name = list(stories)[k % len(stories)]
        if name not in cases:
            cases[name] = Case(name, stories[name], place)
        kills = []
        tell(number, name)
        chance = random.Random(f"{seed} {k}")
        tell(number, outcome_of(partial(cases[name].round, chance, kills)), len(kills))
    print("end", flush=True)


def campaign(rounds, seed=0, first=0, names=(), say=at_once):
    """`Tally` by kind of work of so many rounds, and how many processes were killed."""
    tally, killed = Tally(say), 0
    with tempfile.TemporaryDirectory(prefix="flownet-kill-") as folder:
        words = folder, seed, first, rounds, *names
        for number, told, outcome, *kills in outcomes(__file__, *words):
            killed += sum(map(int, kills))
            tally.add(first + number - 1, told, told, outcome)
            if not number % 50:
                say(f"{number} rounds, {killed} kills, {len(tally.faults)} faults")
    return tally, killed


def table(tally):
    """Rounds that are right, of all, for each kind of work, as text."""
    names = sorted(name for (name,) in tally.counts)
    lines = ["".join(["work".ljust(32), "right".rjust(12)])]
    for name in [*names, "all"]:
        cell = tally.cell(lambda key, name=name: name in (*key, "all"))
        lines.append("".join([name.ljust(32), cell.rjust(12)]))
    return "\n".join(lines)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first round")
    parser.add_argument("--only", nargs="+", default=[], help="kinds of work with such a word")
    parser.add_argument("--json", help="file for the counts")
    given = parser.parse_args(arguments)
    if not hasattr(os, "fork"):  # on Windows
        print("left out: processes are forked and killed, as POSIX has it")
        return 0
    began = time.monotonic()
    tally, killed = campaign(given.rounds, given.seed, given.first, given.only)
    print(table(tally))
    seconds, faults = time.monotonic() - began, len(tally.faults)
    print(f"{len(tally)} rounds, {killed} kills in {seconds:.0f} s, {faults} faults")
    if given.json:
        told = {" | ".join(key): both for key, both in tally.counts.items()}
        told = {"counts": told, "kills": killed, "faults": tally.faults}
        Path(given.json).write_text(json.dumps(told, indent=1))
    return 1 if tally.faults else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it ends it
        skip, where, seed, first, rounds, *names = sys.argv[2:]
        work(int(skip), where, int(seed), int(first), int(rounds), names)
    else:
        sys.exit(main())
