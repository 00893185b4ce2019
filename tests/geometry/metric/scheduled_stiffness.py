"""Stiffnesses that follow a schedule, with what each is at a step, and runs in them."""

import numpy as np
import twins

import flownet as fn

CASE = twins.case(90_000, [3, 5, 4, 2], ["tanh", "sin"], "quadratic", m=17)
W0 = CASE["arrays"]["W"]
STEPS = 12
ARRAY = np.linspace(4.0, 1.0, STEPS)


def of_loss(state):
    return 1.0 + state.loss


def falling(k):
    return 1.0 + 3.0 / (1 + k)


#: what is scheduled, and its numbers by the iteration, the time and the loss
KINDS = {
    "array": (ARRAY, "time", lambda k, t, loss: ARRAY[k]),
    "function": (falling, "time", lambda k, t, loss: falling(k)),
    "of the time": (fn.Schedule(falling, "time"), "time", lambda k, t, loss: falling(t)),
    "of the state": (fn.Schedule(of_loss, "state"), "time", lambda k, t, loss: 1.0 + loss),
    "by the iteration": ("exponential:4:0.5", "iteration", lambda k, t, loss: 4 * 0.5**k),
    "composed": (
        fn.Piecewise([3.0, 2.0], at=[3]).then(falling, at=6),
        "time",
        lambda k, t, loss: (3.0 if k < 3 else 2.0) if k < 6 else falling(k - 6),
    ),
}
PROGRAMS = ("function", "of the time", "of the state", "composed")


def metric_of(potential, name):
    stiffness, of, _ = KINDS[name]
    return fn.ScheduledMetric(potential.network, [stiffness, np.inf, 2.0], of=of)


def descend(potential, mechanics, metric, **words):
    return fn.train(potential, mechanics, W0=W0, steps=STEPS, metric=metric, **words)
