"""
How far a run is from a flow, by its step
=========================================

At one time the distance of a finite run from the plain flow falls as the first power of the step,
from the modified flows as the second and the third: each explains one order more of what finite
steps do.
"""

import matplotlib.pyplot as plt
import numpy as np

import flownet as fn

potential = fn.Potential(fn.Network([2, 4, 1]), fn.Quadratic(), fn.data.load("xor"))
W0, time = potential.network.init(seed=1), 4.0
steps = 2.0 ** -np.arange(0, 6)

figure, axis = plt.subplots(figsize=(6.5, 4), layout="constrained")
for order, dash in ((0, "-"), (1, "--"), (2, ":")):
    distance = []
    for step in steps:
        run = fn.train(potential, fn.Aristotle(step), W0=W0, steps=round(time / step))
        flow = fn.flow(
            potential,
            W0=W0,
            time=time,
            field=fn.Modified(step, order=order),
            rtol=1e-11,
            atol=1e-13,
        )
        distance.append(np.linalg.norm(run.parameters[-1] - flow.parameters[-1]))
    slope = np.log2(distance[-2] / distance[-1])
    axis.loglog(steps, distance, dash, color="black", label=f"modified {order}: slope {slope:.2f}")
title = "2-4-1 tanh network on xor: a finite run and three flows"
axis.set(title=title, xlabel="step", ylabel=f"distance from the flow at t = {time:g}")
axis.legend(frameon=False)
