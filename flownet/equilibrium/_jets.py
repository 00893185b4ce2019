"""Taylor series of the cost along a step, and of the covector along the nudge."""

import numpy as np


def step_jets(at, V, order):
    """Taylor coefficients (m, order+1) of each sample's C(s₀) along W + tV."""
    outputs = [at.states.outputs(s) for s in at.states.series(at.free, order, V=V)]
    return at.cost.series(outputs, at.rows)


def nudge_jet(at, order):
    """Coefficients (order, D) of ∂E/∂W(s_β) in the nudge β, from β on."""
    gamma, y = at.cost.gamma, at.cost.y[at.rows]
    pull = gamma, gamma * y
    if at.phases.force == "frozen":
        pull = 0 * gamma, -at.force
    s = at.states.series(at.free, order, pull=pull)
    return np.array([_coefficient(at, s, k) for k in range(1, order + 1)])


def _coefficient(at, s, k):
    """The k-th coefficient of ∂E/∂W, of those of a state: E is of second order in s."""
    total = 0.0
    for i in range(k // 2 + 1):
        share = 1.0 if i < k - i else 0.5
        total = total + share * at.states.along(s[i], s[k - i], at.weights, x=i == 0)
    return total
