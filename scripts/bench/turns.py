"""Timing in turns A B C A B C …: a machine that slows down slows down all, and ratios hold."""

import time
from functools import partial
from statistics import median

LEAST_STEPS = 10  # what a run does once must not count as a step
PAUSE = 0.12  # seconds until worker threads of the contestant before sleep: BLAS waits busily
UNSTEADY = 1.5  # slowest over quickest round, from which a row is doubtful


def seconds_of(run, *args):
    """Seconds that a call takes."""
    began = time.perf_counter()
    run(*args)
    return time.perf_counter() - began


def steps_for(run, seconds, least=LEAST_STEPS):
    """Steps that take about this long, found while everything warms up and compiles."""
    n = least
    while True:
        taken = min(seconds_of(run, n) for _ in range(3))  # the first one may compile
        wanted = max(least, round(n * min(seconds / taken, 100)))
        if taken > seconds / 4 or wanted == n:
            if wanted != n:
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


def steps_for_each(runs, seconds, least=LEAST_STEPS):
    """Steps {name: n} of runs {name: function of a number of steps} that take about this long."""
    return {name: steps_for(run, seconds, least) for name, run in runs.items()}


def microseconds(runs, n, rounds):
    """Microseconds a step {name: [one a round]}: what n[name] more of them take in a run.

    What a run does once, as its last look at the loss, is no step: it is in both turns.
    """
    turns = {
        (name, count): partial(run, count)
        for name, run in runs.items()
        for count in (few_of(n[name]), few_of(n[name]) + n[name])
    }
    for run in turns.values():
        run()  # some compile for each number of steps
    taken = in_turns(turns, rounds)
    return {name: _of_more(taken, name, few_of(n[name]), n[name]) for name in runs}


def few_of(n):
    """Steps of the shorter one of two turns, whose difference is n."""
    return max(1, n // 2)


def _of_more(taken, name, few, more):
    pairs = zip(taken[name, few], taken[name, few + more])
    return [1e6 * (long - short) / more for short, long in pairs]


def near_quickest(taken, within=1.1):
    """Of each column the ways {(column, way)} that took little longer than its quickest: only one
    of them can be the quickest in more rounds."""
    least = {column: min(times) for (column, _), times in quickest_last(taken)}
    return [name for name, times in taken.items() if min(times) <= within * least[name[0]]]


def quickest(taken):
    """Of a column's ways the quickest: {column: times} of {(column, way): times}."""
    return {column: times for (column, _), times in quickest_last(taken)}


def quickest_last(taken):
    """Items {(column, way): times}, the quickest ones last."""
    return sorted(taken.items(), key=lambda item: -median(item[1]))


def median_ratio(above, below):
    """Median of the ratios within the rounds."""
    return median(a / b for a, b in zip(above, below))


def doubt(timed):
    """Name the rows {name: times} that other programs may have spoilt."""
    unsteady = [name for name, times in timed.items() if max(times) > UNSTEADY * min(times)]
    if unsteady:
        print(f"unsteady, do other programs run? {', '.join(unsteady)}")


def doubt_columns(rows):
    """The same of every column of rows {"name", "microseconds": {column: times}}."""
    columns = [(row["name"], *column) for row in rows for column in row["microseconds"].items()]
    doubt({f"{name} {column}": times for name, column, times in columns})
