"""
One start, four mechanics
=========================

Gradient descent, momentum, RMSProp and Adam from one start, on the full batch, with the step that
each of them likes.
"""

import matplotlib.pyplot as plt

import flownet as fn

data = fn.data.load("digits", limit=500)
potential = fn.Potential(fn.Network([64, 32, 10]), fn.CrossEntropy(), data)
W0 = potential.network.init(seed=0)
mechanics = {
    "Aristotle(1)": fn.Aristotle(1.0),
    "Newton.from_momentum(0.3, 0.9)": fn.Newton.from_momentum(0.3, 0.9),
    "RMSProp(0.003)": fn.RMSProp(0.003),
    "Adam(0.01)": fn.Adam(0.01),
}

figure, axis = plt.subplots(figsize=(6.5, 4), layout="constrained")
for (name, each), dash in zip(mechanics.items(), ("-", "--", "-.", ":")):
    run = fn.train(potential, each, W0=W0, steps=300, record_every=300)
    axis.semilogy(run.loss, dash, color="black", label=name)
axis.set(title="64-32-10 tanh network on 500 digits", xlabel="iteration", ylabel="loss")
axis.legend(frameon=False)
