"""A plane wave on a line of antennas: one snapshot of complex voltages, and where it came from.

Antenna n of a line at half a wavelength sees the wave of a source at angle θ from broadside as

    x_n = A e^{iφ} e^{iπnu} + ν_n,    u = sin θ,    n = 0 … N−1,

with an unknown phase φ of the carrier and complex Gaussian noise ν of E|ν|² = 1, its real and its
imaginary part of variance ½ each. A² is the signal-to-noise ratio of one antenna, so 10 log₁₀ A²
that in dB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._errors import FlownetError, shown
from .._random import normal, stream_key, uniform
from ._check import check_split, real, room, whole
from ._dataset import Dataset
from ._elementary import cos_sin_turns, exp
from ._made import source_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .._types import Count, Pair, Positive, Split, Vector, Whole

_INGREDIENTS = ["direction", "phase", "snr", "noise"]
_STREAMS = {
    (split, name): stream_key("data", 64 + 8 * half + counter)
    for half, split in enumerate(("train", "test"))
    for counter, name in enumerate(_INGREDIENTS)
}
_LOG10 = 2.302585092994046


def antenna(
    *,
    split: Split = "train",
    m: Count = 1000,
    antennas: Count = 8,
    snr: float | Pair = (-5.0, 20.0),
    sector: Positive = 0.9,
    seed: Whole = 0,
) -> Dataset:
    """Snapshots of a line of antennas half a wavelength apart, one far source, unknown phase.

    Parameters
    ----------
    split : {"train", "test"}
        Other directions, phases and noise.
    m, antennas : int
        Numbers of samples and of antennas.
    snr : float or pair of float
        Signal-to-noise ratio of one antenna in dB; of a pair each sample's is drawn evenly between.
    sector : float
        Directions u = sin θ are drawn evenly from −sector to sector, 1 at most.
    seed : int

    Returns
    -------
    Dataset
        x (m, antennas) complex, noise of variance 1; y (m, 1), u = sin θ.

    Raises
    ------
    FlownetError
        When an argument is out of range.
    """
    m, antennas, seed = whole("m", m, 1), whole("antennas", antennas, 2), whole("seed", seed, 0)
    room(m, 2 * antennas)
    low, high = decibels(snr)
    snr = low if low == high else (low, high)
    sector = real("sector", sector, positive=True)
    if sector > 1:
        raise FlownetError(f"sector is a sine, 1 at most, not {shown(sector)}.")
    source = source_of(
        antenna, split=check_split(split), m=m, antennas=antennas, snr=snr, sector=sector, seed=seed
    )

    def drawn(name):
        return uniform(seed, _STREAMS[split, name], m)

    u = sector * (2 * drawn("direction") - 1)
    amplitude = exp(_LOG10 / 20 * (low + (high - low) * drawn("snr")))
    wave = amplitude[:, None] * steering(u, antennas, drawn("phase"))
    noise = complex_normal(seed, _STREAMS[split, "noise"], wave.shape)
    return Dataset(wave + noise, u, name="antenna", source=source)


def steering(u: ArrayLike, antennas: int = 8, turns: float = 0.0) -> Vector:
    """Waves e^{iπnu + 2πi·turns} (m, antennas) of directions u = sin θ (m,), n = 0, 1, ….

    Parameters
    ----------
    u : array (m,)
        Sines of the directions.
    antennas : int
        How many, half a wavelength apart.
    turns : float or array (m,)
        Phase of each source, in turns.

    Returns
    -------
    ndarray (m, antennas)
        Complex voltages of modulus 1.
    """
    u, turns = np.reshape(u, (-1, 1)), np.reshape(turns, (-1, 1))
    return phasor(turns + u * (np.arange(antennas) / 2))


def phasor(turns):
    """e^{2πi·turns} of turns of any shape."""
    cosine, sine = cos_sin_turns(np.ravel(turns))
    return (cosine + 1j * sine).reshape(np.shape(turns))


def complex_normal(seed, stream, shape):
    """Complex Gaussian numbers of variance 1, filled row by row, real part first."""
    values = normal(seed, stream, 2 * int(np.prod(shape))).view(np.complex128)
    return np.sqrt(0.5) * values.reshape(shape)


def decibels(snr):
    """Lowest and highest of a ratio in dB, given as one number or as a pair."""
    try:
        ends = np.atleast_1d(np.array(snr, np.float64))
    except (TypeError, ValueError, OverflowError):
        ends = np.zeros(0)
    if ends.shape not in ((1,), (2,)) or not (np.abs(ends) <= 300).all() or ends[0] > ends[-1]:
        raise FlownetError(
            f"snr is a number of dB or a pair (low, high) of them, not {shown(snr)}."
        )
    return float(ends[0]), float(ends[-1])
