"""Adaptive mechanics as a metric that moves with the run: stiffness √⟨F²⟩ + ε (TM 26)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError
from ...geometry.metric import DiagonalMetric

if TYPE_CHECKING:
    from ...geometry.metric import Metric
    from ...motion.loops import State

MOVING = "moving"  # the kind of metric that `moving_metric` gives, in files


def moving_metric(state: State) -> Metric:
    """Metric in which RMSProp's, Adam's or `ThierryMieg`'s next step from a state is steepest.

    Its stiffness is g·P, P = √⟨F²⟩ + ε with the force of the step to come in it, and g that of the
    run's metric: with no memory of ⟨F⟩ and no inertia, W ← W − step·(gP)^♯dL is the step itself. It
    is at a standstill in time: `breakdown`, `flow`, `sharpness` and `eigenpairs` take it as any
    other metric. Of other mechanics it is the run's own.

    Parameters
    ----------
    state : State

    Returns
    -------
    DiagonalMetric, or the run's metric

    Raises
    ------
    FlownetError
        For complex parameters with separate moments, where Re W and Im W differ in stiffness.
    """
    mechanics, metric = state.mechanics, state.metric
    sizing = mechanics.sizing
    if sizing is None:
        return metric
    if not metric.diagonal:
        raise FlownetError(
            f"{metric!r} couples parameters: what {mechanics!r} makes of it is no diagonal metric."
        )
    if np.iscomplexobj(state.W) and mechanics.moments == "separate":
        raise FlownetError(
            "separate moments give Re W and Im W a stiffness each, and a metric has "
            "one for both: moments='modulus' has."
        )
    beta, corrected, centered = sizing
    F, memories = state.force, state.memories
    square = beta * memories["square"] + (1 - beta) * np.abs(F) ** 2
    if corrected:
        square = square / (1 - beta ** (state.age + 1))
    if centered:
        square = np.maximum(square - np.abs(beta * memories["centre"] + (1 - beta) * F) ** 2, 0)
    return DiagonalMetric(metric.own * (np.sqrt(square) + mechanics.epsilon))
