"""A slow flow of relu networks that locates every kink: plain NumPy and scipy, for tests.

Dormand and Prince's method of order 8 follows Ẇ = −dL with the branch of every pair (sample, unit)
held; its dense output is looked at in many places of each step for a pair whose z changed sign or
a slope that left [below, 1], and the first of them is found by bisection. There the shortest −dL
that slopes between those of both sides allow says how the flow goes on (Filippov).
"""

import numpy as np
from scipy.integrate import DOP853
from scipy.optimize import brentq, lsq_linear

SMALL = 1e-11  # of z: a pair at its kink
LOOKS = np.linspace(0, 1, 41)[1:]
BELOW = {"relu": 0.0, "leaky_relu": 0.01}


class Kinked:
    """Quadratic loss ½·mean‖Ŷ − Y‖² of a dense network of relu, leaky_relu and tanh, W flat."""

    def __init__(self, sizes, activations, x, y):
        self.sizes, self.x, self.y = sizes, x, y
        self.names = (*activations, "identity")
        self.kinked = [layer for layer, name in enumerate(self.names) if name in BELOW]

    def unpacked(self, W):
        layers, at = [], 0
        for n_in, n_out in zip(self.sizes, self.sizes[1:]):
            w = W[at : at + n_in * n_out].reshape(n_out, n_in)
            at += n_in * n_out
            layers.append((w, W[at : at + n_out]))
            at += n_out
        return layers

    def forward(self, W, slopes=None):
        """Units of all layers (inputs first), their slopes, pre-activations of the kinked ones."""
        a, units, used, seen = self.x, [self.x], [], {}
        for layer, ((w, b), name) in enumerate(zip(self.unpacked(W), self.names)):
            z = a @ w.T + b
            if name in BELOW:
                seen[layer] = z
                own = np.where(z > 0, 1.0, BELOW[name])
                slope = own if slopes is None else slopes[layer]
                a = slope * z
            else:
                a = np.tanh(z) if name == "tanh" else z
                slope = 1 - a**2 if name == "tanh" else np.ones_like(z)
            units.append(a)
            used.append(slope)
        return units, used, seen

    def pulled(self, W, units, slopes, layer, g):
        """Covector of a cotangent g (m, n) on the pre-activations of a layer; ∂/∂a of all layers."""
        layers, parts, on_units = self.unpacked(W), [], {}
        for i in range(len(layers) - 1, -1, -1):
            if i > layer:
                parts.append(np.zeros(layers[i][0].size + len(layers[i][1])))
                continue
            parts.append(np.concatenate([(g.T @ units[i]).ravel(), g.sum(axis=0)]))
            if i:
                ga = g @ layers[i][0]
                on_units[i - 1] = ga
                g = ga * slopes[i - 1]
        return np.concatenate(parts[::-1]), on_units

    def loss(self, W, slopes=None):
        return ((self.forward(W, slopes)[0][-1] - self.y) ** 2).sum() / 2 / len(self.x)

    def dL(self, W, slopes):
        units, used, seen = self.forward(W, slopes)
        g = (units[-1] - self.y) / len(self.x)
        covector, on_units = self.pulled(W, units, used, len(self.names) - 1, g)
        return covector, on_units, units, used, seen

    def normal(self, W, units, used, pair):
        layer, s, u = pair
        g = np.zeros_like(units[layer + 1])
        g[s, u] = 1
        return self.pulled(W, units, used, layer, g)[0]


class ReferenceFlow:
    """The flow to a time, and how many pairs crossed their kinks, slid along them, came off."""

    def __init__(self, problem, W0, time, rtol=1e-10, atol=1e-12):
        self.p, self.W, self.t = problem, np.array(W0, float), 0.0
        self.tolerance = {"rtol": rtol, "atol": atol}
        _, slopes, _ = problem.forward(self.W)
        self.slopes = {layer: slopes[layer].copy() for layer in problem.kinked}
        self.sliding, self.crossed, self.slid, self.left = [], 0, 0, 0
        while self.t < time:
            self.piece(time)

    def rest(self, W):
        """What is left of −dL along the kinks, and the slopes of the pairs that slide."""
        for layer, s, u in self.sliding:
            self.slopes[layer][s, u] = 1.0
        covector, on_units, units, used, _ = self.p.dL(W, self.slopes)
        if not self.sliding:
            return -covector, np.zeros(0)
        N = np.array([self.p.normal(W, units, used, pair) for pair in self.sliding])
        pull = np.array([on_units[layer][s, u] for layer, s, u in self.sliding])
        x = np.linalg.lstsq(N.T, -covector, rcond=1e-10)[0]
        return -(covector + N.T @ x), 1 + x / pull

    def inside(self, W):
        """Signed distances of all pairs from where they would leave their branch."""
        _, _, seen = self.p.forward(W, self.slopes)
        free = {
            layer: np.where(self.slopes[layer] == 1.0, z, -z) for layer, z in seen.items()
        }
        for layer, s, u in self.sliding:
            free[layer][s, u] = np.inf
        _, slopes = self.rest(W)
        below = np.array([BELOW[self.p.names[layer]] for layer, _, _ in self.sliding])
        ends = np.minimum(slopes - below, 1 - slopes)
        return np.concatenate([*(free[layer].ravel() for layer in self.p.kinked), ends])

    def piece(self, time):
        """On to the next kink, or to the time."""
        solver = DOP853(lambda t, W: self.rest(W)[0], self.t, self.W, time, **self.tolerance)
        last = self.inside(self.W)
        allowed = np.minimum(last, 0) - SMALL
        while True:
            solver.step()
            assert solver.status != "failed"
            dense, before = solver.dense_output(), solver.t_old
            for share in LOOKS:
                t = before + share * (solver.t - before)
                here = self.inside(dense(t))
                out = np.flatnonzero((here < allowed) & (last >= allowed))
                if len(out):
                    t0 = before + (share - LOOKS[0]) * (solver.t - before)
                    times = [
                        brentq(lambda t, i=i: self.inside(dense(t))[i] - allowed[i], t0, t, xtol=1e-13)
                        for i in out
                    ]
                    self.t = min(times)
                    self.W = dense(self.t)
                    self.decide()
                    return
                last = here
            if solver.status == "finished":
                self.t, self.W = solver.t, solver.y
                return

    def decide(self):
        """Sides of the pairs at their kinks, by the shortest −dL."""
        W, before = self.W, {layer: s.copy() for layer, s in self.slopes.items()}
        _, _, seen = self.p.forward(W, self.slopes)
        old = list(self.sliding)
        here = sorted(
            set(old)
            | {
                (layer, *map(int, at))
                for layer, z in seen.items()
                for at in np.argwhere(np.abs(z) <= 10 * SMALL)
            }
        )
        for layer, s, u in here:
            self.slopes[layer][s, u] = 1.0
        covector, on_units, units, used, _ = self.p.dL(W, self.slopes)
        N = np.array([self.p.normal(W, units, used, pair) for pair in here])
        pull = np.array([on_units[layer][s, u] for layer, s, u in here])
        below = np.array([BELOW[self.p.names[layer]] for layer, _, _ in here])
        for i, (layer, s, u) in enumerate(here):  # those that no kink holds cross
            if pull[i] <= 0 and here[i] not in old:
                flipped = below[i] if before[layer][s, u] == 1.0 else 1.0
                self.slopes[layer][s, u] = flipped
                covector = covector + pull[i] * (flipped - 1) * N[i]
        held = pull > 0
        self.sliding = []
        if held.any():
            lowest = (pull * (below - 1))[held]
            found = lsq_linear(N[held].T, -covector, (lowest, np.zeros_like(lowest)), "bvls", 1e-13)
            for pair, x, low, least in zip(
                [pair for pair, yes in zip(here, held) if yes], found.x, lowest, below[held]
            ):
                layer, s, u = pair
                if low * (1 - 1e-9) < x < low * 1e-9:
                    self.sliding.append(pair)
                self.slopes[layer][s, u] = least if x <= low * (1 - 1e-9) else 1.0
        self.slid += len(set(self.sliding) - set(old))
        self.left += len(set(old) - set(self.sliding))
        self.crossed += sum(
            int((self.slopes[layer] != before[layer]).sum()) for layer in self.p.kinked
        )
