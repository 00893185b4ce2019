"""Pairs that slide along their kink: the velocity loses what would lead off it (Filippov).

A flow that both sides lead onto the kink z = 0 of a unit at a sample stays on it. Between the two
sides dL changes by a multiple of n = ∂z/∂W alone, so that the mean of both that stays is −g^♯ of

    dL + Σ_i x_i n_i,  Σ_j ⟨n_i, g^♯n_j⟩ x_j = −⟨n_i, g^♯dL⟩ = ż_i,

what is left of the force along all the kinks at once (A. F. Filippov, Differential Equations with
Discontinuous Righthand Sides, 1988). It is the one that a slope of x_i/(∂L/∂a_i) more would give
the unit there; the pair slides as long as that lies between the slopes of its two sides. Pairs
whose z is 0 together, as of one unit at samples that no unit below sees, slide as one.
"""

import math

from ...._compile import part
from ..base.pointwise import clear, copy, pairing
from ..base.views import view
from ..layers.units import activate_units
from ..motion.move import raise_coupled

_BENT = 1e-9  # change of a share with which f is asked again where they depend on each other
_FAR = 1e9  # a share where nothing is between the two sides


@part
def _sample(net, data, W, work, kinks, s, top):
    """Units of one sample and their slopes in the layers below `top`."""
    hold, m, n_in = kinks.hold, data.x.shape[0], net.sizes[0]
    copy(hold.a[:n_in], data.x[s])
    before = 0
    for layer in range(top):
        width, n = net.sizes[layer], net.sizes[layer + 1]
        at, first = n_in + net.units[layer], net.weight[layer]
        for u in range(n):
            z = W[net.bias[layer] + u] if net.bias[layer] >= 0 else W.dtype.type(0)
            for i in range(width):
                z += W[first + u * width + i] * hold.a[before + i]
            hold.a[at + u] = z
        if kinks.below[layer] != 1.0:
            for u in range(n):
                hold.da[at + u] = kinks.slope[m * net.units[layer] + s * n + u]
                hold.a[at + u] *= hold.da[at + u]
        else:
            a, da = view(hold.a, at, 1, n), view(hold.da, at, 1, n)
            activate_units(net, W, work.zeros, layer, a, da)
        before = at


@part
def _normal(net, data, W, work, kinks, j, normal):
    """∂z/∂W (D,) of the j-th pair that slides."""
    hold, n_in = kinks.hold, net.sizes[0]
    s, top, unit = hold.at[j]
    _sample(net, data, W, work, kinks, s, top)
    clear(normal)
    at = n_in + net.units[top]
    clear(hold.g[at : at + net.sizes[top + 1]])
    hold.g[at + unit] = 1
    for layer in range(top, -1, -1):
        width, n, first = net.sizes[layer], net.sizes[layer + 1], net.weight[layer]
        at = n_in + net.units[layer]
        below = n_in + net.units[layer - 1] if layer > 0 else 0
        clear(hold.g[below : below + width])
        for u in range(n):
            g = hold.g[at + u]
            if g != 0:
                for i in range(width):
                    normal[first + u * width + i] = g * hold.a[below + i]
                    hold.g[below + i] += g * W[first + u * width + i]
                if net.bias[layer] >= 0:
                    normal[net.bias[layer] + u] = g
        if layer > 0:
            for i in range(width):
                hold.g[below + i] *= hold.da[below + i]


@part
def _raise(rule, covector, out):
    """out ← g^♯ of a covector, 0 where it is frozen."""
    copy(out, covector)
    raise_coupled(rule.coupling, out)
    for r in range(rule.sharp.size):
        sharp = out.dtype.type(rule.sharp[r])
        for i in range(rule.bounds[r], rule.bounds[r + 1]):
            out[i] = sharp * out[i] if sharp != 0 else sharp


@part
def _factorise(gram, factor, n, least):
    """Cholesky factor of a Gram matrix and a little more on its diagonal."""
    largest = 0.0
    for i in range(n):
        largest = max(largest, gram[i, i])
    for i in range(n):
        for j in range(i + 1):
            total = gram[i, j] + (least * largest if i == j else 0.0)
            for k in range(j):
                total -= factor[i, k] * factor[j, k]
            if i > j:
                factor[i, j] = total / factor[j, j]
            else:
                factor[i, i] = math.sqrt(max(total, least * largest)) if largest > 0 else 1.0


@part
def solve(factor, n, x):
    """x ← (L·Lᵀ)⁻¹x."""
    for i in range(n):
        for k in range(i):
            x[i] -= factor[i, k] * x[k]
        x[i] /= factor[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            x[i] -= factor[k, i] * x[k]
        x[i] /= factor[i, i]


@part
def _add(out, factor, covector):
    factor = out.dtype.type(factor)
    for i in range(out.size):
        out[i] += factor * covector[i]


@part
def set_shares(kinks, shares):
    """Slopes of the pairs that slide, each a share of the way from below its kink to above."""
    hold = kinks.hold
    for j in range(hold.count[0]):
        step = shares[j] * (1 - kinks.below[hold.at[j, 1]])
        above = hold.weight[j] >= 0  # where its leader is
        kinks.slope[hold.pairs[j]] = kinks.below[hold.at[j, 1]] + step if above else 1 - step


@part
def _measure(problem, W, dL, rule, kinks):
    """Normals, their Gram matrix, and what leads off the kinks."""
    hold = kinks.hold
    for j in range(hold.count[0]):
        first = hold.leader[j]
        _normal(problem.net, problem.data, W, problem.work, kinks, j, hold.normal[j])
        _raise(rule, hold.normal[j], hold.raised[j])
        across = hold.pull[j] * (1 - kinks.below[hold.at[j, 1]])
        for i in range(j):
            hold.gram[j, i] = hold.gram[i, j] = 0.0
        if first < j:
            hold.gram[j, j] = hold.gram[first, first]
            along = pairing(hold.normal[j], hold.raised[first])
            hold.weight[j] = along / hold.gram[first, first]
            hold.jump[first] += abs(hold.weight[j]) * across
            hold.drift[j] = 0.0
        else:
            for i in range(j + 1):
                if hold.leader[i] == i:
                    hold.gram[j, i] = hold.gram[i, j] = pairing(hold.normal[j], hold.raised[i])
            hold.weight[j], hold.jump[j] = 1.0, across
            hold.drift[j] = -pairing(dL, hold.raised[j])


@part
def hold_on(problem, W, dL, rule, kinks, shares, least):
    """dL, asked with some shares, ← what is left of it along the kinks; whether that wants others.

    Those that it wants go into `share`.
    """
    hold, n = kinks.hold, kinks.hold.count[0]
    _measure(problem, W, dL, rule, kinks)
    _factorise(hold.gram, hold.factor, n, least)
    for j in range(n):
        hold.solved[j] = hold.drift[j]
    solve(hold.factor, n, hold.solved)
    bent = False
    for j in range(n):
        x, first = hold.solved[j], hold.leader[j]
        if first == j:
            _add(dL, x, hold.normal[j])
            more = x / hold.jump[j] if hold.jump[j] != 0 else (_FAR if x > 0 else -_FAR)
            bent |= abs(more) > _BENT
            hold.share[j] = shares[j] + more
        else:
            hold.share[j] = hold.share[first]
    return bent


@part
def set_on_kinks(W, kinks, seen):
    """W moved by what has led it off the kinks along which it slides."""
    hold, n = kinks.hold, kinks.hold.count[0]
    for j in range(n):
        hold.solved[j] = seen[hold.pairs[j]] if hold.leader[j] == j else 0.0
    solve(hold.factor, n, hold.solved)
    for j in range(n):
        if hold.leader[j] == j:
            _add(W, -hold.solved[j], hold.raised[j])
