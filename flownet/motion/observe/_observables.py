"""What is read off a state: loss, accuracy, sharpness, mini-batch noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError
from ..._registry import kind
from ...data import Dataset
from ...geometry.curvature import NoSpectrum
from ...geometry.metric import Euclidean
from ...geometry.noise import noise
from ...geometry.norm import sharpness_in
from ...model.chart import network_at
from ...model.tables import metric_table
from ._metric_of_state import moving_metric
from ._of_potential import OfPotential

if TYPE_CHECKING:
    from ...model.potential import AnyPotential
    from ...motion.loops import State


@kind("observable", "loss")
class Loss(OfPotential):
    """Loss of the state on a potential of its own, such as one on held-out data."""

    def __init__(self, potential: AnyPotential) -> None:
        super().__init__(potential)

    def __call__(self, state: State) -> Any:
        return self.potential.value(state.W)


@kind("observable", "accuracy")
class Accuracy(OfPotential):
    """Fraction of samples whose largest output is that of their class.

    Parameters
    ----------
    potential : Potential
        Of a network on data with labels.
    """

    needs = ()
    own_loss = False
    better = "highest"

    def __init__(self, potential: AnyPotential) -> None:
        super().__init__(potential)
        data = self.potential.data
        if not isinstance(data, Dataset) or data.labels is None or data.y.shape[1] < 2:
            raise FlownetError("accuracy needs data with class labels and an output a class.")

    def __call__(self, state: State) -> Any:
        network, W = network_at(self.potential, state.W)
        y_hat = network.forward(W, self.potential.data.x)
        return float(np.mean(y_hat.argmax(axis=1) == self.potential.data.labels))


class InMetric(OfPotential):
    """An observable whose table always says its metric, the plain one too."""

    words = ("metric",)
    of_all_terms = True

    def parameters(self) -> dict[str, Any]:
        """What makes this observable again, beside its potential."""
        return super().parameters() or {"metric": metric_table(Euclidean(self.potential.size))}


@kind("observable", "sharpness")
class Sharpness(InMetric):
    """Sharpness of a full potential at the state, whatever mini-batch the run is at.

    Each search starts afresh, so that a value depends on its state alone, not on where a run was
    resumed; nan where the search does not converge or the Hessian is not finite.

    Parameters
    ----------
    potential : Potential, or any with `.hessian(W)`
    metric : LayerMetric, DiagonalMetric or `moving_metric`, optional
        The plain one by default; that of `[metric]` in an experiment file. Of one that depends on
        time, that of the state's; `moving_metric`, `metric = {kind = "moving"}` in a file, is that
        of RMSProp or Adam at the state. In a norm that is no metric it is the lower bound that
        `norm_sharpness` finds.
    """

    needs = ("size", "hessian")

    def __call__(self, state: State) -> Any:
        try:
            if self.metric is moving_metric:
                metric = moving_metric(state)
            else:
                metric = self.metric and self.metric.at_step(state)
            return sharpness_in(self.potential, state.W, metric)
        except NoSpectrum:
            return np.nan


@kind("observable", "noise")
class Noise(InMetric):
    """Mini-batch noise of a full potential at the state: ‖dL‖², tr C and B = tr C/‖dL‖², (3,).

    Parameters
    ----------
    potential : Potential, or a sum with one
    metric : LayerMetric or DiagonalMetric, optional
        The plain one by default; that of `[metric]` in an experiment file.
    """

    needs = ("size", "differential")

    def __call__(self, state: State) -> Any:
        found = noise(self.potential, state.W, 1, metric=self.metric)
        return np.array([found.gradient2, found.trace, found.scale])
