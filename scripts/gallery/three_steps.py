"""
A safe, a near-breaking and a broken step
=========================================

One network from one start, trained with three steps for the same time t = Σ step. Above the loss,
below second order over first: at 1 the step is as long as its critical step.
"""

import flownet as fn

data = fn.data.load("digits", limit=300)
potential = fn.Potential(fn.Network([64, 16, 10]), fn.CrossEntropy(), data)
W0 = potential.network.init(seed=0)
runs = {
    f"step {step}": fn.train(potential, fn.Aristotle(step), W0=W0, steps=round(150 / step))
    for step in (0.3, 1.5, 3.0)
}
figure = fn.plot.comparison(runs, "64-16-10 tanh network on 300 digits, gradient descent")

# %%
# The same in numbers, of the longest step:

fn.breakdown(runs["step 3.0"], every=5)
