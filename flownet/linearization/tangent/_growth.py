"""How small displacements of a state grow along finite steps, by QR of what they become."""

from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from ..._errors import FlownetError
from ..._random import normal, stream_key
from ...model.potential import Analytic
from ._frame import Frame, Raising

_AXES = 64  # parameters up to which each is followed by itself
_AT_ONCE = 512  # steps whose curvature is worked out together
_STREAM = 1 << 41  # of the displacements at first


class Growth(NamedTuple):
    """Logarithms of what k orthonormal displacements grew by between two looks.

    Attributes
    ----------
    iteration : ndarray (R,)
        Up to which each look saw the run.
    logs : ndarray (R, k)
        log|R_ii| of each.
    steps : int
        Steps that count.
    time : float
        Σ of their lengths.
    broken_at : int or None
        Iteration at which the curvature, or the state, was not finite.
    """

    iteration: np.ndarray
    logs: np.ndarray
    steps: int
    time: float
    broken_at: int | None


def growth(steps, span, tangent, count, every, transient, seed, show):
    """`Growth` along `span` `FiniteStep`s, after `transient` of them, and the numbers of a state.

    Fewer steps come of a run that diverges.
    """
    first = next(steps, None)
    if first is None:
        raise FlownetError("the run takes no step: it has no exponents.")
    frame = Frame(first.metric, tangent.mechanics.remembers)
    if count > frame.dimension:
        raise FlownetError(
            f"count is {count}; a state of these mechanics has {frame.dimension} free numbers, "
            "and as many exponents."
        )
    if not first.potential.offers("hessian"):
        first.potential.refuse("hessian")
    follow = _along_axes if _by_axes(first, tangent, frame) else _by_qr
    looks = _Looks(transient, every, show)
    with np.errstate(all="ignore"):  # a run that diverges is a result
        broken_at = follow(chain([first], steps), tangent, frame, count, seed, looks)
    if broken_at is None and looks.done < span:
        broken_at = looks.now
    if not looks.logs:
        raise FlownetError(
            f"the run is not finite at iteration {broken_at}, before the first look at it: it has "
            "no exponents."
        )
    return looks.seen(count, broken_at), frame.dimension


def beginning(seed, dimension, count):
    """Orthonormal columns (dimension, count) in no particular direction; more begin with fewer."""
    x = normal(seed, stream_key("probes", _STREAM), dimension * count)
    return np.linalg.qr(x.reshape(count, dimension).T)[0]


def _by_axes(first, tangent, frame):
    """Whether each parameter bends by itself, in a map that mixes none."""
    atoms = [atom for _, atom in first.potential.atoms()]
    separable = all(isinstance(atom, Analytic) and atom.offers("derivatives") for atom in atoms)
    return separable and first.metric.diagonal and tangent.is_plain() and frame.size <= _AXES


def _by_qr(steps, tangent, frame, count, seed, looks):
    """Displacements in no particular direction, pushed on and made orthonormal again.

    Householder's QR: orthogonal to rounding however alike the displacements have become, where
    Gram-Schmidt's lose it. Gives the iteration at which something is not finite, if any.
    """
    T = frame.displacements(beginning(seed, frame.dimension, count))
    for taken in steps:
        frame = _same(frame, taken.metric, tangent)
        T = tangent.pushed(taken, taken.potential.hessian(taken.W), T)
        if not np.isfinite(T).all():
            return taken.iteration
        if looks.took(taken):
            q, r = np.linalg.qr(frame.coordinates(T))
            looks.saw(np.log(np.abs(np.diag(r))))
            T = frame.displacements(q)
    return None


def _along_axes(steps, tangent, frame, count, seed, looks):
    """Of parameters that bend each by itself: every axis stays one, and no QR has to sort them."""
    waiting, raised = np.zeros(frame.size), Raising()
    for chunk in _alike(steps):
        frame = _same(frame, chunk[0].metric, tangent)
        W = np.array([taken.W for taken in chunk])
        bend = np.full(W.shape, tangent.mechanics.decay)
        for scale, atom in chunk[0].potential.atoms():
            bend += scale * atom.derivatives(W)[0]
        sizes = np.array([[taken.step] for taken in chunk])
        logs = np.log(np.abs(1 - sizes * raised(frame.metric, bend)))[:, frame.free]
        finite = (logs < np.inf).all(axis=1).tolist()
        for taken, log, is_finite in zip(chunk, logs, finite):
            if not is_finite:
                return taken.iteration
            waiting = waiting + log
            if looks.took(taken):
                looks.saw(waiting)
                waiting = np.zeros(frame.size)
    return None


def _alike(steps):
    """Lists of steps of one potential and one metric, one after another."""
    while chunk := list(islice(steps, _AT_ONCE)):
        first = chunk[0]
        if all(t.potential is first.potential and t.metric is first.metric for t in chunk):
            yield chunk
        else:
            yield from ([taken] for taken in chunk)


def _same(frame, metric, tangent):
    """The frame of a metric; parameters stay frozen or free."""
    if metric is frame.metric:
        return frame
    other = Frame(metric, tangent.mechanics.remembers)
    if not np.array_equal(other.free, frame.free):
        raise FlownetError(
            "the metric freezes or frees parameters on the way, and exponents are of a state that "
            "keeps its numbers: first= and last= name a part of the run where it does not."
        )
    return other


class _Looks:
    """Counts steps, those of the transient apart, and keeps what was seen at every so manieth."""

    def __init__(self, transient, every, show):
        self._transient, self._every, self._show = transient, every, show
        self.done, self._time, self.now = 0, 0.0, 0
        self._steps, self._seen_time = 0, 0.0
        self.iteration, self.logs = [], []

    def took(self, taken):
        """Count a step; whether displacements are looked at behind it."""
        self.done, self.now = self.done + 1, taken.iteration + 1
        if self.done <= self._transient:
            return True
        self._time += taken.step
        return (self.done - self._transient) % self._every == 0

    def saw(self, logs):
        """Keep what a look saw; of the transient nothing."""
        self._show(self.done)
        if self.done > self._transient:
            self._steps, self._seen_time = self.done - self._transient, self._time
            self.iteration.append(self.now)
            self.logs.append(logs)

    def seen(self, count, broken_at):
        """All of it: the `count` columns that grew the most, the largest first."""
        logs = np.array(self.logs)
        order = np.argsort(-logs.sum(axis=0), kind="stable")[:count]
        iteration = np.array(self.iteration, np.int64)
        return Growth(iteration, logs[:, order], self._steps, float(self._seen_time), broken_at)
