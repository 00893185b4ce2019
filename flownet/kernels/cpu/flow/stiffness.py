"""Which method is at work: the pair, or where stability limits its steps the stabilised one.

The stabilised method takes some √(h·λ) evaluations a step instead of steps of 3.3/λ each. λ, the
spectral radius, follows from a nonlinear power method that begins where the last one ended, every
few steps, and whenever a step is refused.
"""

import math

import numpy as np

from ...layout import (
    CALLS,
    CALLS_THEN,
    CHEBYSHEV,
    DORMAND_PRINCE,
    FRESH,
    NOW,
    RADIUS,
    SINCE,
    STIFF,
    T_THEN,
    T,
)
from .dormand_prince import CALLS_A_STEP, EDGE
from .solution import distance2, put

_PATIENCE = 15  # steps in a row, net, that are limited by stability
_WARY = 60  # steps more that are not counted after going back to the pair
_STEPS = 25  # of the stabilised method between two searches for the radius
_MARGIN = 1.2  # of the spectral radius over what was found
_CLOSE = 0.01  # relative change of the radius at which it counts as found
_ACTIONS = 50  # evaluations of a search at most


def switch(velocity, compiled):
    """`choose_method(followed, s, stabilise)`, and `find_radius(followed, s)` of the spectrum."""

    def find_radius(followed, s):
        """Find the spectral radius of ∂f/∂y at y."""
        n, here, along, image = s.numbers, s.k[6] if s.numbers[FRESH] else s.k[0], s.stage, s.other
        length = math.sqrt(np.finfo(here.dtype).eps) * max(
            1e-3, math.sqrt(distance2(s.y, s.zeros, s.scratch))
        )
        v, radius, before = s.direction, 0.0, 0.0
        size = math.sqrt(distance2(v, s.zeros, s.scratch))
        if not size > 0:
            put(v, here)
            size = math.sqrt(distance2(v, s.zeros, s.scratch))
        for action in range(_ACTIONS):
            if not size > 0:
                break
            factor = here.dtype.type(length / size)
            for i in range(v.size):
                along[i] = s.y[i] + factor * v[i]
            velocity(followed, along, image, s.aside)
            n[CALLS] += 1
            for i in range(v.size):
                v[i] = image[i] - here[i]
            size = math.sqrt(distance2(v, s.zeros, s.scratch))
            before, radius = radius, size / length
            if action > 0 and abs(radius - before) <= _CLOSE * radius:
                break
        n[RADIUS], n[SINCE], n[CALLS_THEN], n[T_THEN] = _MARGIN * radius, 0, n[CALLS], n[T]

    find_radius = compiled(find_radius)

    def choose_method(followed, s, stabilise):
        """Change the method, or find the radius anew, if it is time."""
        n = s.numbers
        if n[NOW] == DORMAND_PRINCE:
            if n[STIFF] >= _PATIENCE:
                if stabilise:
                    find_radius(followed, s)
                    n[NOW] = CHEBYSHEV
                else:
                    n[STIFF] = -math.inf
        elif n[SINCE] >= _STEPS:
            # had the pair, limited by stability, taken fewer evaluations?
            by_pair = CALLS_A_STEP * n[RADIUS] / EDGE * (n[T] - n[T_THEN])
            if n[CALLS] - n[CALLS_THEN] > by_pair:
                n[NOW], n[STIFF] = DORMAND_PRINCE, -_WARY
            else:
                find_radius(followed, s)

    return compiled(choose_method), find_radius
