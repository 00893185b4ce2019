"""Fields by their equations and a run on the parabola, of which departures are known."""

import numpy as np

import flownet as fn

RTOL = 1e-12  # of the flows, where a closed form is the witness
SCALES = np.array([1.0, -2.0, 0.5])


class Modified:
    """Ẇ = −[g + (h/2)Hg + h²(H²g/3 + T[g,g]/12)], cut at an order; indices raised."""

    def __init__(self, step, order):
        self.step, self.order = step, order

    def velocity(self, potential, metric, W):
        h, g = self.step, metric.sharp(potential.differential(W)[1])
        found = g.copy()
        if self.order > 0:
            Hg = metric.sharp(potential.hessian_action(W, g))
            found += h / 2 * Hg
        if self.order > 1:
            found += (
                h
                * h
                * (
                    metric.sharp(potential.hessian_action(W, Hg)) / 3
                    + metric.sharp(potential.third_action(W, g)) / 12
                )
            )
        return -found


class Slowed:
    """Ẇ = −L·g^♯dL: the flow of ½L², η(t) = L(t) (TM 22)."""

    def velocity(self, potential, metric, W):
        loss, dL = potential.differential(W)
        return -loss * metric.sharp(dL)


def parabola(h, kappa=2.0, steps=30, **words):
    potential = fn.Parabola(3, strength=kappa)
    return fn.train(potential, fn.Aristotle(h), W0=SCALES, steps=steps, **words)
