"""Observables of two successive states, cheap signs of the edge: a turn, and a secant's slope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._registry import kind
from ...geometry.metric import Euclidean, as_reals
from ._observables import InMetric
from ._path import OfPath

if TYPE_CHECKING:
    from ..._types import MetricLike, Vector
    from ...model.potential import AnyPotential
    from ...motion.loops import State


def _in_double(W):
    return W.astype(np.result_type(W, np.float64))


def _pair(dL, V):
    """Re Σ conj(dL)·V."""
    return np.vdot(as_reals(dL), as_reals(V))


@kind("observable", "step-cosine")
class StepCosine(OfPath):
    """Cosine g(V, V′)/(‖V‖‖V′‖) of a run's last displacement with the one before it.

    1 of steps that go straight on; near −1 where the run hops to and fro across a valley, as at the
    edge of stability. Displacements are those since it was last asked: asked at every step, the
    steps. It costs no gradient; nan until there are two, and where one is 0.

    Parameters
    ----------
    metric : LayerMetric, optional
        The run's own by default; of one that depends on time, that of the last state's time.
    """

    def memory(self, W: Vector) -> dict[str, Any]:
        """What is remembered, by name in checkpoints: the last state (D,), the last displacement
        (D,), the last time."""
        return {
            "before": W.copy(),
            "displacement": np.zeros_like(_in_double(W)),
            "time": np.zeros(1),
        }

    def __call__(self, state: State, memory: Any) -> Any:
        before, last, time = memory["before"], memory["displacement"], memory["time"]
        g = self._metric_at(state, memory)(float(time[0])).seen_at(before)
        V = _in_double(state.W) - before
        with np.errstate(invalid="ignore", divide="ignore"):
            cosine = _pair(g.flat(V), last) / np.sqrt(g.norm2(V) * g.norm2(last))
        before[:], last[:], time[0] = state.W, V, state.time
        self._keep_stiffness(state, memory)
        return cosine


@kind("observable", "secant-sharpness")
class SecantSharpness(InMetric):
    """Secant sharpness ΔdL(δ)/g(δ, δ) of a full potential over a run's last displacement δ.

    The mean over the way of the Hessian's Rayleigh quotient along δ: never above the sharpness of
    that way, and near it where a run hops across its sharpest valley. It costs one gradient, where
    `Sharpness` costs dozens of Hessian actions; nan until there are two states.

    Parameters
    ----------
    potential : Potential, or any sum of potentials
    metric : LayerMetric or DiagonalMetric, optional
        The plain one by default; that of `[metric]` in an experiment file.
    """

    needs = ("size", "differential")

    def __init__(self, potential: AnyPotential, metric: MetricLike | None = None) -> None:
        super().__init__(potential, metric)

    def memory(self, W: Vector) -> dict[str, Any]:
        """What is remembered, by name in checkpoints: the last state (D,), and dL (D,) there."""
        return {"before": W.copy(), "slope": np.full_like(_in_double(W), np.nan)}

    def __call__(self, state: State, memory: Any) -> Any:
        before, slope = memory["before"], memory["slope"]
        metric = Euclidean(state.W.size) if self.metric is None else self.metric.at_step(state)
        V, dL = _in_double(state.W) - before, _in_double(self.potential.differential(state.W)[1])
        with np.errstate(invalid="ignore", divide="ignore"):
            secant = _pair(dL - slope, V) / np.float64(metric.seen_at(before).norm2(V))
        before[:], slope[:] = state.W, dL
        return secant
