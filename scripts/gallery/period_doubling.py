"""
From one valley to chaos
========================

Gradient descent in a double well, the last states of a run for each step. The flow comes to W = 1
whatever its way. The finite map doubles its period at the step 2/L″ = 2, again at 2.47, and is
chaotic beyond 2.6.
"""

import matplotlib.pyplot as plt
import numpy as np

import flownet as fn

well = fn.DoubleWell()
steps = np.linspace(1.8, 3.0, 240)
figure, axis = plt.subplots(figsize=(6.5, 4), layout="constrained")
for step in steps:
    run = fn.train(well, fn.Aristotle(float(step)), W0=[0.3], steps=500, progress=False)
    last = run.parameters[-60:, 0]
    axis.plot(np.full(len(last), step), last, ",", color="black")
axis.axvline(2, color="0.8", zorder=0, label="2/L″(1)")
title = "Gradient descent in the double well L = (W² − 1)²/8"
axis.set(title=title, xlabel="step", ylabel="W, the last 60 of 500 states")
axis.legend(frameon=False, loc="lower left")
