"""Samples of a box: settings drawn evenly between bounds, instead of a grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .. import _random
from .._errors import FlownetError, shown

if TYPE_CHECKING:
    from .._types import Count, Whole

LAWS = ("sobol", "random")


class Box:
    """Points of a box, as the values of one axis of a sweep.

    Parameters
    ----------
    ranges : dict
        {key: (low, high)} or {key: (low, high, "log")}: from low to high, evenly in the number or
        in its logarithm. Keys are words of an experiment file.
    samples : int
        Number of points.
    law : {"sobol", "random"}
        A low-discrepancy sequence, whose points keep their distance, or independent ones.
    seed : int
        Of both: it shifts the sequence as a whole.

    Raises
    ------
    FlownetError
        For ranges that are none, and laws that do not exist.

    Examples
    --------
    >>> import flownet as fn
    >>> box = fn.Box({"mechanics.step": (1e-3, 1, "log"), "mechanics.friction": (0, 2)}, samples=64)
    >>> len(box.points())
    64
    """

    def __init__(
        self,
        ranges: Mapping[str, Any],
        samples: Count,
        *,
        law: Literal["sobol", "random"] = "sobol",
        seed: Whole = 0,
    ) -> None:
        if not isinstance(ranges, Mapping) or not ranges:
            raise FlownetError(f"ranges is {shown(ranges)}; it has to be {{key: (low, high)}}.")
        if isinstance(samples, bool) or not isinstance(samples, (int, np.integer)) or samples < 1:
            raise FlownetError(f"samples is {shown(samples)}; a whole number above 0 is wanted.")
        if not isinstance(law, str) or law not in LAWS:
            raise FlownetError(f"law is {shown(law)}; it has to be one of {', '.join(LAWS)}.")
        self.keys = list(ranges)
        self._ranges = [_range(key, given) for key, given in ranges.items()]
        self.samples, self.law, self.seed = int(samples), law, seed

    def points(self) -> list[tuple[float, ...]]:
        """The points, one number a key."""
        drawn = self._even()
        columns = [_stretched(drawn[:, i], *r) for i, r in enumerate(self._ranges)]
        return list(zip(*(column.tolist() for column in columns)))

    def _even(self):
        """Points (samples, keys) of the unit cube."""
        n = len(self.keys)
        stream = _random.stream_key("box", 0)
        if self.law == "random":
            return _random.uniform(self.seed, stream, self.samples * n).reshape(self.samples, n)
        from scipy.stats import qmc

        # a power of two is drawn, since the sequence is even over those; its shift is ours, so
        # that the points do not depend on the version of a library's generator
        points = qmc.Sobol(n, scramble=False).random_base2((self.samples - 1).bit_length())
        return (points[: self.samples] + _random.uniform(self.seed, stream, n)) % 1

    def __repr__(self):
        return f"Box({self.keys}, samples={self.samples}, law={self.law!r})"


def _range(key, given):
    low, high, *how = given if isinstance(given, (list, tuple)) else (None, None)
    logarithmic = how == ["log"]
    numbers = all(
        isinstance(x, (int, float, np.number)) and not isinstance(x, bool) and np.isfinite(x)
        for x in (low, high)
    )
    if not numbers or not low < high or how not in ([], ["log"]) or (logarithmic and low <= 0):
        raise FlownetError(
            f"the range of {key!r} is {shown(given)}; it has to be (low, high) with low < high, or "
            '(low, high, "log") with low above 0.'
        )
    return float(low), float(high), logarithmic


def _stretched(u, low, high, logarithmic):
    """Numbers of [0, 1) between two bounds."""
    if logarithmic:
        return np.exp(np.log(low) + u * (np.log(high) - np.log(low)))
    return low + u * (high - low)
