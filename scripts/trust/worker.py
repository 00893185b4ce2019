"""A process that looks at one case after another, and may die of one.

It prints a line for each case before it and one after it, and `end`; who reads them starts it anew
behind a case that it has died of.
"""

import subprocess
import sys
from select import select

SECONDS = 600.0  # without a line: it hangs


def at_once(line):
    """Print a line that nobody has to wait for."""
    print(line, flush=True)


def tell(number, *words):
    """Print a line of a case."""
    at_once("\t".join(map(str, (number, *words))))


def outcome_of(case):
    """What a case says is wrong, or "right"; an error in one line."""
    try:
        return case() or "right"
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def outcomes(script, *words, environment=None):
    """Of each case (number, words, outcome, …): what was told before it and behind it.

    Parameters
    ----------
    script : path
        Is called with `--worker`, the number of cases to leave out, and the words.
    environment : dict, optional
        Of the process.
    """
    done = 0
    while True:
        process = subprocess.Popen(
            [sys.executable, str(script), "--worker", str(done), *map(str, words)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        case = None
        while (line := _line(process)) not in (None, "end"):
            number, *told = line.split("\t")
            if case is None:
                case = int(number), told
                continue
            yield *case, *told
            done, case = int(number), None
        process.kill()
        code = process.wait()
        if line == "end":
            return
        if case is None:
            raise SystemExit(f"the campaign cannot go on: exit status {code}")
        done = case[0]
        yield *case, f"crashed or hung: exit status {code}"


def _line(process):
    """A line of the process; None when it is dead, or has not said one in time."""
    ready, _, _ = select([process.stdout], [], [], SECONDS)
    return (process.stdout.readline() if ready else "").rstrip("\n") or None


class Tally:
    """Counts of outcomes by some words, and the faults.

    Attributes
    ----------
    counts : dict
        (word, …) to [right, wrong].
    faults : list of (number, words, outcome)
    """

    SHOWN = 20  # faults at most

    def __init__(self, say=at_once):
        self.counts, self.faults, self._say = {}, [], say

    def add(self, number, words, key, outcome):
        """Count one case."""
        right = outcome == "right"
        self.counts.setdefault(tuple(key), [0, 0])[not right] += 1
        if not right:
            self.faults.append((number, list(words), outcome))
            if len(self.faults) <= self.SHOWN:
                self._say(f"{number} {' '.join(words)}: {outcome}")

    def cell(self, chosen):
        """How many of the cases whose words pass are right, as text."""
        of = [both for key, both in self.counts.items() if chosen(key)]
        right, wrong = (sum(both[i] for both in of) for i in (0, 1))
        return f"{right} of {right + wrong}"

    def __len__(self):
        return sum(map(sum, self.counts.values()))
