"""Bloch's equation for isochromats under a train of pulses: rotations, precession and relaxation.

    dM/dt = γ M × B − (M_x, M_y, 0)/T2 − (0, 0, M_z − 1)/T1

A pulse of flip angle α and phase φ rotates M by α about the axis (cos φ, sin φ, 0), by the right
hand; between pulses M precesses by f cycles a second and relaxes. Both are exact, so that no step
size enters. Real arithmetic in a fixed order: the same bits on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._errors import FlownetError
from ._elementary import cos_sin_turns, exp

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .._types import Vector


def bloch(
    t1: ArrayLike,
    t2: ArrayLike,
    f: ArrayLike,
    flip: ArrayLike,
    phase: ArrayLike,
    wait: ArrayLike,
    echo: float,
    *,
    start: float = 1.0,
    spoiled: bool = False,
) -> Vector:
    """Transverse magnetisation M_x + iM_y at the echo of every pulse of a train.

    Parameters
    ----------
    t1, t2 : array (m,)
        Relaxation times in s.
    f : array (m,)
        Off-resonance in Hz.
    flip, phase : array (n,)
        Flip angle and phase of each pulse in degrees.
    wait : array (n,) or float
        Time from each pulse to the next (TR) in s.
    echo : float
        Time from each pulse to its reading (TE) in s, the shortest wait at most.
    start : float
        M_z before the first pulse, in units of equilibrium; −1 after an inversion.
    spoiled : bool
        Whether nothing transverse is left when the next pulse comes.

    Returns
    -------
    ndarray (m, n), complex

    Raises
    ------
    FlownetError
        Unless arrays of tissues have one length m and those of pulses one n, times are above 0,
        and the echo comes before the next pulse.
    """
    t1, t2, f = (np.atleast_1d(np.asarray(a, np.float64)) for a in (t1, t2, f))
    flip, phase, wait = np.broadcast_arrays(*(np.atleast_1d(a) for a in (flip, phase, wait)))
    if not t1.shape == t2.shape == f.shape or flip.ndim != 1:
        raise FlownetError(
            "bloch wants t1, t2 and f of one shape (m,), and flip, phase and wait "
            "of one shape (n,)."
        )
    if not (t1.min() > 0 and t2.min() > 0 and wait.min() > 0 and 0 <= echo <= wait.min()):
        raise FlownetError(
            "bloch wants t1, t2 and wait above 0, and the echo from 0 to the shortest wait."
        )
    M = np.zeros_like(t1), np.zeros_like(t1), np.full_like(t1, start)
    signal = np.empty((len(t1), len(flip)), np.complex128)
    reading = _Free(t1, t2, f, echo)
    for n, turn in enumerate(_rotations(flip, phase)):
        M = reading(*_rotated(turn, *M))
        signal.real[:, n], signal.imag[:, n] = M[:2]
        M = _Free(t1, t2, f, wait[n] - echo)(*M)
        if spoiled:
            M = np.zeros_like(t1), np.zeros_like(t1), M[2]
    return signal


def _rotations(flip, phase):
    """Rotation matrices (n, 3, 3) by the flip angles about the axes (cos φ, sin φ, 0)."""
    c, s = cos_sin_turns(flip / 360)
    x, y = cos_sin_turns(phase / 360)
    rest = 1 - c
    rows = [
        [c + rest * x * x, rest * x * y, s * y],
        [rest * x * y, c + rest * y * y, -s * x],
        [-s * y, s * x, c],
    ]
    return np.moveaxis(np.array(rows), 2, 0)


def _rotated(R, x, y, z):
    """R·M, the sums in their order."""
    return tuple(row[0] * x + row[1] * y + row[2] * z for row in R)


class _Free:
    """A time without pulses: precession by f, relaxation by T1 and T2."""

    def __init__(self, t1, t2, f, time):
        self.z, self.xy = exp(-time / t1), exp(-time / t2)
        self.c, self.s = cos_sin_turns(f * time)

    def __call__(self, x, y, z):
        return (
            self.xy * (self.c * x - self.s * y),
            self.xy * (self.s * x + self.c * y),
            1 + self.z * (z - 1),
        )
