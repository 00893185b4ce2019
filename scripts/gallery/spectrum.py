"""
The spectrum of a Hessian that is never stored
==============================================

The density of the eigenvalues of 2410 directions, by Lanczos' method from random starts: most
directions are flat, a few bend. The lines are the three sharpest.
"""

import matplotlib.pyplot as plt
import numpy as np

import flownet as fn

potential = fn.Potential(fn.Network([64, 32, 10]), fn.CrossEntropy(), fn.data.load("digits"))
run = fn.train(potential, fn.Aristotle(0.5), steps=100)
W = run.parameters[-1]
spectrum = fn.spectral_density(potential, W)
sharpest = fn.eigenpairs(potential, W, k=3).values
print("the sharpest directions:", sharpest.round(2))

# %%

curvature = np.linspace(-0.5, 1.2 * sharpest[0], 600)
figure, axis = plt.subplots(figsize=(6.5, 4), layout="constrained")
axis.semilogy(curvature, spectrum.density(curvature, 0.03), color="black")
for value in sharpest:
    axis.axvline(value, color="0.7", zorder=0, label="the three sharpest")
axis.legend(*(part[:1] for part in axis.get_legend_handles_labels()), frameon=False)
title = "64-32-10 tanh network after 100 steps: eigenvalues of the Hessian"
axis.set(title=title, xlabel="curvature", ylabel="density of eigenvalues", ylim=(1e-6, None))
