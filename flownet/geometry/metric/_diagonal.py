"""Metrics without a network: the plain one, and one stiffness for each parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import kind
from ...model._check import is_whole
from ._ranges import Ranges

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import Count


@kind("metric", "euclidean")
class Euclidean(Ranges):
    """The plain metric of D parameters: sharp and flat change nothing."""

    def __init__(self, size: Count) -> None:
        if not is_whole(size, 1, 2**48):
            raise FlownetError(f"size is {shown(size)}; it has to be a whole number above 0.")
        super().__init__([0, size], [1.0])

    def parameters(self) -> dict[str, Any]:
        """What makes this metric again."""
        return {"size": self.size}

    def __repr__(self):
        return f"Euclidean({self.size})"


@kind("metric", "diagonal")
class DiagonalMetric(Ranges):
    """One stiffness for each parameter; `inf` freezes it.

    The metric of a preconditioner: for Adam at a fixed time the stiffness is √v̂ + ε.

    Parameters
    ----------
    stiffness : array (D,)
        Numbers above 0.

    Raises
    ------
    FlownetError
        When the numbers are not above 0, or not a row of them.
    """

    def __init__(self, stiffness: ArrayLike) -> None:
        given = stiffness
        try:
            stiffness = np.array(given, np.float64)
        except (TypeError, ValueError, OverflowError):
            stiffness = np.zeros(0)
        if stiffness.ndim != 1 or not stiffness.size or not (stiffness > 0).all():
            raise FlownetError(
                f"stiffness is {shown(given)}; it has to be numbers above 0, one "
                "for each parameter (inf freezes it)."
            )
        super().__init__(np.arange(stiffness.size + 1), stiffness)

    def parameters(self) -> dict[str, Any]:
        """What makes this metric again."""
        return {"stiffness": self.stiffness}

    def __repr__(self):
        return f"DiagonalMetric of {self.size} parameters"
