"""The layer metric: one stiffness for each layer of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import kind
from ...model.network import Network
from ...model.potential import RealLayout
from ._ranges import Ranges

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@kind("metric", "layer")
class LayerMetric(Ranges):
    """One stiffness for each layer's weights and bias; `inf` freezes the layer (TM 8-10).

    Parameters
    ----------
    network : Network
    stiffness : sequence of float, or "width"
        One number above 0 a layer; a layer of stiffness 100 moves a hundredth as fast. "width" is
        `LayerMetric.from_width`.

    Raises
    ------
    FlownetError
        When the numbers are not one a layer, or not above 0.
    """

    def __init__(self, network: Network, stiffness: Literal["width"] | ArrayLike) -> None:
        check_network(network)
        given = stiffness
        if isinstance(given, str) and given == "width":
            stiffness = network.sizes[:-1]
        try:
            stiffness = np.array(stiffness, np.float64)
        except (TypeError, ValueError, OverflowError):
            stiffness = np.zeros(0)
        if stiffness.shape != (network.layers,) or not (stiffness > 0).all():
            raise FlownetError(
                f"stiffness is {shown(given)}; it has to be {network.layers} numbers "
                "above 0, one for each layer (inf freezes it), or 'width'."
            )
        super().__init__([0, *(end for _, end in network.ranges)], stiffness)

    @classmethod
    def from_width(cls, network: Network) -> LayerMetric:
        """Stiffness n_in of a layer that n_in units enter: the neural-tangent parametrisation.

        There a layer's parameters are w = u/√n_in with the u of order 1, biases like the weight of
        one more input that is always 1. A plain step in u is −step·∂L/∂u = −(step/√n_in)·∂L/∂w,
        which moves w by −(step/n_in)·∂L/∂w: the step in w of stiffness n_in. Layers of any width
        then change their outputs at a rate that does not grow with the width (Jacot, Gabriel &
        Hongler 2018).
        """
        return cls(network, "width")

    def parameters(self) -> dict[str, Any]:
        """What makes this metric again, beside its network."""
        return {"stiffness": self.stiffness.tolist()}

    def __repr__(self):
        return f"LayerMetric({self.stiffness.tolist()})"


def check_network(network):
    """Refuse what is no network."""
    if not isinstance(network, (Network, RealLayout)):
        raise FlownetError(
            f"network is a {type(network).__name__}; it has to be a flownet.Network."
        )
