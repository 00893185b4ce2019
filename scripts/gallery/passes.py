"""
Minima, and the passes between them
===================================

A network that learns the exclusive or, with a little weight decay, has several minima. Between two
of them the straight path climbs high; a band finds the pass. All of them together make a tree: each
minimum is a leaf, and groups join where the lowest path between them passes.
"""

import numpy as np

import flownet as fn

net = fn.Network([2, 2, 1])
potential = fn.Potential(net, fn.Quadratic(), fn.data.load("xor")) + 1e-3 * fn.Parabola(net.size)
starts = [2 * np.random.default_rng(seed).normal(size=net.size) for seed in range(5)]
minima = [fn.minimum(potential, W) for W in starts]
partner = minima[0].W.copy()
(weights, bias), (above, _) = net.unpack(partner)  # views: one unit with all its signs changed
weights[0], bias[0], above[:, 0] = -weights[0], -bias[0], -above[:, 0]

# %%

found = fn.band(potential, minima[0], partner)
print(found)
fn.plot.band(found)

# %%

fn.plot.connectedness(fn.connectedness(potential, minima))
