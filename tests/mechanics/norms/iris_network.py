"""A small network on iris, on which steps in norms are taken."""

import flownet as fn

NET = fn.Network([4, 6, 3])
DATA = fn.data.load("iris")
POTENTIAL = fn.Potential(NET, fn.CrossEntropy(), DATA)
W0 = NET.init(seed=1)
D = NET.size
