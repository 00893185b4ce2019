"""`noise`: the covariance of the sample gradients of a potential, or of a run, made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ...model._check import is_real, is_whole, numbers_in
from ...model.potential import Reals, as_potential
from ...store.trajectory import Trajectory
from ..metric import Euclidean, Metric, Ranges, metric_along
from ._gradient_noise import GradientNoise

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ...model.potential import AnyPotential

_ROWS = 4096  # samples whose units are kept at once


@with_origin
def noise(
    what: AnyPotential | Trajectory,
    W: ArrayLike | None = None,
    batch_size: int | None = None,
    *,
    step: float | None = None,
    metric: Metric | None = None,
    at: int | None = None,
) -> GradientNoise:
    """Mini-batch noise of a potential at W: covariance of the sample gradients, exact, by layers.

    `noise(potential, W, b)` at given parameters, or `noise(run, at=k)` at a recorded state of a
    run, with its own batch size, metric and, under Aristotle's mechanics, step. Of a sum of
    potentials the network's term alone is noisy. It takes about four differentials, and no sample's
    gradient is made: for a weight (a, b) of a dense layer Σ_s (∂ℓ_s)² = Σ_s G_sa²·x_sb². Complex
    parameters are noisy in re and im apart.

    Parameters
    ----------
    what : Potential, or a sum with one; or Trajectory
    W : array (D,)
    batch_size : int
        b, from 1 to the number of samples.
    step : float, optional
        h, for the diffusion and the temperature of W ← W − h·g^♯dL.
    metric : LayerMetric or DiagonalMetric, optional
        The plain one by default; along a run the run's own.
    at : int, optional
        Of a run: a recorded iteration; −1 is the last.

    Returns
    -------
    GradientNoise

    Raises
    ------
    FlownetError
        Unless W and the metric have the potential's D parameters, `batch_size` is from 1 to m and
        `step` above 0; or where the loss couples its samples.

    Examples
    --------
    >>> import flownet as fn
    >>> potential = fn.Potential(fn.Network([2, 4, 1]), fn.Quadratic(), fn.data.load("xor"))
    >>> noise = fn.noise(potential, potential.network.init(seed=0), 1, step=0.1)
    >>> noise.scale, noise.temperature  # doctest: +SKIP
    """
    if isinstance(what, Trajectory):
        what, W, batch_size, step, metric = _of_run(what, W, batch_size, step, metric, at)
    elif at is not None:
        raise FlownetError("noise(potential, W, batch_size) takes no at: that is of a run.")
    if W is None or batch_size is None:
        raise FlownetError(
            "noise(potential, W, batch_size) wants the parameters W and the number "
            "of samples in a batch."
        )
    what = as_potential(what, line=f"noise of {shown(what)}: it has to be a potential with data.")
    reals = Reals.in_double(what)
    if isinstance(metric, Metric) and metric.size == reals.size:
        metric = reals.of_metric(metric)
    potential, W = reals.potential, reals.of(np.ascontiguousarray(numbers_in("W", W)))
    scale, atom = _noisy(potential)
    metric = Euclidean(potential.size) if metric is None else metric
    if not isinstance(metric, Ranges) or metric.size != potential.size:
        raise FlownetError(
            f"metric is {shown(metric)}; noise wants one with a stiffness for each "
            f"of the {potential.size} parameters."
        )
    if not metric.free.any():
        raise FlownetError("the metric freezes every parameter; no noise moves any.")
    m = atom.data.m
    if not is_whole(batch_size, 1, m):
        raise FlownetError(
            f"batch_size is {shown(batch_size)}; it has to be a whole number from 1 "
            f"to {m}, the number of samples."
        )
    if step is not None and not (is_real(step) and step > 0):
        raise FlownetError(f"step is {shown(step)}; it has to be a number above 0.")
    loss, dL = potential.differential(W)
    mean = atom.differential(W)[1]
    diagonal = scale**2 * np.maximum(_squares(atom, W) - mean * mean, 0)
    ranges = atom.network.ranges
    gradients, traces, free = (
        _parts(ranges, part)
        for part in (metric.sharp(dL * dL), metric.sharp(diagonal), metric.free)
    )
    return GradientNoise(
        float(loss),
        int(batch_size),
        m,
        None if step is None else float(step),
        [f"layer {i + 1}" for i in range(len(ranges))],
        gradients,
        traces,
        free,
        diagonal,
        ((scale, atom), W.astype(np.float64), (potential, metric)),
    )


def _squares(atom, W):
    """(1/m)Σ_s (∂ℓ_s/∂W_i)² (D,), in blocks of samples."""
    m = atom.data.m
    if m <= _ROWS:
        return atom.hessian(W).gradient_squares()
    return sum(
        (min(first + _ROWS, m) - first)
        / m
        * atom.on(slice(first, first + _ROWS)).hessian(W).gradient_squares()
        for first in range(0, m, _ROWS)
    )


def _parts(ranges, density):
    return np.array([density[begin:end].sum() for begin, end in ranges])


def _noisy(potential):
    """The term with the samples, and its scale."""
    terms = [(scale, atom) for scale, atom in potential.atoms() if atom.of_network]
    if len(terms) != 1:
        raise FlownetError(
            f"noise of {potential!r}: it has to be a potential with data, one at most in a sum."
        )
    if terms[0][1].couples:
        raise FlownetError(
            "the loss couples its samples by a full (m, m) sample_metric: none of "
            "them has a gradient of its own."
        )
    return terms[0]


def _of_run(run, W, batch_size, step, metric, at):
    """Arguments of `noise` at a recorded state of a run."""
    if W is not None or at is None:
        raise FlownetError("noise(run, at=k) wants a recorded iteration k, and takes no W.")
    last = int(run.iteration[-1])
    k = last if at == -1 else at
    rows = np.flatnonzero(run.iteration == k)
    if not rows.size:
        raise FlownetError(
            f"the run does not keep the parameters at iteration {shown(at)}; the "
            f"last it keeps is {last}."
        )
    if batch_size is None:
        batch_size = run.batches.size if run.batches is not None else None
    if batch_size is None:
        raise FlownetError("the run has full batches and no noise: name a batch_size.")
    if step is None and len(run.step) and _plain(run.mechanics):
        step = run.step[min(k, len(run.step) - 1)]
    return (
        run.potential,
        run.parameters[int(rows[0])],
        batch_size,
        step,
        metric_along(run, metric).at(run.time[rows[0]]),
    )


def _plain(mechanics):
    """Whether a run's mechanics are Aristotle's; a flow may have none."""
    return mechanics is not None and mechanics.kind == "aristotle"
