"""Layered states at a complex nudge: the same relaxation, continued analytically.

Contours of nudges want it (2209.00530). Products are NumPy's: a complex state is an oracle's, not
a run's.
"""

import numpy as np

from ...kernels.scalar.states import BOUNDED, TANH
from .._relaxation import Relaxed

_TRIES = 50  # of Newton's method, for outputs that a spring holds


def relax_complex(system, W, x, layers, pull, order, sweeps, tolerance):
    """Let complex layers (m, n_l) relax in place, in the order of a schedule."""
    taken, change, top = 0, np.inf, len(layers) - 1
    while taken < sweeps:
        change, group = 0.0, []
        for layer in order:
            if layer >= 0:
                group.append(layer)
                continue
            driven = system.drive(W, x, layers)  # of all: few are needed, and this is no hot path
            for each in group:
                pulled = pull if each == top else None
                new = settled(system.codes[each], driven[each], pulled)
                change = max(change, float(np.abs(new - layers[each]).max(initial=0.0)))
                layers[each][...] = new
            group = []
        taken += 1
        if change <= tolerance or change != change:
            break
    return Relaxed(taken, change)


def settled(code, a, pull):
    """s with G′(s) + held·s = a + drive."""
    if pull is None:
        return _sigma(code, a)[0]
    drive, held = a + pull.drive, pull.held
    if code == BOUNDED:
        return drive / (1 + held)
    z = drive - held * _sigma(code, drive)[0]
    for _ in range(_TRIES):
        s, slope = _sigma(code, z)
        step = (z + held * s - drive) / (1 + held * slope)
        z = z - step
        if np.abs(step).max(initial=0.0) <= 4 * np.finfo(z.real.dtype).eps:
            break
    return _sigma(code, z)[0]


def _sigma(code, z):
    """σ and σ′ of a smooth unit."""
    if code == BOUNDED:
        return z, np.ones_like(z)
    if code == TANH:
        t = np.tanh(z)
        return t, (1 - t) * (1 + t)
    t = np.tanh(2 * z - 1)
    return (1 + t) / 2, (1 - t) * (1 + t)
