"""
A run that changes lane
=======================

Two runs on XOR and their flow, in the plane of their paths. Both steps are stable and no step goes
uphill, and yet the longer one ends in another valley.
"""

import flownet as fn

potential = fn.Potential(fn.Network([2, 2, 1]), fn.Quadratic(), fn.data.load("xor"))
W0 = potential.network.init(seed=21)
run = fn.train(potential, fn.Aristotle(0.6), W0=W0, steps=250)
flow = fn.flow(potential, W0=W0, time=run.time[-1], at=run.time)
figure = fn.plot.flows(run, flow)

# %%
# Where it leaves, and by what:

fn.departure(run)
