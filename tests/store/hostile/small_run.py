"""The run that is damaged and forged: a small network on four samples, from one beginning."""

import numpy as np

import flownet as fn

DATA = fn.Dataset(np.eye(4)[:, :2], np.ones((4, 1)))
POTENTIAL = fn.Potential(fn.Network([2, 3, 1]), fn.Quadratic(), DATA)
W = POTENTIAL.init(0)
