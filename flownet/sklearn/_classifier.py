"""A network as scikit-learn's classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import column_or_1d, validate_data

from .._errors import FlownetError, shown
from ..data._arrays import one_hot
from ..model.potential import CrossEntropy
from ._estimator import FlowEstimator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from .._types import Step, Vector
    from ..motion.mechanics._mechanics import Mechanics


class FlowClassifier(ClassifierMixin, FlowEstimator):
    """A dense network as a classifier (multilayer perceptron): cross-entropy, finite steps.

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
        Learning rate of mechanics given by name; by default 0.01 of adam, adamw and rmsprop, 0.1
        of the others.
    batch_size : int, "auto" or None
        Samples of a mini-batch, "auto" for 200; None, or as many as there are: all of them.
    epochs : int
        Passes over the samples at most.
    steps : int, optional
        Finite steps at most, in place of `epochs`.
    early_stopping : bool
        Whether to hold samples out, to stop when the score on them no longer rises, and to keep
        the best state. Otherwise training stops when its loss no longer falls.
    validation_fraction : float or int
        Share or number of samples held out, stratified by their class.
    patience : int
        Epochs without progress by more than `tol` after which training stops.
    tol : float
    parabola : float
        κ of a term ½κ‖W‖² (L2 regulariser).
    class_weight : dict, "balanced" or None
        Weights of the classes, as elsewhere in scikit-learn.
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
    classes_ : ndarray (n_classes,)
    network_, potential_, mechanics_
        The flownet objects; `flownet.breakdown(est.potential_, est.W_, step)` takes a step apart.
        The potential is that of the samples trained on, whose weights have the mean 1.
    W_ : ndarray (D,)
        Parameters, the best ones with early stopping.
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
    >>> from sklearn.datasets import load_iris
    >>> from flownet.sklearn import FlowClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> FlowClassifier(random_state=0).fit(X, y).score(X, y) > 0.95
    True
    """

    _steps = dict.fromkeys(["adam", "adamw", "rmsprop"], 0.01)

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
        class_weight: Any = None,
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
        self.patience, self.parabola, self.class_weight = patience, parabola, class_weight
        self.init, self.dtype, self.warm_start = init, dtype, warm_start
        self.random_state, self.record_every = random_state, record_every

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> FlowClassifier:
        """Train on samples X (m, n_in) of the classes y (m,), numbers or words.

        Parameters
        ----------
        X : array (m, n_in)
        y : array (m,)
        sample_weight : array (m,), optional
            Scaled to a mean of 1.
        """
        self._expected = None
        return self._fit(X, y, sample_weight)

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> FlowClassifier:
        """Train by one pass over some samples, from where the last call ended.

        Parameters
        ----------
        X : array (m, n_in)
        y : array (m,)
        classes : array (n_classes,)
            All classes that will come; wanted in the first call.
        sample_weight : array (m,), optional
            Scaled to a mean of 1.
        """
        if not self._is_fitted and classes is None:
            raise FlownetError("the first partial_fit wants classes=, all that will come.")
        if classes is not None:
            classes = unique_labels(classes)
            if self._is_fitted and not np.array_equal(classes, self.classes_):
                raise FlownetError(
                    f"classes is {shown(classes.tolist())}; those of the first call were "
                    f"{shown(self.classes_.tolist())}."
                )
        self._expected = classes
        return self._partial_fit(X, y, sample_weight)

    def predict_proba(self, X: ArrayLike) -> Vector:
        """Boltzmann probabilities P̂ = softmax(Ŷ) (m, n_classes)."""
        X = self._inputs(X)
        return CrossEntropy().p_hat(self.network_.forward(self.W_, X))

    def predict(self, X: ArrayLike) -> Vector:
        """The most probable class (m,) of each sample."""
        X = self._inputs(X)
        return self.network_.predict(self.W_, X, classes=self.classes_)

    # ---- what `FlowEstimator` asks for ----

    def _validated(self, X, y, reset):
        X, y = validate_data(self, X, y, dtype=np.dtype(self.dtype), reset=reset)
        check_classification_targets(y)
        return X, column_or_1d(y, warn=True)

    def _weighted(self, y, weights):
        if self.class_weight is None:
            return weights
        by_class = compute_sample_weight(self.class_weight, y)
        return by_class if weights is None else by_class * weights

    def _encoded(self, y, weights, first):
        found = np.unique(y)
        if first:
            self.classes_ = found if self._expected is None else self._expected
        strange = found[~np.isin(found, self.classes_)]
        if len(strange):
            raise FlownetError(
                f"y holds the class {strange.tolist()[0]!r}; the classes are "
                f"{shown(self.classes_.tolist())}."
            )
        if len(self.classes_) < 2:
            raise FlownetError(
                f"y holds one class, {self.classes_.tolist()[0]!r}: a classifier wants two."
            )
        label = np.searchsorted(self.classes_, y)
        return one_hot(label, len(self.classes_), np.dtype(self.dtype)), label

    def _loss(self, weights):
        return CrossEntropy(sample_metric=weights)

    def _names(self):
        words = self.classes_.dtype.kind in "UO" and all(
            isinstance(name, str) for name in self.classes_
        )
        return {"classes": list(self.classes_) if words else len(self.classes_)}

    def _rightness(self, W, x, y, weights):
        right = self.network_.forward(W, x).argmax(axis=1) == y.argmax(axis=1)
        return float(np.average(right, weights=weights))
