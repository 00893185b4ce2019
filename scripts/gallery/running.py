"""
How many parameters the data decide
===================================

A mode of the posterior is decided by the prior while there are few samples and by the data when
there are many; the evidence falls by half their number for each unit of log N, not by half of all
parameters, as BIC has it.
"""

import numpy as np

import flownet as fn

rng = np.random.default_rng(0)
x = rng.uniform(0, 8, (150, 1))
data = fn.Dataset(x, np.sin(x) + 0.3 * rng.normal(size=x.shape))
potential = fn.Potential(fn.Network([1, 50, 1]), fn.Quadratic(), data)
run = fn.train(potential, fn.Adam(0.01), steps=1000)
found = fn.evidence(potential, run.parameters[-1], prior=1.0, curvature="gauss-newton").refitted()
print(found)

# %%

fn.plot.running(found.running())
