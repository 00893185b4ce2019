"""Numbers of *two claims*: fractions, paired ratios, and what they say, with their errors."""

from collections import namedtuple

import numpy as np
from scipy import stats

LEVEL = 0.99  # of every interval: about twenty are looked at for each claim
FIRST = "Aristotle"  # whom the others are compared with
INERTIA = ("Newton β=0.5", "Newton β=0.9", "Newton β=0.99")
ADAPTIVE = ("RMSProp", "Adam")

#: comparisons that are as claimed, the reverse, and all of them
Count = namedtuple("Count", "yes no of")

#: mean of paired values, its interval, and how many pairs
Mean = namedtuple("Mean", "value low high pairs")

#: seeds that reached the target, of all, their interval as shares, seeds where this method alone
#: and Aristotle alone reached it, and p of that difference (McNemar, exact)
Often = namedtuple("Often", "count seeds low high gained lost p")


def mean(values):
    """`Mean` of values, with Student's interval."""
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return Mean(values.mean() if len(values) else np.nan, np.nan, np.nan, len(values))
    middle, half = (
        values.mean(),
        stats.t.ppf((1 + LEVEL) / 2, len(values) - 1) * (values.std(ddof=1) / np.sqrt(len(values))),
    )
    return Mean(middle, middle - half, middle + half, len(values))


def column(outcomes, moment, name):
    """A number of each seed's outcome."""
    return np.array([getattr(getattr(outcome, moment), name) for outcome in outcomes], float)


def ratio(results, method, purpose, moment, name):
    """Geometric mean ratio to Aristotle, seed by seed, each at its own step for a purpose."""
    mine, others = (column(results[who].outcomes[purpose], moment, name) for who in (method, FIRST))
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(mine) - np.log(others)
    m = mean(logs)
    return Mean(*np.exp([m.value, m.low, m.high]), m.pairs)


def difference(results, method, purpose, moment, name):
    """Mean difference to Aristotle, seed by seed."""
    mine, others = (column(results[who].outcomes[purpose], moment, name) for who in (method, FIRST))
    return mean(mine - others)


def often(results, method):
    """`Often` of a method at its surest step."""
    mine, others = (
        column(results[who].outcomes["sure"], "equal", "iteration") for who in (method, FIRST)
    )
    reached, before = np.isfinite(mine), np.isfinite(others)
    share = stats.binomtest(int(reached.sum()), len(mine)).proportion_ci(LEVEL, method="wilson")
    gained, lost = int((reached & ~before).sum()), int((before & ~reached).sum())
    p = stats.binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    return Often(int(reached.sum()), len(mine), share.low, share.high, gained, lost, p)


def compared(m, less, more):
    """A word for a ratio: where its interval leaves out 1."""
    if not np.isfinite(m.low):
        return "too few seeds to tell"
    return less if m.high < 1 else more if m.low > 1 else "no difference"


def counted(o):
    """A word for how often."""
    if o.count == o.seeds and not o.gained:
        return "both always"
    return ("more often" if o.gained > o.lost else "less often") if o.p < 1 - LEVEL else "as often"


def total(words, yes, no):
    """`Count` of words."""
    return Count(words.count(yes), words.count(no), len(words))


def first_claim(found, methods):
    """`Count`s of faster and of more often, over methods and problems (where a seed fails)."""
    speed = [
        compared(ratio(results, name, "fast", "equal", "iteration"), "faster", "slower")
        for results in found.values()
        for name in methods
    ]
    times = [counted(often(results, name)) for results in found.values() for name in methods]
    times = [word for word in times if word != "both always"]
    return total(speed, "faster", "slower"), total(times, "more often", "less often")


def second_claim(found, methods, purpose):
    """`Count` of a worse test loss for a purpose, over methods and problems."""
    return total(
        [
            compared(ratio(results, name, purpose, purpose, "loss"), "better", "worse")
            for results in found.values()
            for name in methods
        ],
        "worse",
        "better",
    )
