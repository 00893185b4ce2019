"""Short runs on mini-batches that are taken again, and their forces."""

import numpy as np
import twins

import flownet as fn

CASE = twins.case(57_000, [3, 5, 2], ["tanh"], "quadratic", m=23)
BETAS = dict(memory1=0.8, memory2=0.95, epsilon=0.01)
MECHANICS = {
    "aristotle": fn.Aristotle(0.2),
    "newton": fn.Newton.from_momentum(0.05, 0.9),
    "rmsprop": fn.RMSProp(0.02, memory=0.9, epsilon=0.01),
    "adam": fn.Adam(0.02, **BETAS),
}


def trained(name, steps=25, dtype="float64", **words):
    p = twins.potential(CASE, dtype)
    return fn.train(p, MECHANICS[name], W0=twins.point(CASE)[0], steps=steps, batch_size=5, **words)


def layered(p):
    return fn.LayerMetric(p.network, [2.0, 0.5])


def forces(run):
    """−dL of each step on its own batch (N, D), from the recorded parameters."""
    return -np.array(
        [run.potential_at(k).differential(run.parameters[k])[1] for k in range(len(run.step))]
    )
