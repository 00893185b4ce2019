"""The loop of damped steps: solve, try, compare with the promise, take it or damp more."""

from collections import namedtuple
from operator import methodcaller

import numpy as np

from ..._errors import FlownetError
from ...geometry.metric import OperatorMetric
from ...model.potential import Batches

#: a displacement (D,), its damping, delivered over promised, products and losses it took
Tried = namedtuple("Tried", "delta damping ratio products tries")

_POOR, _GOOD = 0.25, 0.75  # ratios that raise and lower the damping (Nocedal & Wright, ch. 4)
_ROUNDING = 8 * np.finfo(float).eps  # of a loss, below which no step is told from none
_MOST = 1e30  # damping, relative to the first one's scale, beyond which nothing moves


class DampedLoop:
    """One step at a time, tried until it delivers."""

    def __init__(
        self, potential, mechanics, metric, W, time, batch_size, seed, pairs=False, since=None
    ):
        if metric.depends_on_point:
            raise FlownetError(
                f"{type(mechanics).__name__} damps in a constant metric, and {metric!r} depends on "
                "the point: leave it out, or take Aristotle in it."
            )
        self.W, self.time, self.since = W, float(time), since
        self.mechanics, self.metric, self.extra = (
            mechanics,
            metric,
            dict.fromkeys(mechanics.counts, ()),
        )
        self._potential = potential
        self._damping = np.array([mechanics.damping])
        self.arrays = {"parameters": W, "damping": self._damping}
        self._batches = Batches(potential.data.m, batch_size, seed) if batch_size else None

    @np.errstate(all="ignore")  # a run that diverges is a result, and a try that does is refused
    def advance(self, first, count, tape, *beside):
        """Steps from iteration `first` on: steps taken, rows kept, and whether all is finite."""
        rows = 0
        for i in range(count):
            k, potential = first + i, self._potential
            if self._batches is not None:
                potential = potential.on(self._batches.rows(k))
            loss, dL = potential.differential(self.W)
            if not (np.isfinite(loss) and np.isfinite(dL).all()):
                return i, rows, False
            if k % tape.every == 0:
                tape.parameters[rows] = self.W
                tape.row_iteration[rows], tape.row_time[rows] = k, self.time
                rows += 1
            found = self._step(potential, loss, dL)
            step = float(found.delta.any())
            tape.iteration[i], tape.time[i], tape.loss[i], tape.step[i] = k, self.time, loss, step
            for column, number in zip(beside, found[1:]):
                column[i] = number
            self.W += found.delta
            self._potential.project(self.W)
            self.time += step
        return count, rows, True

    def _step(self, potential, loss, dL):
        """`Tried` of the step that delivers, with the damping of the next one set; 0 of none."""
        m, products, tries = self.mechanics, 0, 0
        A = methodcaller(m.method, self.W)(potential)
        while self._damping[0] < _MOST * m.damping:
            damping = float(self._damping[0])
            delta, promised, spent = self._solved(A, damping, dL)
            delivered, tries = float(potential.difference(self.W, delta)), tries + 1
            products += spent
            below = _ROUNDING * abs(loss)
            if not promised < -below:  # what it promises is rounding: as good as it gets
                kept = delta if delivered <= below and np.isfinite(delta).all() else 0 * dL
                return Tried(kept, damping, np.nan, products, tries)
            ratio = delivered / promised
            if ratio > _GOOD:
                self._damping[0] = max(damping / m.factor, np.finfo(float).tiny)
            elif not ratio >= _POOR:
                self._damping[0] = damping * m.factor
            if ratio > 0:
                return Tried(delta, damping, ratio, products, tries)
        return Tried(0 * dL, float(self._damping[0]), np.nan, products, tries)

    def _solved(self, A, damping, dL):
        """δ (D,), what the model promises, and the products that it took.

        Of conjugate gradients ⟨dL, δ⟩ + g(δ, δ) = 0, so that the promise takes no product.
        """
        m, metric = self.mechanics, self.metric.at(self.time)
        tolerance = m.tolerance
        if tolerance is None:
            tolerance = min(0.5, float(np.sqrt(np.linalg.norm(dL))))
        model = OperatorMetric(A, damping, metric, tolerance, m.iterations, len(dL))
        solved = model.solved(-dL.astype(A.dtype))
        delta, products = solved.x, solved.products
        if solved.flat is None or delta.any():
            promised = float(dL @ delta - damping * metric.norm2(delta)) / 2
        else:  # the first direction bends down
            delta = -metric.sharp(dL) / (abs(solved.flat) or 1.0)
            promised, products = float(dL @ delta + delta @ A.action(delta) / 2), products + 1
        return delta.astype(self.W.dtype), promised, products
