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
TIE = 1e-9  # of what ż could be: one that nothing moves, and which stays
LOOKS = np.linspace(0, 1, 41)[1:]
BELOW = {"relu": 0.0, "leaky_relu": 0.01}
RELU = ["relu"]


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
        """Covector of a cotangent g (m, n) on a layer's pre-activations; ∂/∂a of all layers."""
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
    """The flow to a time, and how many kinks it crossed, slid along and came off.

    Pairs whose z is 0 together (of one unit, at samples for which all units below are off) are one
    kink: a tuple of pairs, with a share from 0, all of them below, to 1, all above.
    """

    def __init__(self, problem, W0, time, rtol=1e-10, atol=1e-12):
        self.p, self.W, self.t = problem, np.array(W0, float), 0.0
        self.tolerance = {"rtol": rtol, "atol": atol}
        _, slopes, _ = problem.forward(self.W)
        self.slopes = {layer: slopes[layer].copy() for layer in problem.kinked}
        self.sliding, self.crossed, self.slid, self.left = [], 0, 0, 0
        while self.t < time:
            self.piece(time)

    def put(self, kink, share):
        for layer, s, u in kink:
            below = BELOW[self.p.names[layer]]
            self.slopes[layer][s, u] = below + share * (1 - below)

    def at(self, W, kinks, shares):
        """dL with shares of kinks; their normals, and how much of those dL gains across each."""
        for kink, share in zip(kinks, shares):
            self.put(kink, share)
        covector, on_units, units, used, _ = self.p.dL(W, self.slopes)
        N = np.array([self.p.normal(W, units, used, kink[0]) for kink in kinks])
        jump = [
            sum(on_units[layer][s, u] * (1 - BELOW[self.p.names[layer]]) for layer, s, u in kink)
            for kink in kinks
        ]
        return covector, N, np.array(jump)

    def depend(self, kinks):
        """Whether one bends the normal of another: same sample, other layer."""
        pairs = [pair for kink in kinks for pair in kink]
        return len({s for _, s, _ in pairs}) < len({(layer, s) for layer, s, _ in pairs})

    def rest(self, W):
        """What is left of −dL along the kinks, and the shares of those that it slides along."""
        shares = np.ones(len(self.sliding))
        if not self.sliding:
            return -self.p.dL(W, self.slopes)[0], shares
        for _ in range(50 if self.depend(self.sliding) else 1):
            covector, N, jump = self.at(W, self.sliding, shares)
            x = np.linalg.lstsq(N.T, -covector, rcond=1e-10)[0]
            shares = shares + x / jump
            if np.abs(x / jump).max() < 1e-12:
                break
        return -(covector + N.T @ x), shares

    def inside(self, W):
        """Signed distances of all pairs and slides from where they would leave their branch."""
        _, _, seen = self.p.forward(W, self.slopes)
        free = {layer: np.where(self.slopes[layer] == 1.0, z, -z) for layer, z in seen.items()}
        for kink in self.sliding:
            for layer, s, u in kink:
                free[layer][s, u] = np.inf
        _, shares = self.rest(W)
        ends = np.minimum(shares, 1 - shares)
        return np.concatenate([*(free[layer].ravel() for layer in self.p.kinked), ends])

    def piece(self, time):
        """On to the next kink, or to the time."""
        solver = DOP853(lambda t, W: self.rest(W)[0], self.t, self.W, time, **self.tolerance)
        last = self.inside(self.W)
        allowed = np.minimum(last, 0) - SMALL
        while solver.status == "running":
            solver.step()
            assert solver.status != "failed"
            dense, before = solver.dense_output(), solver.t_old
            for share in LOOKS:
                t = before + share * (solver.t - before)
                here = self.inside(dense(t))
                out = np.flatnonzero((here < allowed) & (last >= allowed))
                if len(out):
                    t0 = before + (share - LOOKS[0]) * (solver.t - before)
                    ahead = lambda t, i, y=dense: self.inside(y(t))[i] - allowed[i]  # noqa: E731
                    self.t = min(brentq(ahead, t0, t, (i,), xtol=1e-13) for i in out)
                    self.W = dense(self.t)
                    self.decide()
                    return
                last = here
        self.t, self.W = solver.t, solver.y

    def kinks_here(self):
        """Kinks at W: those it slides along and those of z = 0, pairs with one normal together."""
        units, used, seen = self.p.forward(self.W, self.slopes)
        pairs = {pair for kink in self.sliding for pair in kink}
        for layer, z in seen.items():
            pairs |= {(layer, *map(int, at)) for at in np.argwhere(np.abs(z) <= 10 * SMALL)}
        kinks, normals = [], []
        for pair in sorted(pairs):
            n = self.p.normal(self.W, units, used, pair)
            for i, other in enumerate(normals):
                if n @ other >= (1 - 1e-12) * np.linalg.norm(n) * np.linalg.norm(other):
                    kinks[i] += (pair,)
                    break
            else:
                kinks.append((pair,))
                normals.append(n)
        return kinks

    def decide(self):
        """Sides of the kinks that are met; again where a unit below bends the normals of others."""
        for _ in range(5):
            before = {layer: slopes.copy() for layer, slopes in self.slopes.items()}
            self.decide_once()
            if all((before[layer] == slopes).all() for layer, slopes in self.slopes.items()):
                break

    def decide_once(self):
        """Sides of the kinks that are met, by the shortest −dL."""
        before = {layer: slopes.copy() for layer, slopes in self.slopes.items()}
        old, kinks = set(self.sliding), self.kinks_here()
        shares = np.ones(len(kinks))
        for _ in range(20 if self.depend(kinks) else 1):
            last, shares = shares, self.shortest(kinks, before, shares)
            if np.abs(shares - last).max() < 1e-10:
                break
        shares = np.where(shares < 1e-9, 0.0, np.where(shares > 1 - 1e-9, 1.0, shares))
        for kink, share in zip(kinks, shares):
            self.put(kink, np.ceil(share))
            was = {before[layer][s, u] == 1.0 for layer, s, u in kink}
            self.crossed += kink not in old and share in (0, 1) and was != {share == 1}
        self.sliding = [kink for kink, share in zip(kinks, shares) if 0 < share < 1]
        self.slid += len(set(self.sliding) - old)
        self.left += len(old - set(self.sliding))

    def shortest(self, kinks, before, shares):
        """Shares of kinks for the shortest −dL, from dL with others."""
        covector, N, jump = self.at(self.W, kinks, shares)
        found, held, crossed = shares.copy(), jump > 0, np.zeros(len(kinks), bool)
        low, high = -jump[held] * shares[held], jump[held] * (1 - shares[held])
        for i in np.flatnonzero(~held):  # nothing holds these there
            layer, s, u = kinks[i][0]
            found[i] = 1.0 if before[layer][s, u] == 1.0 else 0.0
        while True:  # they cross where they are led off, each once
            force = covector + (jump * (found - shares))[~held] @ N[~held]
            x = np.zeros(0)
            if held.any():
                x = lsq_linear(N[held].T, -force, (low, high), "bvls", 1e-14).x
            led = -N @ (force + x @ N[held])
            tie = TIE * np.linalg.norm(N, axis=1) * np.linalg.norm(force)
            off = ~held & ~crossed & (led * (0.5 - found) > 0.5 * tie)
            if not off.any():
                break
            found[off], crossed[off] = 1 - found[off], True
        found[held] = shares[held] + x / jump[held]
        return found


def gradients(flow):
    return flow.observables["evaluations"].value.sum()


def count(flow, name):
    return int(flow.observables[name].value.sum())
