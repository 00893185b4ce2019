"""
The edge of stability
=====================

Along a run of gradient descent the sharpness, the largest eigenvalue of the Hessian, rises until
2/step, and stays about there: the step breaks its own linearization, again and again, and is
repaired by third order.
"""

import matplotlib.pyplot as plt
import numpy as np

import flownet as fn

x = np.linspace(-1, 1, 20)[:, None]
data = fn.Dataset(x, np.polynomial.Chebyshev.basis(4)(x))
potential = fn.Potential(fn.Network([1, 30, 20, 1]), fn.Quadratic(), data)
W0, step = potential.network.init(seed=0), 0.2
run = fn.train(
    potential,
    fn.Aristotle(step),
    W0=W0,
    steps=3000,
    observe={"sharpness": (25, fn.Sharpness(potential))},
)

figure, axes = plt.subplots(2, 1, figsize=(6.5, 5), sharex=True, layout="constrained")
axes[0].semilogy(run.iteration, run.loss, color="black")
axes[0].set(title=f"1-30-20-1 tanh network, gradient descent, step {step:g}", ylabel="loss")
seen = run.observables["sharpness"]
axes[1].plot(seen.iteration, seen.value, color="black", label="sharpness")
axes[1].axhline(2 / step, color="0.6", linestyle="--", label="2/step")
axes[1].set(xlabel="iteration", ylabel="curvature")
axes[1].legend(frameon=False)
