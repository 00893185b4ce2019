"""The terms of one finite step, each with the noise floor below which its digits mean nothing.

L(W+δ) − L(W) = D¹ + D²/2 + remainder: promised, second order, and what is left of what was
delivered. A float32 run is looked at in float64: the question is what the finite step did on the
loss surface, not what the arithmetic did to the sum.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from .. import _random
from .._errors import FlownetError

_DRAWS = 3  # wiggles that measure a noise floor
_SAFETY = 3.0  # from their root mean square to a level that errors seldom pass


@dataclass(frozen=True)
class Breakdown:
    """One finite step, term by term: `linear + second + remainder = actual` (TM §3.6).

    Attributes
    ----------
    iteration : int or None
    step : float
        In units of time; 1 for a displacement given as such.
    loss : float
        Before the step.
    linear : float
        First order: what the linearization promised, dL(δ).
    second : float
        Second order ½H(δ,δ), exact.
    remainder : float
        Third order and beyond.
    actual : float
        What was delivered, L(W+δ) − L(W).
    noise : dict
        Noise floor of each term.
    """

    step: float
    loss: float
    linear: float
    second: float
    actual: float
    noise: dict = field(repr=False)
    iteration: int | None = None
    time: float | None = None

    @property
    def remainder(self):
        """Third order and beyond."""
        return self.actual - self.linear - self.second

    @property
    def critical_step(self):
        """Step at which second order reaches first, 2‖dL‖²/H(V,V), with the curvature's sign.

        Infinite where second order is noise, NaN where the promise is.
        """
        if abs(self.second) <= self.noise["second"]:
            return np.inf
        if abs(self.linear) <= self.noise["linear"]:
            return np.nan
        return self.step * abs(self.linear) / self.second

    @property
    def ratio(self):
        """Second order over first, |½H(δ,δ)| / |dL(δ)|: the step over the critical step.

        NaN where the promise is noise.
        """
        if abs(self.linear) <= self.noise["linear"]:
            return np.nan
        return abs(self.second / self.linear)

    def __str__(self):
        from ._table import one_step

        return one_step(self)


def break_down(potential, W, displacement, step, iteration=None, time=None):
    """`Breakdown` of a displacement δ (D,) at parameters W (D,), in float64."""
    if not hasattr(potential, "jet"):
        raise FlownetError(f"a {type(potential).__name__} offers no jet(W, V, order): its steps "
                           "cannot be broken down.")
    potential = potential.with_dtype("float64")
    W, delta = np.asarray(W, np.float64), np.asarray(displacement, np.float64)
    loss, linear, second = potential.jet(W, delta, 2)
    return Breakdown(step=float(step), loss=float(loss), linear=float(linear),
                     second=float(second), actual=potential.difference(W, delta),
                     noise=_noise(potential, W, delta, (linear, second)),
                     iteration=iteration, time=time)


def _noise(potential, W, delta, terms):
    """Noise floors: how far each term moves when every number moves by its last place."""
    changes = []
    for draw in range(_DRAWS):
        start = _wiggled(W, 3 * draw)
        _, linear, second = potential.jet(start, _wiggled(delta, 3 * draw + 1), 2)
        begin = potential.difference(W, start - W)
        end = potential.difference(W + delta, _wiggled(W + delta, 3 * draw + 2) - (W + delta))
        changes.append((linear - terms[0], second - terms[1], end - begin))
    least = np.finfo(float).eps * np.abs([*terms, potential.difference(W, delta)])
    linear, second, actual = (_SAFETY * math.hypot(*column) / math.sqrt(_DRAWS) + floor
                              for column, floor in zip(np.transpose(changes), least))
    return {"linear": float(linear), "second": float(second), "actual": float(actual),
            "remainder": math.hypot(linear, second, actual)}


def _wiggled(vector, counter):
    """Every component one unit in the last place up or down, by a fixed random word."""
    words = _random.words(0, _random.stream_key("probes", counter), len(vector))
    toward = np.where(words >> np.uint64(63), np.inf, -np.inf)
    return np.nextafter(vector, toward)
