"""The verdict on a run beside its flows, in words, with the numbers that support them."""

import numpy as np

from ._verdict import Verdict

LEAVES = 0.1  # of the whole path: what is nearer is seen as one path with rough edges

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
    others, longer = _others(departure, left)
    if departure.run.diverged_at is not None:
        reason += f" The run diverges at iteration {departure.run.diverged_at}."
    return Verdict(words, reason + others, numbers | {"follows_longer": longer})


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


def _others(departure, left):
    """Which other flow follows the run longest, if longer than the plain one: words, and name."""
    until = {name: (flow.broken(LEAVES) or (np.inf,))[0]
             for name, flow in departure.flows.items() if flow is not departure.flow
             and np.isfinite(flow.relative).all()}
    longest = max(until, key=until.get, default=None)
    if longest is None or left is None or until[longest] <= left[0]:
        return "", None
    how_long = "to the end" if np.isinf(until[longest]) else f"to t = {until[longest]:.4g}"
    return f" The flow {longest!r} follows it longer, {how_long}.", longest


def percent(share):
    """A share in per cent, three digits."""
    return f"{100 * share:.3g} %"
