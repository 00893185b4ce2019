"""How `bench gpu` takes its figures: a file that they go to at once, and clocks."""

import json
import os
import time
from statistics import median

from cases import AGREEMENT, judge


class Figures:
    """The file of figures, and the time that is left.

    Attributes
    ----------
    rows : list of dict
        What this run has found.
    """

    def __init__(self, path, minutes):
        self._path, self._end, self.rows = path, time.monotonic() + 60 * minutes, []

    @property
    def left(self):
        """Seconds."""
        return self._end - time.monotonic()

    def keep(self, **row):
        """A row for the file, at once."""
        self.rows.append(row)
        with self._path.open("a") as file:
            file.write(json.dumps(row) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def take(self, what, who, measure, **more):
        """Measure something, and keep it; what cannot be measured is left out, and says why."""
        if self.left <= 0:
            return self._without(what, who, "no time was left")
        began = time.monotonic()
        try:
            found = measure()
        except Exception as error:  # of any peer: the others still count
            return self._without(what, who, f"{type(error).__name__}: {error}".splitlines()[0])
        self.keep(what=what, who=who, **more, **found)
        text = ", ".join(f"{n} {v:.4g}" for n, v in found.items() if isinstance(v, float))
        print(f"{what:<28}{who:<22}{text}  [{time.monotonic() - began:.1f} s]", flush=True)
        return found

    def without(self, who, why):
        """A line for a peer that is not there."""
        self._without("all", who, why)

    def _without(self, what, who, why):
        self.keep(what=what, who=who, left_out=why)
        print(f"{what:<28}{who:<22}left out: {why}", flush=True)


def event_seconds(run):
    """Seconds of a call between two events of the device, which has to be done when it returns."""
    from flownet._compile._cuda import cuda

    first, last = cuda.event(), cuda.event()
    cuda.synchronize()
    first.record()
    run()
    last.record()
    last.synchronize()
    return cuda.event_elapsed_time(first, last) * 1e-3


def step_time(run, seconds, rounds, clock):
    """Microseconds a step of `run(n)`, and milliseconds of what it does once.

    A step is what n more of them take, the median of some rounds: what a run does before its first
    step and after its last one, such as copies between the host and the device, counts apart.
    """

    def timed(n):
        run(n)  # which compiles, some of them for each number of steps
        return clock(lambda: run(n))

    n, gained = 4, timed(8) - timed(4)
    while gained < seconds / 2:
        n = int(n * min(100, max(2, seconds / max(gained, 1e-9))))
        gained = timed(2 * n) - timed(n)
    found, once = [], []
    for _ in range(rounds):
        some, twice = (clock(lambda m=m: run(m)) for m in (n, 2 * n))
        found.append((twice - some) / n * 1e6)
        once.append((2 * some - twice) * 1e3)
    return {"microseconds": median(found), "least": min(found), "most": max(found), "steps": n,
            "once": median(once)}  # fmt: skip


def checked(case, run, dtype, expected):
    """Refuse a contestant that does other work, or none."""
    loss = judge(case, run(20))
    if not abs(loss - expected) <= 10 * AGREEMENT[dtype] * abs(expected):
        raise ValueError(f"its loss after 20 steps is {loss:.6g} instead of {expected:.6g}")
