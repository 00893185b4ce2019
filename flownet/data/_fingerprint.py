"""Magnetic-resonance fingerprints: what a pseudo-random pulse train makes of T1, T2 and f.

After an inversion a train of balanced pulses of alternating sign, whose flip angles and waits never
settle, drives the magnetisation through a transient that tells relaxation times and off-resonance
apart (Ma et al., Nature 495, 2013, 187). The signal comes with an unknown amplitude and phase,

    x_n = A e^{iφ} s_n(T1, T2, f) + ν_n,    A from ½ to 2,    E|ν|² = σ².
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._random import stream_key, uniform
from ._antenna import complex_normal, decibels, phasor
from ._bloch import bloch
from ._check import check_split, room, whole
from ._dataset import Dataset
from ._elementary import cos_sin_turns, exp
from ._made import source_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .._types import Count, Pair, Split, Whole

_INGREDIENTS = ["t1", "t2", "f", "amplitude", "phase", "snr", "noise"]
_STREAMS = {
    (split, name): stream_key("data", 80 + 8 * half + counter)
    for half, split in enumerate(("train", "test"))
    for counter, name in enumerate(_INGREDIENTS)
}
_FLIPS, _WAITS = stream_key("data", 96), stream_key("data", 97)
_LOG2, _LOG10 = 0.6931471805599453, 2.302585092994046

#: Ends of T1 and T2 in s, both drawn evenly in their logarithms, and of f in Hz, drawn evenly.
T1, T2, F = (0.3, 3.0), (0.03, 0.3), (-30.0, 30.0)
#: Time from a pulse to its reading in s.
ECHO = 0.005


def fingerprint(
    *,
    split: Split = "train",
    m: Count = 1000,
    points: Count = 120,
    snr: float | Pair = 40.0,
    seed: Whole = 0,
) -> Dataset:
    """Signals of a balanced pulse train with unknown amplitude and phase, and their tissues.

    Parameters
    ----------
    split : {"train", "test"}
        Other tissues and noise, the same train of pulses.
    m, points : int
        Numbers of samples and of pulses, each with one reading.
    snr : float or pair of float
        Equilibrium magnetisation of amplitude 1 over the noise's σ, in dB; of a pair each
        sample's is drawn evenly between.
    seed : int

    Returns
    -------
    Dataset
        x (m, points) complex; y (m, 3), log T1, log T2 and f, each from −1 to 1 between its ends;
        `tissue` makes seconds and Hz of them.

    Raises
    ------
    FlownetError
        When an argument is out of range.
    """
    m, points, seed = whole("m", m, 1), whole("points", points, 1), whole("seed", seed, 0)
    room(m, 2 * points)
    low, high = decibels(snr)
    snr = low if low == high else (low, high)
    source = source_of(
        fingerprint, split=check_split(split), m=m, points=points, snr=snr, seed=seed
    )

    def drawn(name):
        return uniform(seed, _STREAMS[split, name], m)

    y = 2 * np.stack([drawn("t1"), drawn("t2"), drawn("f")], axis=1) - 1
    (t1, t2, f), (flip, phase, wait) = tissue(y).T, pulses(points)
    signal = bloch(t1, t2, f, flip, phase, wait, ECHO, start=-1.0)
    amplitude = exp(_LOG2 * (2 * drawn("amplitude") - 1))
    c, s = cos_sin_turns(drawn("phase"))
    sigma = exp(-_LOG10 / 20 * (low + (high - low) * drawn("snr")))
    noise = sigma[:, None] * complex_normal(seed, _STREAMS[split, "noise"], signal.shape)
    x = np.empty_like(signal)
    x.real = (amplitude * (c * signal.real.T - s * signal.imag.T)).T
    x.imag = (amplitude * (s * signal.real.T + c * signal.imag.T)).T
    return Dataset(x + noise, y, name="fingerprint", source=source)


def tissue(y: ArrayLike) -> Any:
    """T1 and T2 in s and f in Hz (m, 3) of coordinates y (m, 3) from −1 to 1."""
    share = (np.asarray(y, np.float64) + 1) / 2
    columns = [low * exp(share[:, i] * _LOG10) for i, (low, _) in enumerate((T1, T2))]
    return np.stack([*columns, F[0] + (F[1] - F[0]) * share[:, 2]], axis=1)


def pulses(points: int = 120) -> Any:
    """Flip angles and phases in degrees, and waits in s, of the train, each (points,).

    Flip angles are lobes of 10 to 70 degrees, 40 pulses long, with a random jitter of 5 degrees
    either way; phases alternate; waits are 10 to 14 ms. A longer train begins with the shorter one.
    """
    n = np.arange(points)
    lobe = np.abs(phasor(n / 80).imag)
    flip = 10 + 60 * lobe + 10 * (uniform(0, _FLIPS, points) - 0.5)
    return flip, 180.0 * (n % 2), 0.010 + 0.004 * uniform(0, _WAITS, points)
