"""Motions that have a closed form: a mass on a spring between two ends, and under a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._errors import FlownetError
from .._random import stream_key, uniform
from ._check import check_split, real, whole
from ._dataset import Dataset
from ._elementary import cos_sin_turns
from ._made import source_of

if TYPE_CHECKING:
    from .._types import Count, Positive, Split, Vector, Whole

_INGREDIENTS = ["ends", "tones", "phases", "strengths"]
_STREAMS = {
    (split, name): stream_key("data", 96 + 8 * half + counter)
    for half, split in enumerate(("train", "test"))
    for counter, name in enumerate(_INGREDIENTS)
}
_TWO_PI = 6.283185307179586


def spring(
    *,
    split: Split = "train",
    m: Count = 20,
    steps: Count = 20,
    time: Positive = 1.0,
    stiffness: Positive = 4.0,
    seed: Whole = 0,
) -> Dataset:
    """Paths of a mass on a spring between two ends, q̈ = −κq with q(0) = a and q(T) = b.

    q(t) = (a·sin ω(T − t) + b·sin ωt)/sin ωT with ω = √κ. `LeastAction` learns κ of them.

    Parameters
    ----------
    split : {"train", "test"}
        Other ends.
    m, steps : int
        Samples, and steps from end to end, two or more.
    time : float
        T, where ωT is below π: a mass comes back to 0 at π.
    stiffness : float
        κ, of a mass of 1.
    seed : int

    Returns
    -------
    Dataset
        x (m, 2), both ends, drawn evenly from −1 to 1; y (m, steps − 1), the path between them.

    Raises
    ------
    FlownetError
        When an argument is out of range.
    """
    m, steps, seed = whole("m", m, 1), whole("steps", steps, 2), whole("seed", seed, 0)
    time, stiffness = real("time", time, positive=True), real("stiffness", stiffness, positive=True)
    turns = np.sqrt(stiffness) * time / _TWO_PI
    if turns >= 0.5:
        raise FlownetError(
            f"time is {time:g}; the square root of stiffness times it has to be below π."
        )
    source = source_of(
        spring,
        split=check_split(split),
        m=m,
        steps=steps,
        time=time,
        stiffness=stiffness,
        seed=seed,
    )
    ends = 2 * uniform(seed, _STREAMS[split, "ends"], 2 * m).reshape(m, 2) - 1
    sine = cos_sin_turns(turns / steps * np.arange(steps + 1))[1]
    path = (ends[:, :1] * sine[-2:0:-1] + ends[:, 1:] * sine[1:-1]) / sine[-1]
    return Dataset(ends, path, name="spring", source=source)


def resonator(
    *,
    split: Split = "train",
    m: Count = 20,
    steps: Count = 100,
    time: Positive = 10.0,
    stiffness: Positive = 2.0,
    tones: Count = 3,
    seed: Whole = 0,
) -> Dataset:
    """Answers of a resonator at rest to signals of a few tones, q̈ = −κq + u with u = Σ a_k·cos.

    Tones are between a fifth and four fifths of its own ω = √κ, with any phases, and strengths from
    −1 to 1. What it answers is each tone times 1/(κ − ω_k²), and what its own tone has to add for
    it to begin at rest. `Echo` learns κ, and how strongly u drives it, of these.

    Parameters
    ----------
    split : {"train", "test"}
        Other tones.
    m, steps, tones : int
        Samples, steps, and tones of each signal.
    time : float
    stiffness : float
        κ, of a mass of 1.
    seed : int

    Returns
    -------
    Dataset
        x (m, steps + 1), the signal; y (m, steps + 1), where the resonator is at the same moments.

    Raises
    ------
    FlownetError
        When an argument is out of range.
    """
    m, steps, tones = whole("m", m, 1), whole("steps", steps, 1), whole("tones", tones, 1)
    time, stiffness = real("time", time, positive=True), real("stiffness", stiffness, positive=True)
    seed, words = whole("seed", seed, 0), {"m": m, "steps": steps, "time": time}
    words |= {"stiffness": stiffness, "tones": tones, "seed": seed}
    source = source_of(resonator, split=check_split(split), **words)

    def drawn(name):
        return uniform(seed, _STREAMS[split, name], m * tones).reshape(m, tones)

    omega = np.sqrt(stiffness)
    tone, phase, strength = 0.2 + 0.6 * drawn("tones"), drawn("phases"), 2 * drawn("strengths") - 1
    t = time / steps * np.arange(steps + 1)
    own_cosine, own_sine = cos_sin_turns(omega / _TWO_PI * t)
    u, q = np.zeros((2, m, steps + 1))
    for k in range(tones):
        turns = omega / _TWO_PI * tone[:, k, None] * t + phase[:, k, None]
        wave = strength[:, k, None] * _cosine(turns)
        at_0, speed = _beginning(tone[:, k], phase[:, k], strength[:, k])
        answer = 1 / (stiffness * (1 - tone[:, k, None] * tone[:, k, None]))
        u = u + wave
        q = q + answer * (wave - at_0[:, None] * own_cosine - speed[:, None] * own_sine)
    return Dataset(u, q, name="resonator", source=source)


def _cosine(turns: Vector) -> Vector:
    return cos_sin_turns(turns.ravel())[0].reshape(turns.shape)


def _beginning(tone, phase, strength):
    """A tone at time 0, and its slope over ω."""
    cosine, sine = cos_sin_turns(phase)
    return strength * cosine, -strength * tone * sine
