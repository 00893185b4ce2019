"""A network as scikit-learn's regressor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import validate_data

from ..model.potential import Quadratic
from ._estimator import FlowEstimator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from .._types import Step, Vector
    from ..motion.mechanics._mechanics import Mechanics


class FlowRegressor(RegressorMixin, FlowEstimator):
    """A dense network as a regressor (multilayer perceptron): quadratic loss, finite steps.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, or int
        Units of each hidden layer.
    activation : str or sequence of str
        One of `flownet.ACTIVATIONS` for all hidden layers, or one for each; of smooth ones, such
        as tanh, a breakdown has no kinks.
    mechanics : str, or mechanics such as flownet.Adam(0.001)
        "adam", "adamw", "rmsprop", "aristotle" (gradient descent), "newton" (momentum),
        "nesterov", …, or an object.
    step : float, str or policy, optional
        Learning rate of mechanics given by name; by default 0.001 of adam, adamw and rmsprop, 0.1
        of the others.
    batch_size : int, "auto" or None
        Samples of a mini-batch, "auto" for 200; None, or as many as there are: all of them.
    epochs : int
        Passes over the samples at most.
    steps : int, optional
        Finite steps at most, in place of `epochs`.
    early_stopping : bool
        Whether to hold samples out, to stop when R² on them no longer rises, and to keep the best
        state. Otherwise training stops when its loss no longer falls.
    validation_fraction : float or int
        Share or number of samples held out.
    patience : int
        Epochs without progress by more than `tol` after which training stops.
    tol : float
    parabola : float
        κ of a term ½κ‖W‖² (L2 regulariser).
    scale_y : bool
        Whether the network learns y less its mean, over its standard deviation; predictions are
        those of y. The first call of `partial_fit` says which.
    init : str
        Of the parameters: lecun, glorot or he with `-normal` or `-uniform`.
    dtype : str
        float64 or float32.
    warm_start : bool
        Whether `fit` begins at the parameters of the last one.
    random_state : int, RandomState or None
        Of the initial parameters, the order of samples and what is held out.
    record_every : int, optional
        Interval of parameters recorded in `run_`; the run is then made twice, to the same bits.

    Attributes
    ----------
    network_, potential_, mechanics_
        The flownet objects; `flownet.breakdown(est.potential_, est.W_, step)` takes a step apart.
        The potential is that of the samples trained on, of y as it is learnt.
    W_ : ndarray (D,)
        Parameters, the best ones with early stopping.
    y_mean_, y_scale_ : ndarray (n_out,)
        Of the targets, 0 and 1 where they are learnt as they are.
    run_ : Trajectory
        In memory, with `record_every`.
    loss_ : float
    loss_curve_ : list of float
        Mean loss of each epoch, before each of its steps.
    validation_scores_ : list of float
    best_validation_score_ : float or None
    n_iter_, n_steps_ : int
        Epochs and steps done.

    Examples
    --------
    >>> import numpy as np
    >>> from flownet.sklearn import FlowRegressor
    >>> X = np.linspace(-2, 2, 50).reshape(-1, 1)
    >>> m = FlowRegressor([20], "tanh", step=0.01, batch_size=10, random_state=0)
    >>> m.fit(X, np.sin(X)).score(X, np.sin(X)) > 0.99
    True
    """

    _steps = dict.fromkeys(["adam", "adamw", "rmsprop"], 0.001)

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] | int = (100,),
        activation: str | Sequence[str] = "relu",
        *,
        mechanics: str | Mechanics = "adam",
        step: Step | None = None,
        batch_size: int | str | None = "auto",
        epochs: int = 200,
        steps: int | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        tol: float = 1e-4,
        parabola: float = 0.0,
        scale_y: bool = True,
        init: str = "lecun-normal",
        dtype: str = "float64",
        warm_start: bool = False,
        random_state: Any = None,
        record_every: int | None = None,
    ) -> None:
        self.hidden_layer_sizes, self.activation = hidden_layer_sizes, activation
        self.mechanics, self.step, self.batch_size = mechanics, step, batch_size
        self.epochs, self.steps, self.tol = epochs, steps, tol
        self.early_stopping, self.validation_fraction = early_stopping, validation_fraction
        self.patience, self.parabola, self.scale_y = patience, parabola, scale_y
        self.init, self.dtype, self.warm_start = init, dtype, warm_start
        self.random_state, self.record_every = random_state, record_every

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> FlowRegressor:
        """Train on samples X (m, n_in) and their values y (m,) or (m, n_out).

        Parameters
        ----------
        X : array (m, n_in)
        y : array (m,) or (m, n_out)
        sample_weight : array (m,), optional
            Scaled to a mean of 1.
        """
        return self._fit(X, y, sample_weight)

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> FlowRegressor:
        """Train by one pass over some samples, from where the last call ended.

        Parameters
        ----------
        X : array (m, n_in)
        y : array (m,) or (m, n_out)
        sample_weight : array (m,), optional
            Scaled to a mean of 1.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: ArrayLike) -> Vector:
        """Values (m,), or (m, n_out) where y had columns."""
        X = self._inputs(X)
        y_hat = self.y_mean_ + self.y_scale_ * self.network_.forward(self.W_, X)
        return y_hat[:, 0] if self._flat else y_hat

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    # ---- what `FlowEstimator` asks for ----

    def _validated(self, X, y, reset):
        words = {"dtype": np.dtype(self.dtype), "multi_output": True, "y_numeric": True}
        return validate_data(self, X, y, reset=reset, **words)

    def _encoded(self, y, weights, first):
        columns = y.reshape(len(y), -1).astype(np.float64)
        if first:
            self._flat = y.ndim == 1
            n = columns.shape[1]
            self.y_mean_, self.y_scale_ = np.zeros(n), np.ones(n)
            if self.scale_y:
                self.y_mean_ = np.average(columns, axis=0, weights=weights)
                spread = np.average((columns - self.y_mean_) ** 2, axis=0, weights=weights)
                self.y_scale_ = np.sqrt(np.where(spread > 0, spread, 1.0))
        return ((columns - self.y_mean_) / self.y_scale_).astype(self.dtype), None

    def _loss(self, weights):
        return Quadratic(sample_metric=weights)

    def _rightness(self, W, x, y, weights):
        return float(r2_score(y, self.network_.forward(W, x), sample_weight=weights))
