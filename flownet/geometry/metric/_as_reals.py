"""Complex vectors as the reals that they are made of."""

import numpy as np


def as_reals(V):
    """A vector (D,) as the reals that it is made of, (D,) or (2D,): re, im, re, im, …"""
    return np.ascontiguousarray(V).view(V.real.dtype)
