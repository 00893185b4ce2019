"""The continuous flow: what a run of ever smaller steps would follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import build, describe
from ...geometry.metric import metric_of, refuse_norm
from ...model.potential import Reals
from ...model.tables import metric_table, tables_or_program
from ...store._text import to_text
from ...store.trajectory import Trajectory
from ...store.writing import rewrite_experiment
from .. import _check
from .._pairs import PairedStore, recorded
from .._storage import (
    checkpoint_of,
    layout_of,
    open_store,
    refuse_other_rows,
    store_to_go_on,
    take_up,
    taken_over,
)
from ..mechanics import Mechanics
from ..mechanics._start import initial_parameters, initial_velocity, landscape
from ._field import as_field
from ._run import FlowRun
from ._system import System

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import Count, Device, MetricLike, PathLike
    from ...model.potential import AnyPotential
    from ._field import Field

MAX_STEPS, MAX_GRADIENTS = 3_000_000, 30_000_000  # work of a flow, by default

_RTOL = {np.dtype(np.float64): 1e-8, np.dtype(np.float32): 1e-5}  # by default
_FINEST = {np.dtype(np.float64): 1e-13, np.dtype(np.float32): 1e-6}


def flow(
    potential: AnyPotential,
    *,
    W0: ArrayLike,
    V0: ArrayLike | None = None,
    time: float,
    mechanics: Mechanics | None = None,
    field: Field | None = None,
    metric: MetricLike | None = None,
    rtol: float | None = None,
    atol: float = 1e-10,
    at: ArrayLike | None = None,
    gradient_below: float | None = None,
    loss_below: float | None = None,
    max_steps: Count = MAX_STEPS,
    max_gradients: Count = MAX_GRADIENTS,
    store: PathLike | None = None,
    overwrite: bool = False,
    device: Device | None = None,
    threads: int | None = None,
    progress: bool = True,
) -> Trajectory:
    """Follow the continuous flow Ẇ = −g^♯dL (TM 6-7) with its error under control, recorded.

    Dormand and Prince's Runge–Kutta pair of orders 5 and 4; where its steps are limited by
    stability, not by accuracy, the stabilised Runge–Kutta–Chebyshev method of second order, whose
    stages follow the largest curvature. Nothing is inverted. `evaluations` and `method` among the
    observables tell each step's work and method, 0 or 1.

    At a kink of relu or leaky_relu, the change of sign of one unit at one sample, a step ends: the
    flow crosses it, or slides along it where both sides lead onto it (Filippov), and goes on at
    full order. `crossings` and `slides` among the observables count those at the end of each step.

    Parameters
    ----------
    potential : Potential, or any sum of potentials
    W0 : array (D,)
        Where to begin.
    V0 : array (D,), optional
        Velocity to begin with, of the flow of mechanics that have one; at rest by default.
    time : float
        How far to go, in units of the flow (learning rate times steps).
    mechanics : optional
        Their flow instead, from rest and without memories: Newton's second order in time; of
        RMSProp, Adam, AdamW, ThierryMieg and Nesterov the limit of ever smaller steps that forget
        as fast in time as their own. A heat bath has no flow.
    field : optional
        Another flow than that of steepest descent, such as `Modified(step)`: an object whose
        `velocity(potential, metric, W)` is Ẇ (D,).
    metric : LayerMetric, GroupMetric, CoupledMetric, …, optional
        One that depends on time is a `TimedMetric`, whose changes the flow meets exactly, or a
        function of the time that gives a metric.
    rtol, atol : float, optional
        Error of a step, relative to each parameter and absolute. By default rtol is 1e-8, and 1e-5
        in single precision.
    at : array (T,), optional
        Ascending times from 0 to `time` to record, such as `run.time`; each step by default, from
        100 000 rows on every second, from 150 000 on every fourth, and so on.
    gradient_below, loss_below : float, optional
        Stop where ‖dL‖, in the metric, or L falls below this.
    max_steps, max_gradients : int
        Work at most. A flow that comes to it is not `finished`, says in `stopped` why, and can be
        resumed from its file with a larger bound.
    store, overwrite, device, threads, progress
        As in `train`.

    Returns
    -------
    Trajectory
        `.parameters`, `.time` and `.loss` at the times recorded, `.step` each step's length. One
        that cannot be followed to its end, no step being short enough for `rtol`, has its number
        of steps as `diverged_at`.

    Raises
    ------
    FlownetError
        Unless W0 and the metric have the potential's D parameters, `time` and the tolerances are
        above 0, and `at` ascends from 0 to `time`.
    """
    given = metric
    potential, metric = landscape(potential, metric, device)
    refuse_norm(metric, "descent in it jumps and has no flow")
    known = metric if given is not None else None
    _check.threads(threads, progress)
    if mechanics is not None and (field is not None or not isinstance(mechanics, Mechanics)):
        raise FlownetError(
            f"mechanics is {shown(mechanics)}; it has to be one such as "
            "flownet.Newton(step=0.1, friction=1), without a field."
        )
    W = initial_parameters(potential, W0, 0)
    V = initial_velocity(mechanics, V0, W)
    time, at = _check.positive("time", time), _times(at, time)
    bounds = _bounds(W.dtype, rtol, atol, gradient_below, loss_below)
    limits = {
        "max_steps": _check.whole("max_steps", max_steps, 1),
        "max_gradients": _check.whole("max_gradients", max_gradients, 1),
    }
    field = None if field is None else as_field(field).anew()
    if not np.isfinite(potential.value(W)):
        raise FlownetError("the loss at W0 is not finite: no flow begins there.")
    tables = _tables(potential, known, mechanics, field, time, at, bounds | limits)
    if V is not None:
        tables["flow"]["V0"] = V
    reals = Reals(potential, W.dtype)
    run = _run(reals, metric, reals.of(W), time, at, bounds, limits, field, mechanics)
    if V is not None:
        run.begin_with(reals.of(V))
    layout = layout_of(recorded(run.quantities, W), run.state, tables, potential)
    kept = open_store(layout, store, overwrite)
    with potential.kernels.limited(threads):
        run.go(PairedStore(kept) if reals.pairs else kept, progress)
    return Trajectory(
        kept, potential=potential, metric=known, mechanics=mechanics, experiment=tables
    )


def resume_flow(
    run, *, max_steps=None, max_gradients=None, device=None, threads=None, progress=True
):
    """Continue a flow from its opened file, bit for bit as if it had never stopped."""
    tables = run.experiment
    words = dict(tables["flow"])
    field, at, time = words.pop("field", None), words.pop("at", None), words.pop("time")
    words.pop("V0", None)  # what it began with
    was = words.pop("device", None)
    if field is not None:
        if field["kind"] == "program":
            raise FlownetError(
                f"the field of {run.path} is a program of yours, {field['text']}: "
                "no file can say it; follow it anew."
            )
        field = build("flow field", field)
    limits = {
        name: _check.whole(name, words.pop(name, most) if given is None else given, 1)
        for name, most, given in (
            ("max_steps", MAX_STEPS, max_steps),
            ("max_gradients", MAX_GRADIENTS, max_gradients),
        )
    }
    words = {name: word for name, word in words.items() if name not in limits}
    if run.path is None:
        raise FlownetError("a flow in memory is followed anew: one with a file (store=) goes on.")
    kept = checkpoint_of(run)
    arrays, rows = kept.arrays, run.store.checkpoint_rows()["observables/evaluations"]
    spent = int(run.observables["evaluations"].value[:rows].sum())  # what follows is made again
    reals = Reals(run.potential, run.parameters.dtype)
    metric, W = metric_of(run.metric, run.potential), arrays["solution"][: reals.potential.size]
    resumed = _run(
        reals, metric, W, time, at, words, limits, field, run.mechanics, spent, "sides" in arrays
    )
    take_up(resumed.state, arrays, run.path)
    refuse_other_rows(run.store, recorded(resumed.quantities, reals.back(W)))
    with taken_over(run, kept):
        given = limits if device == was else {**limits, "device": device}
        if any(tables["flow"].get(name) != word for name, word in given.items()):
            tables["flow"] |= given
            rewrite_experiment(run.path, to_text(tables)[0])
        store = store_to_go_on(run.path)
    with run.potential.kernels.limited(threads):
        resumed.go(PairedStore(store) if reals.pairs else store, progress)
    return Trajectory(store, potential=run.potential, metric=run.metric, experiment=tables)


def _run(reals, metric, W, time, at, bounds, limits, field, mechanics, spent=0, on_branches=True):
    """A flow of reals from W on; `on_branches` where it goes from kink to kink."""
    system = System(
        reals.potential,
        reals.of_metric(metric),
        W.dtype,
        pairs=reals.pairs,
        field=field,
        mechanics=mechanics,
        wants_meters=_wants_meters(at, bounds),
        on_branches=on_branches,
    )
    return FlowRun(system, W, time, at, bounds, tuple(limits.values()), spent)


def _wants_meters(at, bounds):
    """Whether L and ‖dL‖ are wanted at every step."""
    return at is None or "gradient_below" in bounds or "loss_below" in bounds


def _times(at, time):
    if at is None:
        return None
    try:
        at = np.asarray(at, np.float64)
    except (TypeError, ValueError, OverflowError):
        at = np.zeros(0)
    if (
        at.ndim != 1
        or not at.size
        or not np.isfinite(at).all()
        or (np.diff(at) < 0).any()
        or (at[0] < 0 or at[-1] > time * (1 + 1e-12))
    ):
        raise FlownetError(
            f"at has to be ascending times from 0 to time = {time:g}, such as run.time."
        )
    return np.minimum(at, time)


def _bounds(dtype, rtol, atol, gradient_below, loss_below):
    real = np.zeros(0, dtype).real.dtype
    finest, rtol = _FINEST[real], _RTOL[real] if rtol is None else rtol
    if not (_check.is_number(rtol) and finest <= rtol <= 0.1):
        raise FlownetError(
            f"rtol is {shown(rtol)}; in {np.dtype(dtype).name} it has to be a "
            f"number from {finest:g} to 0.1."
        )
    words = {"rtol": float(rtol), "atol": _check.positive("atol", atol)}
    if gradient_below is not None:
        words["gradient_below"] = _check.positive("gradient_below", gradient_below)
    if loss_below is not None:
        if not _check.is_number(loss_below):
            raise FlownetError(f"loss_below is {shown(loss_below)}; it has to be a number.")
        words["loss_below"] = float(loss_below)
    return words


def _tables(potential, metric, mechanics, field, time, at, bounds):
    """Tables of a flow, the words of an experiment file."""
    tables = tables_or_program(potential)
    if metric is not None:
        tables["metric"] = metric_table(metric)
    if mechanics is not None:
        tables["mechanics"] = describe(mechanics)
    tables["flow"] = {"time": time, **bounds}
    if potential.device != "cpu":
        tables["flow"]["device"] = potential.device
    if field is not None:
        tables["flow"]["field"] = describe(field)
    if at is not None:
        tables["flow"]["at"] = at
    return tables
