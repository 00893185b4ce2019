"""How a state moves, to any order: its Taylor series along a line of parameters, or of nudges.

At rest s = σ(a), with a bilinear in W and s. Along W + tV, or with a nudge β = t by which a cost
pulls at the last layer, the k-th coefficients are bound by

    s_k = κ·a_k + q_k,    a_k = M·s_k + d_k,    κ = σ′(a_0) and q_k, d_k of lower orders,

so that s_k = q_k + H⁻¹·(d_k + M·q_k): one linear solve an order, always with the same H.
"""

import numpy as np

from ...kernels.scalar.states import BOUNDED, DIODE, TANH


def state_series(states, s0, order, *, V=None, force=None):
    """Coefficients (order+1) of the layers (m, n_l) of a state, from s₀ on.

    Parameters
    ----------
    states : Layered
        Driven with the W and the x of s₀.
    s0 : ndarray
        The state at t = 0, without a nudge.
    order : int
    V : ndarray (D,), optional
        Direction of the parameters.
    force : function, optional
        Of a nudge β = t: the last coefficient (m, n_L) of a cost's force on the last layer, of a
        series of layers.
    """
    system, W = states.system, states.W
    series = [states.layers(s0)]
    driven = [system.drive(W, states.x, series[0])]
    own = None if V is None else _split(system, system.stiffness(V))
    for k in range(1, order + 1):
        d = [np.zeros_like(layer) for layer in series[0]]
        if V is not None:
            bent = system.drive(V, states.x if k == 1 else 0 * states.x, series[-1], bias=k == 1)
            d = [bent_l - own_l * s_l for bent_l, own_l, s_l in zip(bent, own, series[-1])]
        if force is not None:
            d[-1] = d[-1] - force(series)
        q = [_beyond(states, i, series, driven, k) for i in range(len(d))]
        coupled = system.drive(W, 0 * states.x, q, bias=False)
        pushed = np.concatenate([(d_l + m_l).ravel() for d_l, m_l in zip(d, coupled)])
        v, _ = states.solve(s0, pushed.astype(s0.dtype))
        series.append([q_l + v_l for q_l, v_l in zip(q, states.layers(v))])
        a = system.drive(W, 0 * states.x, series[-1], bias=False)
        driven.append([a_l + d_l for a_l, d_l in zip(a, d)])
    return series


def _split(system, row):
    return np.split(row, np.cumsum(system.sizes[1:-1]))


def _beyond(states, layer, series, driven, k):
    """q_k of a layer: what s_k has from lower orders of a, by s′ = p·a′ with p = 1/G″(s)."""
    p = _compliance(states, layer, [of[layer] for of in series])
    a = [of[layer] for of in driven]
    return sum((j * a[j] * p[k - j] for j in range(1, k)), np.zeros_like(a[0])) / k


def _compliance(states, layer, s):
    """The series of 1/G″(s) of a layer, as far as that of s goes."""
    code = states.system.codes[layer]
    zeros = [np.zeros_like(s[0]) for _ in s]
    if code == BOUNDED:  # G″ does not depend on s
        return zeros
    if code == DIODE:
        return _of_diode(states.units_of(layer), s)
    square = [sum(s[i] * s[j - i] for i in range(j + 1)) for j in range(len(s))]
    if code == TANH:
        p = [-each for each in square]
        p[0] = 1 + p[0]
        return p
    return [4 * (one - two) for one, two in zip(s, square)]


def _of_diode(units, s):
    """1/(own + (I/V)·e^{s/V})."""
    e = [np.exp(s[0] / units.second)]
    for k in range(1, len(s)):
        e.append(sum(j * s[j] * e[k - j] for j in range(1, k + 1)) / (k * units.second))
    bend = [units.first / units.second * each for each in e]
    bend[0] = units.own + bend[0]
    p = [1 / bend[0]]
    for k in range(1, len(s)):
        p.append(-sum(bend[j] * p[k - j] for j in range(1, k + 1)) / bend[0])
    return p
