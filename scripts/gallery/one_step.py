"""
One step, and how far its Taylor terms tell the truth
=====================================================

The loss along the direction of a step, L(W + sδ), beside the sums of its first terms. To first
order it falls for ever. Second order says where it would turn, at half the critical step.
"""

# %%
# A network at its start, and the direction −dL. The step is long, so that all of it can be seen.

import matplotlib.pyplot as plt
import numpy as np

import flownet as fn

potential = fn.Potential(fn.Network([64, 32, 10]), fn.CrossEntropy(), fn.data.load("digits"))
W = potential.network.init(seed=0)
b = fn.breakdown(potential, W, step=8.0)
b.table()

# %%
# The sums of one, two and three terms, and the loss itself.

steps = np.linspace(0, 8, 81)
V = -potential.differential(W)[1]
loss = [potential.value(W + step * V) for step in steps]
c = potential.jet(W, V, order=3)

figure, axis = plt.subplots(figsize=(6.5, 4), layout="constrained")
axis.plot(steps, loss, color="black", linewidth=2.5, label="L(W + sδ)")
for order, dash in ((1, ":"), (2, "--"), (3, "-.")):
    axis.plot(steps, np.polyval(c[order::-1], steps), dash, color="0.4", label=f"to order {order}")
axis.axvline(b.critical_step / 2, color="0.8", zorder=0, label="half the critical step")
title = "64-32-10 tanh network on digits, along −dL from its start"
axis.set(title=title, xlabel="step", ylabel="loss", ylim=(0.4, 2.6))
axis.legend(frameon=False)
