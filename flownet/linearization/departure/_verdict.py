"""The verdict on a run beside its flows, in words, with the numbers that support them."""

import numpy as np

from ..._table import percent
from ..breakdown import Verdict
from ._of_flow import PLAIN

LEAVES = 0.1  # of the whole path: what is nearer is seen as one path with rough edges

TO_AND_FRO = 1.5  # path of the run over that of the flow, beyond what a rough edge adds

#: what a verdict may say, and what is meant by it
MEANINGS = {
    "keeps to the flow": "the run is never farther from its flow than a tenth of the flow's whole "
    "path: drawn in one figure the two look alike",
    "leaves the flow": "the run ends farther from its flow than a tenth of the flow's whole path: "
    "finite steps took it to another place",
    "leaves the flow and comes back": "the run was farther from its flow than a tenth of the "
    "flow's whole path, and ends nearer than that",
}
WORDS = tuple(MEANINGS)
_CAUSES = {
    "second": "by the second-order term",
    "noise": "by the noise of its mini-batches",
    "rest": "by terms beyond second order",
}


class OfRun(Verdict):
    """What became of a run beside its flow, see `Verdict`."""

    meanings = MEANINGS


def departure_verdict(departure):
    """`Verdict` of a `Departure`: whether it keeps to the plain flow, where it leaves it and why.

    It leaves where the distance exceeds a tenth of the flow's whole path length. Why: of the single
    steps looked at before, the part that is longest in sum, see `StepDepartures`.
    """
    flow = departure.flow
    left, last = flow.broken(LEAVES), float(flow.relative[-1])
    numbers = {"left": left, "at_the_end": last}
    if left is None:
        k = int(np.nanargmax(flow.relative))
        numbers["largest"] = float(flow.relative[k])
        words = WORDS[0]
        reason = (
            f"at most {percent(flow.relative[k])} of the flow's path away, at t = "
            f"{flow.time[k]:.4g}, iteration {flow.iteration[k]}."
        )
    else:
        why, shares = _cause(departure.steps, left[1], departure.run.is_batched)
        numbers |= shares
        words = WORDS[2 if last <= LEAVES else 1]
        reason = (
            f"at t = {left[0]:.4g}, iteration {left[1]}, it is {percent(LEAVES)} of the "
            f"flow's path away{why}; at the end {percent(last)}."
        )
    longer = numbers["longer"] = _longer_path(departure)
    if longer > TO_AND_FRO:
        reason += f" The run's own path is {longer:.3g} times as long: it goes to and fro."
    if departure.run.diverged_at is not None:
        reason += f" The run diverges at iteration {departure.run.diverged_at}."
    better, sentence = _better(departure, left)
    return OfRun(words, reason + sentence, numbers | {"better": better})


def _cause(steps, iteration, batched):
    """What the single steps before an iteration depart by: words, and shares of their lengths."""
    before = steps.iteration < iteration
    sums = {name: float(steps.column(name)[before].sum()) for name in _CAUSES}
    total = sum(sums.values())
    if not (before.any() and 0 < total < np.inf):
        return "", {}
    shares = {name: part / total for name, part in sums.items()}
    first = max(shares, key=shares.get)
    cause = _CAUSES[first] if batched or first != "noise" else "by the bend of its chart"
    return f", {cause} ({percent(shares[first])} of what single steps depart by)", shares


def _longer_path(departure):
    """Path length of the run over that of the flow; 1 where neither moves."""
    run, flow = departure.arc_length[-1], departure.flow.arc_length[-1]
    return float(run / flow) if flow > 0 else 1.0 if run == 0 else np.inf


def _better(departure, left):
    """The flow that is nearest on average, where that is not the plain one: its name, and words.

    On average over time: the first bound that a flow breaks says little of the rest.
    """
    means = {
        name: _mean(flow)
        for name, flow in departure.flows.items()
        if np.isfinite(flow.relative).all()
    }
    name, plain = min(means, key=means.get, default=PLAIN), _mean(departure.flow)
    if not means.get(name, np.inf) < plain:
        return None, ""
    sentence = (
        f" The flow {name!r} stays nearer, {percent(means[name])} of the path away on average, "
        f"the plain flow {percent(plain)}"
    )
    there = departure.flows[name].broken(LEAVES)
    if left is not None and there is None:
        sentence += "; it follows the run to the end"
    elif left is not None and there[0] > left[0]:
        sentence += f"; it follows the run longer, to t = {there[0]:.4g}"
    return name, sentence + "."


def _mean(flow):
    """Relative distance from a flow on average over time."""
    return np.trapezoid(flow.relative, flow.time) / (flow.time[-1] - flow.time[0])
