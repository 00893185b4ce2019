"""Physical systems as one writes them by hand, in NumPy or in PyTorch, without autograd.

What the inputs drive is multiplied once a batch; each sweep multiplies by the layers between. A
contestant is a function `run(n)` of n steps from W0, whose answer is the W that it came to.
"""

from importlib import import_module

import numpy as np
from losses import on_threads

_LIKE = {"hard-sigmoid": lambda xp, a: xp.clip(a, 0, 1)}
_LIKE["sigmoid4"] = lambda xp, a: 1 / (1 + xp.exp(2 - 4 * a))


def _arrays(batch, package):
    """The package, the batch, and a copy of the layers as its arrays."""
    xp = import_module(package)
    give = xp.from_numpy if package == "torch" else np.array
    data, network = batch.potential.data, batch.potential.system.network

    def layers():
        parts = network.parts(batch.W0.copy())
        return [(give(part.weights.copy()), give(part.bias.copy())) for part in parts]

    def flat(found):
        return np.concatenate([np.asarray(part).ravel() for layer in found for part in layer])

    return xp, give(np.array(data.x)), give(np.array(data.y)), layers, flat


def _threaded(run, package, threads):
    """The run on some threads, or on as many as the package takes."""
    if package == "torch":
        return on_threads(run, threads)
    if threads is None:
        return run
    from threadpoolctl import ThreadpoolController

    controller = ThreadpoolController()

    def limited(n):
        with controller.limit(limits=threads, user_api="blas"):
            return run(n)

    return limited


def hopfield(batch, package, threads):
    """A layered Hopfield network."""
    problem = batch.problem
    xp, x, y, layers, flat = _arrays(batch, package)
    like, beta, top = _LIKE[problem.system], problem.nudge, len(problem.sizes) - 2
    together = problem.order == "at-once"
    order = range(top + 1) if together else [*range(0, top + 1, 2), *range(1, top + 1, 2)]

    def driven(W, base, s, layer):
        a = base[layer]
        if layer > 0:
            a = a + s[layer - 1] @ W[layer][0].T
        return a + s[layer + 1] @ W[layer + 1][0] if layer < top else a

    def settled(a, s, nudge):
        if not nudge:
            return like(xp, a)
        if problem.system == "hard-sigmoid":
            return like(xp, (a + nudge * y) / (1 + nudge))
        return like(xp, a + nudge * (y - s))

    def relax(W, base, s, sweeps, nudge):
        s = list(s)
        for _ in range(sweeps):
            new = list(s) if together else s
            for layer in order:
                a = driven(W, base, s, layer)
                new[layer] = settled(a, s[layer], nudge if layer == top else 0.0)
            s = new
        return s

    def run(n):
        W = layers()
        rate = problem.step / (2 * beta * problem.batch)
        for _ in range(n):
            base = [x @ W[0][0].T + W[0][1], *(bias for _, bias in W[1:])]
            rest = [xp.zeros((problem.batch, size), dtype=x.dtype) for size in problem.sizes[1:]]
            free = relax(W, base, rest, problem.sweeps, 0.0)
            plus, minus = (
                relax(W, base, free, problem.nudged_sweeps, nudge) for nudge in (beta, -beta)
            )
            delta = [p - m for p, m in zip(plus, minus)]
            mean = [(p + m) / 2 for p, m in zip(plus, minus)]
            for layer, (weights, bias) in enumerate(W):
                below = delta[layer].T @ (mean[layer - 1] if layer else x)
                weights += rate * (below + mean[layer].T @ delta[layer - 1] if layer else below)
                bias += rate * delta[layer].sum(0)
        return flat(W)

    return _threaded(run, package, threads)


def resistive(batch, package, threads):
    """Resistors and ideal diodes, one hidden layer."""
    problem = batch.problem
    xp, x, y, layers, flat = _arrays(batch, package)
    beta, hidden = problem.nudge, problem.sizes[1]
    gain = batch.potential.system.gain
    ends = np.where(np.arange(hidden) < hidden // 2, 0.0, -np.inf).astype(np.float32)
    low, high = (
        xp.from_numpy(end) if package == "torch" else end for end in (ends, -ends[::-1].copy())
    )
    x = gain * xp.concatenate([x, -x], 1)

    def run(n):
        W = layers()
        rate = problem.step / (2 * beta * problem.batch)
        for _ in range(n):
            (g1, b1), (g2, b2) = W
            base, into, out = x @ g1.T + b1, g1.sum(1) + g2.sum(0), g2.sum(1)
            v2 = xp.zeros((problem.batch, problem.sizes[2]), dtype=x.dtype)
            phases = [(problem.sweeps, 0), *((problem.nudged_sweeps, b) for b in (beta, -beta))]
            found = []
            for sweeps, nudge in phases:
                o = found[0][1] if found else v2
                for _ in range(sweeps):
                    v = xp.clip((base + o @ g2) / into, low, high)
                    o = (v @ g2.T + b2 + nudge * y) / (out + nudge)
                found.append((v, o))
            (v, o), (w, p) = found[1:]
            dv, do, mv, mo = v - w, o - p, (v + w) / 2, (o + p) / 2
            g1 -= rate * ((dv * mv).sum(0)[:, None] - dv.T @ x)
            g2 -= rate * ((do * mo).sum(0)[:, None] + (dv * mv).sum(0) - do.T @ mv - mo.T @ dv)
            b1 += rate * dv.sum(0)
            b2 += rate * do.sum(0)
            xp.clip(g1, 0, None, out=g1)
            xp.clip(g2, 0, None, out=g2)
        return flat(W)

    return _threaded(run, package, threads)
