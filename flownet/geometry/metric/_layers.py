"""Layer metrics of many runs, as one array of stiffness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model.network import Network
from ._layer import LayerMetric

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class LayerMetrics(Sequence[LayerMetric]):
    """Layer metrics of one network, each made when it is asked for.

    Parameters
    ----------
    network : Network
    stiffness : array (R, L)
        One row a metric, of numbers above 0.

    Attributes
    ----------
    inverse : ndarray (R, L)
        Of each its `inverse`.
    lowest : ndarray (R,)
        The first layer that moves; L where all are frozen.

    Raises
    ------
    FlownetError
        As `LayerMetric`, for the first row that is none.
    """

    def __init__(self, network: Network, stiffness: ArrayLike) -> None:
        self._network, self.stiffness = network, np.asarray(stiffness, np.float64)
        wrong = np.flatnonzero(~(self.stiffness > 0).all(axis=1))
        self[wrong[0] if len(wrong) else 0]  # which refuses what is none
        frozen = np.isinf(self.stiffness)
        self.inverse = np.where(frozen, 0.0, 1.0 / self.stiffness)
        self.lowest = np.where(frozen.all(axis=1), network.layers, np.argmin(frozen, axis=1))

    def __len__(self) -> int:
        return len(self.stiffness)

    def __getitem__(self, i: Any) -> Any:
        """The i-th metric; several of them where an array says which."""
        if isinstance(i, (int, np.integer)):
            return LayerMetric(self._network, self.stiffness[i])
        return LayerMetrics(self._network, self.stiffness[i])
