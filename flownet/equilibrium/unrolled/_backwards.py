"""Backpropagation through sweeps of layers, s_l ← σ(a_l), that rest where they are.

One sweep settles groups of layers in turn. Backwards, the last group comes first: with λ = ∂L/∂s
after a sweep, its units have μ = σ′(a)·λ, which is ∂L/∂a; they lose their own λ, since what they
were before the sweep does not matter, and hand μ on to the layers that drove them. Each sweep's own
share of ∂L/∂W is −(∂_s∂_W E)·μ at rest: the μ of every unit times what drove it.
"""

import numpy as np

from ...kernels.scalar.states import COMPLIANCES


def compliances(states, s):
    """σ′(a) = 1/G″(s) (m, n_l) of every layer at rest."""
    found = []
    for layer, s_l in enumerate(states.layers(s)):
        units = states.units_of(layer)
        body = np.vectorize(COMPLIANCES[units.code[layer]], otypes=[s.dtype])
        found.append(body(s_l, units.own, units.first, units.second))
    return found


def groups_of(order):
    """Layers that settle at once, group after group, of a flat schedule."""
    groups, group = [], []
    for layer in order:
        if layer >= 0:
            group.append(int(layer))
        else:
            groups.append(group)
            group = []
    return [each for each in groups if each]


def backwards(at, order, steps):
    """μ (m, n_l) of every layer, and ∂L/∂W (D,), of the last sweep, the one before, …"""
    states, W = at.states, at.W
    weights = [part.weights for part in states.system.network.parts(states.system.couplings(W))]
    slopes, top = compliances(states, at.free), len(weights) - 1
    costates = [np.zeros_like(each) for each in slopes]
    costates[top] += at.force
    groups = groups_of(order)
    for _ in range(steps):
        moved = [np.zeros_like(each) for each in slopes]
        for group in reversed(groups):
            for layer in group:
                moved[layer] = slopes[layer] * costates[layer]
                costates[layer] = np.zeros_like(costates[layer])
            for layer in group:
                if layer > 0:
                    costates[layer - 1] = costates[layer - 1] + moved[layer] @ weights[layer]
                if layer < top:
                    above = weights[layer + 1]
                    costates[layer + 1] = costates[layer + 1] + moved[layer] @ above.T
        flat = np.concatenate([mu.ravel() for mu in moved])
        yield moved, states.along(at.free, -flat, at.weights)
