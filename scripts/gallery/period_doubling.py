"""
From one valley to chaos
========================

Gradient descent in a double well: where its steps go, for each length. The flow comes to W = 1
whatever its way. The finite map doubles its period at the step 2/L″ = 2, again at 2.47, and is
chaotic beyond 2.6.
"""

import numpy as np

import flownet as fn

found = fn.bifurcation(fn.DoubleWell(), np.linspace(1.8, 3.0, 240), W0=[0.3], kept=60)
figure = fn.plot.bifurcation(found, title="Gradient descent in the double well L = (W² − 1)²/8")
