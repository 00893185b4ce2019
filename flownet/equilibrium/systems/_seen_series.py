"""The same of units that show ρ(s) to their neighbours: Taylor series of s, and of r = ρ(s).

At rest s = ρ′(s)·a − βc, with a = M·r + d. With the k-th coefficient of s taken as 0, what is left
of the equation is a force; s_k = H⁻¹·force, with the same H of s at every order.
"""

import numpy as np

from ...kernels.scalar.states import MAPPED, RHO_TANH


def seen_state_series(states, s0, order, *, V=None, force=None):
    """Coefficients (order+1) of the layers (m, n_l) of a state, and those of what is seen of it.

    The arguments are those of `state_series`.
    """
    system, W = states.system, states.W
    s, series = states.layers(s0), []
    series.append(s)
    seen = [Seen(code, s_l) for code, s_l in zip(system.codes, s)]
    driven = [system.drive(W, states.x, [each.r[0] for each in seen])]
    for k in range(1, order + 1):
        shown = [each.r[k - 1] for each in seen]
        for each in seen:
            each.extend(np.zeros_like(each.s[0]))
        a = system.drive(W, 0 * states.x, [each.r[k] for each in seen], bias=False)
        if V is not None:
            bent = system.drive(V, states.x if k == 1 else 0 * states.x, shown, bias=k == 1)
            a = [a_l + b_l for a_l, b_l in zip(a, bent)]
        driven.append(a)
        left = [
            sum(each.p[i] * driven[k - i][layer] for i in range(k + 1))
            for layer, each in enumerate(seen)
        ]
        if force is not None:
            left[-1] = left[-1] - force(series)
        pushed = np.concatenate([each.ravel() for each in left])
        v, _ = states.solve(s0, pushed.astype(s0.dtype))
        new = states.layers(v)
        for each, s_l in zip(seen, new):
            each.settle(s_l)
        moved = [each.p[0] * s_l for each, s_l in zip(seen, new)]
        coupled = system.drive(W, 0 * states.x, moved, bias=False)
        driven[k] = [a_l + c_l for a_l, c_l in zip(driven[k], coupled)]
        series.append(new)
    return series


class Seen:
    """Coefficients of s, of r = ρ(s) and of p = ρ′(s), of one layer; of other units r = s, p = 1.

    r′ = p·s′, and p = 1 − r² or 4r(1 − r).
    """

    def __init__(self, code, s):
        self.code, self.s, self.r, self.p = code, [], [], []
        self.extend(s)

    def extend(self, s):
        """Take the next coefficient of s."""
        self.s.append(s)
        self._follow(len(self.s) - 1)

    def settle(self, s):
        """Take another last coefficient of s."""
        self.s[-1] = s
        self.r.pop(), self.p.pop()
        self._follow(len(self.s) - 1)

    def _follow(self, k):
        if self.code < MAPPED:
            self.r.append(self.s[k])
            self.p.append(np.ones_like(self.s[k]) if k == 0 else np.zeros_like(self.s[k]))
            return
        if k == 0:
            own = np.tanh(self.s[0]) if self.code == RHO_TANH else np.tanh(2 * self.s[0] - 1)
            self.r.append(own if self.code == RHO_TANH else (1 + own) / 2)
        else:
            self.r.append(sum(j * self.s[j] * self.p[k - j] for j in range(1, k + 1)) / k)
        square = sum(self.r[i] * self.r[k - i] for i in range(k + 1))
        if self.code == RHO_TANH:
            self.p.append((1 if k == 0 else 0) - square)
        else:
            self.p.append(4 * (self.r[k] - square))


def seen_of(system, series):
    """Coefficients of what is seen of each layer, of those of a state, one list an order."""
    layers = [Seen(code, s) for code, s in zip(system.codes, series[0])]
    for each, s in (
        (each, s) for coefficients in series[1:] for each, s in zip(layers, coefficients)
    ):
        each.extend(s)
    return [[each.r[k] for each in layers] for k in range(len(series))]
