"""True and False are no numbers, wherever a number is wanted."""

import numpy as np
import pytest
from mistakes import told_in_one_line

import flownet as fn

XOR = fn.data.load("xor")
NETWORK = fn.Network([2, 2, 1])
POTENTIAL = fn.Potential(NETWORK, fn.Quadratic(), XOR)
W = NETWORK.init(seed=0)
STEP = fn.Aristotle(0.1)


def train(**words):
    return fn.train(POTENTIAL, STEP, **{"steps": 3, **words})


CALLS = {
    "Aristotle": lambda: fn.Aristotle(True),
    "Aristotle of NumPy": lambda: fn.Aristotle(np.True_),
    "weight_decay": lambda: fn.Aristotle(0.1, weight_decay=True),
    "mass": lambda: fn.Newton(0.1, mass=True),
    "friction": lambda: fn.Newton(0.1, friction=True),
    "momentum": lambda: fn.Newton.from_momentum(True, 0.9),
    "beta": lambda: fn.Newton.from_momentum(0.1, True),
    "Nesterov": lambda: fn.Nesterov(0.1, False),
    "memory": lambda: fn.Adam(0.1, memory1=False),
    "epsilon": lambda: fn.RMSProp(0.1, epsilon=True),
    "temperature of a bath": lambda: fn.Langevin(0.1, True),
    "rtol": lambda: fn.RungeKutta(rtol=False),
    "Constant": lambda: fn.Constant(True),
    "Linearity": lambda: fn.Linearity(True),
    "LossRate": lambda: fn.LossRate(True),
    "Warmup": lambda: fn.Warmup(0.1, True),
    "Cosine": lambda: fn.Cosine(0.1, 10, False),
    "Modified": lambda: fn.Modified(True),
    "order of Modified": lambda: fn.Modified(0.1, order=True),
    "Principal": lambda: fn.Principal(True),
    "Central": lambda: fn.Central(True),
    "Geodesic": lambda: fn.Geodesic(0.1, order=True),
    "Parabola": lambda: fn.Parabola(True),
    "strength": lambda: fn.Parabola(1, strength=True),
    "scale of a potential": lambda: True * POTENTIAL,
    "temperature": lambda: fn.CrossEntropy(temperature=True),
    "sizes": lambda: fn.Network([2, True]),
    "scale": lambda: NETWORK.init(0, scale=True),
    "seed of init": lambda: NETWORK.init(True),
    "steps": lambda: train(steps=True),
    "seed": lambda: train(seed=True),
    "record_every": lambda: train(record_every=True),
    "batch_size": lambda: train(batch_size=True),
    "threads": lambda: train(threads=True),
    "interval": lambda: train(observe={"norm": (True, lambda state: 0.0)}),
    "time": lambda: fn.flow(POTENTIAL, W0=W, time=True),
    "loss_below": lambda: fn.flow(POTENTIAL, W0=W, time=1.0, loss_below=False),
    "step of a breakdown": lambda: fn.breakdown(POTENTIAL, W, True),
    "order of a breakdown": lambda: fn.breakdown(POTENTIAL, W, 0.1, order=True),
    "at": lambda: fn.breakdown(train(), at=True),
    "every": lambda: fn.breakdown(train(), every=True),
    "missed": lambda: fn.breakdown(POTENTIAL, W, 0.1).missed(True),
    "order of a radius": lambda: fn.breakdown(POTENTIAL, W, 0.1).radius(True),
    "exits": lambda: fn.exits(POTENTIAL, W, step=True, steps=3),
    "departure": lambda: fn.departure(train(), bounds=[True]),
    "rod": lambda: fn.rod(train(), at=True),
    "noise": lambda: fn.noise(POTENTIAL, W, True),
    "step of noise": lambda: fn.noise(POTENTIAL, W, 2, step=True),
    "eigenpairs": lambda: fn.eigenpairs(POTENTIAL, W, k=True),
    "jet": lambda: POTENTIAL.jet(W, W, True),
    "limit": lambda: XOR.first(True),
    "classes": lambda: fn.Dataset(XOR.x, [0, 1, 1, 0], classes=True),
    "stiffness": lambda: fn.LayerMetric(NETWORK, True),
    "Sinh": lambda: fn.Sinh(True),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_true_is_no_number(call):
    with told_in_one_line("True|False|true"):
        call()
