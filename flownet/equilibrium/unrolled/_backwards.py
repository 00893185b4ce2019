"""Backpropagation through sweeps at rest, of layers that settle, s_l ← σ(a_l), or flow.

One sweep settles groups of layers in turn. Backwards, the last group comes first: with λ = ∂L/∂s
after a sweep, its units have μ = σ′(a)·λ, which is ∂L/∂a; they lose their own λ, since what they
were before the sweep does not matter, and hand μ on to the layers that drove them. Each sweep's own
share of ∂L/∂W is −(∂_s∂_W E)·μ at rest: the μ of every unit times what drove it.

A step of a flow, s ← s − ε·P·∂E/∂s, with P = 1 for units that move, or σ′ for those of which
ṡ = σ(a) − s, has μ = ε·P·λ, and λ − H·μ is the λ before it, with H = E_ss.
"""

import numpy as np

from ...kernels.scalar.states import COMPLIANCES, SIGMOID, TANH

_BY_RATE = (TANH, SIGMOID)  # units of which ṡ = σ(a) − s


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


def flows_back(at, rate, steps):
    """μ (m, n_l) of every layer, and ∂L/∂W (D,), of the last step of a flow, the one before, …"""
    states, system = at.states, at.states.system
    codes, own = system.codes, compliances(states, at.free)
    slopes = system.image_slopes(states.layers(at.free))
    costates = [np.zeros_like(each) for each in own]
    costates[-1] += at.force
    for _ in range(steps):
        moved = [
            rate * (each if code in _BY_RATE else each > 0) * costate
            for code, each, costate in zip(codes, own, costates)
        ]
        pulled = system.drive(
            at.W, 0 * states.x, [r * mu for r, mu in zip(slopes, moved)], bias=False
        )
        costates = [
            costate - np.divide(r * r * mu, each, out=np.zeros_like(mu), where=each > 0) + r * a
            for costate, mu, a, r, each in zip(costates, moved, pulled, slopes, own)
        ]
        yield moved, _seen(at, moved)


def _seen(at, moved):
    flat = np.concatenate([mu.ravel() for mu in moved])
    return at.states.along(at.free, -flat, at.weights)


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
        yield moved, _seen(at, moved)
