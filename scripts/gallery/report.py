"""
A run in six panels
===================

`fn.plot.report` looks at some steps of a run and draws what they promised and delivered, the shares
of each order, pairs beside chance, the sharpness, and the charges that a relu network's flow keeps
and its finite steps move.
"""

import flownet as fn

data = fn.data.load("digits", limit=300)
potential = fn.Potential(fn.Network([64, 16, 10], "relu"), fn.Quadratic(), data)
run = fn.train(potential, fn.Aristotle(0.2), steps=200)
figure = fn.plot.report(run)
