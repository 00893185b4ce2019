"""
At which step does it break?
============================

Forty steps with ten seeds each, all at once: the loss after 300 iterations, with its median over
the seeds.
"""

import numpy as np

import flownet as fn

data = fn.data.load("digits", limit=200)
potential = fn.Potential(fn.Network([64, 16, 10]), fn.CrossEntropy(), data)
experiment = fn.Experiment.of(potential, fn.Aristotle(1.0), steps=300)

axes = {"mechanics.step": np.geomspace(0.05, 50, 40), "run.seed": range(10)}
found = fn.sweep(experiment, axes=axes)
figure = fn.plot.sweep(found)

best = np.unravel_index(np.argmin(np.median(found.loss, axis=1)), (40,))[0]
print(f"the best step is {axes['mechanics.step'][best]:.3g}")
print(found)
