"""What both estimators share: how parameters become a network, a potential and a run."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from .._errors import FlownetError, shown
from .._registry import find
from ..data import Dataset
from ..data._split import parts, sizes_of
from ..model.network import Network
from ..model.potential import Batches, Parabola, Potential
from ..motion.loops import RungeKutta, train
from ..motion.mechanics._mechanics import Mechanics
from ._epochs import Epochs, Waiting

if TYPE_CHECKING:
    from .._types import Vector

_STEP = 0.1  # of mechanics whose steps grow with the force
_BATCH = 200  # "auto"


class FlowEstimator(BaseEstimator):
    """A dense network trained by finite steps; see `FlowClassifier` and `FlowRegressor`."""

    #: step of adaptive mechanics that are given by name, where none is said
    _steps: dict[str, float]

    def _encoded(self, y: Any, weights: Vector | None, first: bool) -> tuple[Vector, Vector | None]:
        """Truth (m, n_out), and the classes (m,) that it stands for or None."""
        raise NotImplementedError

    def _loss(self, weights: Vector | None) -> Any:
        """The loss, in a metric of the samples."""
        raise NotImplementedError

    def _rightness(self, W: Vector, x: Vector, y: Vector, weights: Vector | None) -> float:
        """Score of encoded truth, the higher the better."""
        raise NotImplementedError

    # ---- training ----

    def _fit(self, X, y, weights):
        X, y, weights, label = self._given(X, y, weights, first=True)
        again = self.warm_start and self._is_fitted
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        if not again:
            self.loss_curve_, self.validation_scores_ = [], []
        network = self._network_of(X.shape[1], y.shape[1], again)
        W = self.W_.copy() if again else network.init(seed)
        held, kept = self._held_out(len(X), label, seed)
        self.network_, self.mechanics_ = network, self._mechanics()
        own = _of(weights, kept)
        own = own if own is None else own / own.mean()
        self.potential_ = self._potential(X[kept], y[kept], own)
        self._seed, self._passes = seed, 0
        start = W.copy()
        run = Epochs(self.potential_, self.mechanics_, W, self._batch(len(kept)), seed)
        self._go(run, None if held is None else (X[held], y[held], _of(weights, held)))
        if self.record_every is not None:
            self.run_ = train(
                self.potential_,
                self.mechanics_,
                steps=run.iteration,
                W0=start,
                seed=seed,
                batch_size=self._batch(len(kept)),
                record_every=self.record_every,
                progress=False,
                on_interrupt="raise",
            )
        return self

    def _go(self, run, held):
        """Epochs until all are done, or patience is over; the best state is kept."""
        total = self._whole("epochs", self.epochs) * run.per_epoch
        total = total if self.steps is None else self._whole("steps", self.steps)
        waiting = Waiting(self._whole("patience", self.patience), self.tol)
        self.n_iter_ = 0
        while run.iteration < total and not waiting.is_over:
            loss = run.advance(min(run.per_epoch, total - run.iteration))
            self.loss_curve_.append(loss)
            self.n_iter_ += 1
            if held is not None:
                self.validation_scores_.append(self._rightness(run.W, *held))
            if waiting.take(loss if held is None else -self.validation_scores_[-1]):
                best = run.W.copy()
        memory = run.memory
        self.W_ = run.W.copy() if held is None else best
        self.n_steps_, self.loss_ = run.iteration, float(self.potential_.value(self.W_))
        self.best_validation_score_ = None if held is None else -waiting.best
        self._memory = (*memory[:2], {**memory[2], "parameters": self.W_.copy()})

    def _partial_fit(self, X, y, weights):
        """One pass over the samples, from where the last one ended."""
        first = not self._is_fitted
        X, y, weights, _ = self._given(X, y, weights, first)
        if first:
            self._seed = check_random_state(self.random_state).randint(2**31 - 1)
            self.loss_curve_, self.validation_scores_ = [], []
            self.network_ = self._network_of(X.shape[1], y.shape[1], False)
            self.W_, self._memory = self.network_.init(self._seed), None
            self.mechanics_, self._passes, self.n_iter_ = self._mechanics(), 0, 0
            self.best_validation_score_ = None
        batches = Batches(len(X), self._batch(len(X)) or len(X), self._seed)
        losses = []
        for k in range(batches.per_epoch):
            rows = slice(None)  # all of them in their own order, as full batches are
            if batches.per_epoch > 1:
                rows = batches.rows(self._passes * batches.per_epoch + k)
            part = self._potential(X[rows], y[rows], _of(weights, rows))
            run = Epochs(part, self.mechanics_, self.W_.copy(), None, self._seed, self._memory)
            losses.append(part.data.m * run.advance(1) / len(X))
            self._memory = run.memory
            self.W_ = run.W.copy()
        self.loss_curve_.append(sum(losses))
        self.loss_, self.n_steps_ = self.loss_curve_[-1], self._memory[0]
        self._passes, self.n_iter_ = self._passes + 1, self.n_iter_ + 1
        self.potential_ = self._potential(X, y, weights)
        return self

    # ---- what parameters and arguments mean ----

    @property
    def _is_fitted(self):
        return "W_" in vars(self)

    def _given(self, X, y, weights, first):
        """Checked inputs, encoded truth, weights of mean 1 or None, and classes or None."""
        reset = first and not (self.warm_start and self._is_fitted)
        X, y = self._validated(X, y, reset=reset)
        if weights is not None:
            weights = _check_sample_weight(weights, X, dtype=np.float64, ensure_non_negative=True)
        weights = self._weighted(y, weights)
        truth, label = self._encoded(y, weights, reset)
        if weights is None:
            return X, truth, None, label
        some = weights > 0  # what weighs nothing is as if it were not there
        if not some.any():
            raise FlownetError("the weights of all samples are 0.")
        weights = weights[some] / weights[some].mean()
        weights = None if (weights == 1).all() else weights
        return X[some], truth[some], weights, None if label is None else label[some]

    def _weighted(self, y, weights):
        """Weights of the samples as they are given."""
        return weights

    def _validated(self, X, y, reset):
        raise NotImplementedError

    def _inputs(self, X):
        """Checked inputs to predict from."""
        check_is_fitted(self)
        return validate_data(self, X, reset=False, dtype=self.network_.dtype)

    def _network_of(self, n_in, n_out, again):
        hidden = self.hidden_layer_sizes
        hidden = [hidden] if isinstance(hidden, Integral) else list(hidden)
        words = {"init": self.init, "dtype": self.dtype}
        network = Network([n_in, *hidden, n_out], self.activation, **words)
        if again and network.describe() != self.network_.describe():
            raise FlownetError(
                f"warm_start goes on with {self.network_!r}; the parameters now say {network!r}."
            )
        return network

    def _mechanics(self):
        """Mechanics of a name and a step, or those that were given."""
        given, step = self.mechanics, self.step
        if isinstance(given, Mechanics):
            if step is not None:
                raise FlownetError(f"mechanics={given!r} has a step of its own: leave step out.")
            return given
        if not isinstance(given, str):
            raise FlownetError(f"mechanics is {shown(given)}; it has to be a name or mechanics.")
        make: Any = find("mechanics", given)
        try:
            return make(step=self._steps.get(given, _STEP) if step is None else step)
        except TypeError:
            raise FlownetError(
                f"mechanics={given!r} is not made of a step alone: give flownet.{make.__name__}(…)."
            ) from None

    def _batch(self, m):
        """Samples of a batch, None for all of them."""
        size = self.batch_size
        if isinstance(size, str):
            if size != "auto":
                raise FlownetError(f"batch_size is {shown(size)}; it has to be a number or 'auto'.")
            size = m if isinstance(self.mechanics_, RungeKutta) else _BATCH
        return None if size is None or self._whole("batch_size", size) >= m else size

    def _potential(self, X, y, weights):
        """The loss on some samples, plus a parabola on demand."""
        data = Dataset(X, y, **self._names())
        potential = Potential(self.network_, self._loss(weights), data)
        if not self.parabola:
            return potential
        return potential + self.parabola * Parabola(self.network_.size)

    def _names(self):
        """What a `Dataset` is told beside inputs and truth."""
        return {}

    def _held_out(self, m, label, seed):
        """Rows to validate on and rows to train on."""
        if not self.early_stopping:
            return None, np.arange(m)
        kept, held = parts(m, sizes_of(None, self.validation_fraction, m), label, seed)
        return held, kept

    def _whole(self, name, value):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
            raise FlownetError(f"{name} is {shown(value)}; it has to be a whole number from 1 up.")
        return int(value)


def _of(weights, rows):
    """Weights of some samples, where there are any."""
    return None if weights is None else weights[rows]
