"""Taylor series of the cost along a step, and of the covector along the nudge."""

import numpy as np

from ._estimators import Difference
from ._fitted import fitted_jet


def step_jets(at, V, order):
    """Taylor coefficients (m, order+1) of each sample's C(s₀) along W + tV."""
    states = at.states
    outputs = states.output_series(states.series(at.free, order, V=V), V)
    return at.cost.series(outputs, at.rows)


def nudge_jet(at, order):
    """Coefficients (order, D) of ∂F/∂W in the nudge β, from β on; of ∂E/∂W without a readout."""
    system = at.phases.system
    if system.has_series:
        return series_jet(at, order)
    return fitted_jet(lambda b: at.difference([Difference(1.0, b, 0.0)]), at.exact(), order, system)


def series_jet(at, order):
    """The same from the Taylor series of the states, without differencing."""
    states = at.states

    def force(series):
        """The last coefficient of c that the outputs' series knows of."""
        if at.phases.force == "frozen":
            return at.force if len(series) == 1 else 0 * at.force
        return at.cost.force_series(states.output_series(series), at.rows)[-1]

    s = states.series(at.free, order, force=force)
    seen = states.seen_series(s)
    found = np.array([_coefficient(at, seen, k) for k in range(1, order + 1)])
    if at.phases.system.reads_out:
        c = [force(s[: k + 1]) for k in range(order)]
        for k, g in enumerate(found):  # of β·∂C/∂W
            for i in range(k + 1):
                g += states.on_readout(s[k - i], c[i], at.weights, bias=i == k)
    return found


def _coefficient(at, s, k):
    """The k-th coefficient of ∂E/∂W, of those of what is seen: E is of second order in it."""
    total = 0.0
    for i in range(k // 2 + 1):
        share = 1.0 if i < k - i else 0.5
        total = total + share * at.states.along_seen(s[i], s[k - i], at.weights, x=i == 0)
    return total
