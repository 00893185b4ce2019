"""The verdict on a run beside its flows, in words, with the numbers that support them."""

import numpy as np

from ._verdict import Verdict

LEAVES = 0.1  # of the whole path: what is nearer is seen as one path with rough edges

TO_AND_FRO = 1.5  # path of the run over that of the flow, beyond what a rough edge adds

#: what a verdict may say
WORDS = ("keeps to the flow", "leaves the flow", "leaves the flow and comes back")
_CAUSES = {"second": "by the second-order term", "noise": "by the noise of its mini-batches",
           "rest": "by terms beyond second order"}


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
        reason = (f"at most {percent(flow.relative[k])} of the flow's path away, at t = "
                  f"{flow.time[k]:.4g}, iteration {flow.iteration[k]}.")
    else:
        why, shares = _cause(departure.steps, left[1])
        numbers |= shares
        words = WORDS[2 if last <= LEAVES else 1]
        reason = (f"at t = {left[0]:.4g}, iteration {left[1]}, it is {percent(LEAVES)} of the "
                  f"flow's path away{why}; at the end {percent(last)}.")
    longer = numbers["longer"] = _longer_path(departure)
    if longer > TO_AND_FRO:
        reason += (f" The run's own path is {longer:.3g} times as long: it goes to and fro.")
    if departure.run.diverged_at is not None:
        reason += f" The run diverges at iteration {departure.run.diverged_at}."
    better, told = _nearer(departure) if left is None else _longer(departure, left)
    return Verdict(words, reason + told, numbers | {"better": better})


def _cause(steps, iteration):
    """What the single steps before an iteration depart by: words, and shares of their lengths."""
    before = steps.iteration < iteration
    sums = {name: float(getattr(steps, name)[before].sum()) for name in _CAUSES}
    total = sum(sums.values())
    if not (before.any() and 0 < total < np.inf):
        return "", {}
    shares = {name: part / total for name, part in sums.items()}
    first = max(shares, key=shares.get)
    return f", {_CAUSES[first]} ({percent(shares[first])} of what single steps depart by)", shares


def _longer_path(departure):
    """Path length of the run over that of the flow; 1 where neither moves."""
    run, flow = departure.arc_length[-1], departure.flow.arc_length[-1]
    return float(run / flow) if flow > 0 else 1.0 if run == 0 else np.inf


def _longer(departure, left):
    """The other flow that follows the run longest, where that is longer: its name, and words."""
    until = {name: (flow.broken(LEAVES) or (np.inf,))[0] for name, flow in _others(departure)}
    name = max(until, key=until.get, default=None)
    if name is None or until[name] <= left[0]:
        return None, ""
    how_long = "to the end" if np.isinf(until[name]) else f"to t = {until[name]:.4g}"
    return name, f" The flow {name!r} follows it longer, {how_long}."


def _nearer(departure):
    """The other flow that stays nearest to the run, where that is nearer: its name, and words."""
    largest = {name: flow.relative.max() for name, flow in _others(departure)}
    name = min(largest, key=largest.get, default=None)
    if name is None or largest[name] >= departure.flow.relative.max():
        return None, ""
    return name, f" The flow {name!r} stays nearer, at most {percent(largest[name])}."


def _others(departure):
    """Names and flows beside the plain one, of those that go on to the end."""
    return [(name, flow) for name, flow in departure.flows.items()
            if flow is not departure.flow and np.isfinite(flow.relative).all()]


def percent(share):
    """A share in per cent, three digits."""
    return f"{100 * share:.3g} %"
