"""A double well as users write it, in two forms, a potential of it, and where runs begin."""

import numpy as np

import flownet as fn

W0 = np.array([0.3, -0.7, 1.2])


def well(W):
    """That of DoubleWell, in its arithmetic."""
    total, dL = 0.0, np.empty_like(W)
    for i in range(W.size):
        square = W[i] * W[i] - W.dtype.type(1)
        total += square * square
        dL[i] = W.dtype.type(0.5) * W[i] * square
    return total / 8, dL


def well_in_place(W, dL):
    """The same, without an allocation."""
    total = 0.0
    for i in range(W.size):
        square = W[i] * W[i] - 1
        total += square * square
        dL[i] = 0.5 * W[i] * square
    return total / 8


def own(function, size=3, **given):
    return fn.CustomPotential(size, function, **given)
