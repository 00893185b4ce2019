"""What runs are made of here: a small network and where it begins, a parabola, two spirals."""

import numpy as np
import twins

import flownet as fn

CASE = twins.case(90_000, [3, 5, 4, 2], ["tanh", "sin"], "quadratic", m=17)
W0 = CASE["arrays"]["W"]

NET = fn.Network([2, 4, 2])
HELD_OUT = fn.data.load("spiral", m=60, noise=0.1, seed=1)


def on_a_parabola(stop, steps=100, step=0.1, **given):
    """W ← 0.9·W from 1: L_k = ½·0.81^k, ‖dL‖ = 0.9^k."""
    return fn.train(fn.Parabola(1), fn.Aristotle(step), W0=[1.0], steps=steps, stop=stop, **given)


def accuracies(run, data, every):
    """Held-out accuracy at recorded states."""
    return [
        np.mean(NET.forward(W, data.x).argmax(axis=1) == data.labels)
        for W in run.parameters[:][::every]
    ]
