"""Scalar RMSProp: the force over the remembered length of the whole of dL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..._errors import FlownetError
from ..._registry import kind
from ...kernels.scalar import mechanics as scalar
from .. import _check
from ._mechanics import Mechanics, share

if TYPE_CHECKING:
    from ..._types import NotNegative, Positive, Share, Step


@kind("mechanics", "scalar-rmsprop")
class ScalarRMSProp(Mechanics):
    """RMSProp with one memory for all parameters: W ← W + step·F/(√ν + ε), ν = ⟨‖dL‖²⟩.

    ν ← βν + (1 − β)‖dL‖², then the step, as of `RMSProp`; ν begins at 0. It is descent whose step
    size step/√ν adapts: at the edge of stability it is held at 2/sharpness (Cohen et al.,
    arXiv:2410.24206), and `central_flow` says how. ‖dL‖ is that of the run's metric, and in a norm
    that is no metric the dual one.

    Parameters
    ----------
    step : float, str or policy
        Learning rate η.
    memory : float
        β, the share of ν that a step keeps.
    epsilon : float
        Least √ν.
    weight_decay : float
        κ: dL + κW for dL, as of `RMSProp`.

    Raises
    ------
    FlownetError
        For numbers out of their range.

    Examples
    --------
    >>> import flownet as fn
    >>> run = fn.train(fn.Parabola(2), fn.ScalarRMSProp(0.1), W0=[3.0, 4.0], steps=1)
    >>> print(run.parameters[1].round(6))  # the first step is as long as 0.1/√0.01
    [2.4 3.2]
    """

    remembers = ("square",)
    own_loop = in_norm = True
    moments = "modulus"
    numbers = scalar.Aristotle()

    def __init__(
        self,
        step: Step,
        memory: Share = 0.99,
        epsilon: Positive = 1e-8,
        weight_decay: NotNegative = 0.0,
    ) -> None:
        super().__init__(step, weight_decay)
        self.memory, self.epsilon = share("memory", memory), _check.positive("epsilon", epsilon)

    def rate(self) -> Any:
        """None that kernels know."""
        raise FlownetError(
            f"{self!r} has no flow here but the central one, flownet.central_flow, which below the "
            "edge is Ẇ = −(η/√ν)·dL, ν̇ = (‖dL‖² − ν)(1 − β)/β."
        )
