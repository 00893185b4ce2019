"""`breakdown`: one step, or a recorded run, term by term."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, overload

import numpy as np

from ... import _progress
from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ...geometry.metric import metric_of
from ...model._check import array, is_real, is_whole, yes_or_no
from ...model.potential import as_potential
from ...store.trajectory import Trajectory, own_potential
from ...store.writing import append_analysis
from ..step import OfRun, TakenStep, taken_step
from ._series import COLUMNS, Breakdowns, split_numbers
from ._terms import break_down

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import Device, MetricLike
    from ...model.potential import AnyPotential
    from ._terms import Breakdown


@overload
def breakdown(
    what: AnyPotential,
    W: ArrayLike,
    step: float | None = ...,
    *,
    displacement: ArrayLike | None = ...,
    metric: MetricLike | None = ...,
    order: int = ...,
    split: bool = ...,
    device: Device | None = ...,
) -> Breakdown: ...


@overload
def breakdown(
    what: Trajectory,
    *,
    at: int,
    metric: MetricLike | None = ...,
    order: int = ...,
    split: bool = ...,
    device: Device | None = ...,
) -> Breakdown: ...


@overload
def breakdown(
    what: Trajectory,
    *,
    every: int,
    metric: MetricLike | None = ...,
    order: int = ...,
    split: bool = ...,
    keep: bool = ...,
    device: Device | None = ...,
    progress: bool = ...,
) -> Breakdowns: ...


@with_origin
def breakdown(
    what: AnyPotential | Trajectory,
    W: ArrayLike | None = None,
    step: float | None = None,
    *,
    displacement: ArrayLike | None = None,
    metric: MetricLike | None = None,
    order: int = 3,
    at: int | None = None,
    every: int | None = None,
    split: bool = False,
    keep: bool = False,
    device: Device | None = None,
    progress: bool = True,
) -> Breakdown | Breakdowns:
    """What one finite step promised and delivered, term by term (TM §3.6).

    `breakdown(potential, W, step)` breaks down the step −step·g^♯dL of gradient descent, or any
    `displacement`; `breakdown(run, at=k)` step k of a recorded run, the actual displacement
    W_{k+1} − W_k on the potential of that step's batch; `breakdown(run, every=n)` every n-th step.

    Parameters
    ----------
    what : potential or Trajectory
    W : array (D,), optional
    step : float, optional
    displacement : array (D,), optional
        δ; then `step` only names its length in time.
    metric : LayerMetric, optional
        Of the step −step·g^♯dL, and of all that is said about it. Along a run the run's own by
        default, at the time of the step; another one, such as `flownet.adaptive_metric(run)`, is
        that of the bases.
    order : int
        Highest order of the Taylor terms, from 2 up.
    at, every : int, optional
        Of a run.
    split : bool
        Compute now, for every step looked at, what else is asked for: self terms, pairs and
        triplets, what chance gives for them, the top eigendirection, the radius of convergence.
    keep : bool
        Store the breakdown of `every` n-th step in the run's file, in place of an earlier one.
    device : str, optional
        Whose kernels do the work: "cpu", or "cuda", "cuda:1" and so on, a CUDA device, or
        "cuda+cublas", which multiplies by cuBLAS; by default those of the device
        that the potential is on.
    progress : bool

    Returns
    -------
    Breakdown, or Breakdowns of a run

    Raises
    ------
    FlownetError
        When arguments are missing or contradict each other, or step k was not recorded.
    """
    order, split = _whole("order", order, 2), yes_or_no("split", split)
    if isinstance(what, Trajectory):
        if what.is_flow:
            raise FlownetError(
                "breakdown of a flow: its steps are those of an integration; it "
                "wants a run of finite steps."
            )
        _only("breakdown(run)", W=W, step=step, displacement=displacement)
        if keep and metric is not None:
            raise FlownetError(
                "keep=True stores a breakdown in the run's own metric: leave the metric out."
            )
        if (at is None) == (every is None):
            raise FlownetError("breakdown(run) wants at=k for one step or every=n along the run.")
        if device is not None:
            what.potential = what.potential.on_device(device)
        if at is not None:
            return _of_step(what, _whole("at", at), order, split, metric)
        series = _along(what, _whole("every", every, 1), order, split, progress, metric)
        if keep:
            store(what, series)
        return series
    if W is None and isinstance(what, (str, os.PathLike)):
        raise FlownetError(f"breakdown wants an open run: flownet.Trajectory.open({str(what)!r}).")
    _only("breakdown(potential)", at=at, every=every, keep=keep or None)
    line = f"breakdown of {shown(what)}: it has to be a potential or a Trajectory."
    what = as_potential(what, needs=("size", "jet"), line=line)
    if device is not None:
        what = what.on_device(device)
    if W is None or (step is None and displacement is None):
        raise FlownetError(
            "breakdown(potential, W, step) wants the parameters W, and a step or a displacement."
        )
    if not is_real(1.0 if step is None else step):
        raise FlownetError(f"step is {shown(step)}; it has to be a number.")
    length, W = 1.0 if step is None else float(step), _finite("W", W)
    if displacement is None:
        _, dL = what.differential(W)
        displacement = -length * metric_of(metric, what).seen_at(W).sharp(dL)
    taken = TakenStep(what, W, _finite("displacement", displacement), metric)
    return _split(break_down(taken, length, order=order), split)


def _finite(name, value):
    """Numbers that are finite, as those of a step that was taken are."""
    value = array(name, value)
    if value.dtype.kind not in "biufc" or not np.isfinite(value).all():
        raise FlownetError(f"{name} is {shown(value)}; it has to be finite numbers.")
    return value


def _only(call, **arguments):
    """Refuse arguments that a call would ignore."""
    for name, value in arguments.items():
        if value is not None:
            raise FlownetError(f"{call} takes no {name}={shown(value)}.")


def _whole(name, value, least=None):
    """A whole number, not below `least`."""
    if not is_whole(value, -np.inf if least is None else least):
        raise FlownetError(
            f"{name} is {shown(value)}; it has to be a whole number"
            + (f" from {least} up." if least is not None else ".")
        )
    return int(value)


def _of_step(run, k, order, split, metric=None, lasting=True):
    """Step k of a run, 0 ≤ k < N; −1 is the last."""
    done = len(run.step)
    if not done:
        raise FlownetError("the run has no steps.")
    if not -done <= k < done:
        raise FlownetError(f"at={k}, but the run has steps 0 to {done - 1}.")
    k %= done
    rows = np.searchsorted(run.iteration, [k, k + 1])
    if (rows >= len(run)).any() or (run.iteration[rows] != [k, k + 1]).any():
        raise FlownetError(
            f"step {k} wants the parameters before and after it, and the run does "
            "not keep both: record_every=1 keeps all that are finite."
        )
    taken = taken_step(run, k, metric)
    again = None if lasting else OfRun(run, k, metric)
    b = _split(break_down(taken, run.step[k], k, run.time[rows[0]], order, again), split)
    return b if lasting else replace(b)  # without what holds on to the step's arrays


def _split(b, wanted):
    """The breakdown, with all numbers that are stored if wanted."""
    if wanted:
        b.known.update(split_numbers(b))
    return b


def _along(run, every, order, split, progress, metric=None):
    """Every n-th step of a run, of those whose parameters before and after are both recorded."""
    iteration = run.iteration
    steps = iteration[:-1][(np.diff(iteration) == 1) & (iteration[:-1] % every == 0)].tolist()
    if not steps:
        raise FlownetError("the run keeps no two consecutive states: record_every=1 keeps all.")
    found = []
    with _progress.bar(len(steps), shown=progress, what="steps broken down") as show:
        for k in steps:
            found.append(_of_step(run, k, order, split, metric, lasting=False))
            show(len(found))
    return Breakdowns(found)


def store(run, series):
    """Store a run's breakdown in its file, as the analysis `breakdown`."""
    if run.path is None:
        raise FlownetError('keep=True wants a run with a file: train(..., store="run.h5").')
    own_potential(run)
    append_analysis(
        run.store,
        "breakdown",
        series.iteration,
        series.time,
        series.values,
        {"columns": list(COLUMNS), "order": series[0].order if len(series) else 0},
    )
    run.refresh()


def kept(run):
    """The breakdown stored with a run, or None."""
    if "breakdown" not in run.analyses:
        return None
    columns = run.store.attrs("analysis/breakdown").get("columns")
    return Breakdowns.from_values(*run.analyses["breakdown"], columns=columns, run=run)
