"""Going on with a run from its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ..._errors import FlownetError, shown
from ..._registry import among, describe
from ...geometry.metric import metric_of
from ...model.potential import as_potential
from ...model.tables import metric_table
from ...store.trajectory import (
    Part,
    Trajectory,
    alike,
    has_program,
    own_potential,
    refuse_other,
    without_programs,
)
from ...store.writing import close_finished
from .. import _check
from .._storage import checkpoint_of, until_it_stays
from ..flow import resume_flow
from ..mechanics import Mechanics
from ..observe import observe_from
from ..stop import keep_from, stop_from
from ._continue import Manner, carry_on, copied, not_less, taken_up, to_device
from ._go_on import gone_on
from ._interrupt import on_interrupt_of

if TYPE_CHECKING:
    from ..._types import Device, Keep, MetricLike, Observed, PathLike, Stops
    from ...model.potential import AnyPotential


def resume(
    path: PathLike | Trajectory,
    *,
    potential: AnyPotential | None = None,
    mechanics: Mechanics | None = None,
    metric: MetricLike | None = None,
    steps: int | None = None,
    max_steps: int | None = None,
    max_gradients: int | None = None,
    observe: Observed | None = None,
    stop: Stops | None = None,
    keep: Keep | None = None,
    device: Device | None = None,
    threads: int | None = None,
    progress: bool = True,
    on_interrupt: Literal["raise", "return"] | None = None,
) -> Trajectory:
    """Continue a run or a flow from its file, bit for bit as if it had never stopped.

    With other mechanics, in another metric or on other data `go_on` continues a run.

    Parameters
    ----------
    path : path or Trajectory
        Of a run that was stopped, killed, or is to go on; a run in memory goes on there.
    potential : optional
        For a run on a potential that no file can say: the same one again.
    mechanics : optional
        Likewise for mechanics, or a step or a temperature, that no file can say: a function, or one
        of a class of your own.
    metric : optional
        Likewise for one in a metric that no file can say, such as a function of the time.
    steps : int, optional
        N, the number of steps in all; that of the run by default. A run that a condition has
        stopped goes on where they are given, and then without the conditions it had.
    max_steps, max_gradients : int, optional
        Of a flow: its work in all at most; what it was allowed by default.
    observe : dict, optional
        Functions among the run's observables, by name, again.
    stop, keep : optional
        Likewise conditions among which there are functions; of a run that a condition has stopped,
        what may stop it next.
    device : str, optional
        Whose kernels go on with it; by default those of the device that it was on.
    threads, progress, on_interrupt
        As in `train`.

    Returns
    -------
    Trajectory

    Raises
    ------
    FlownetError
        When the file is damaged or still being written, the potential is not that of the run,
        `steps` is less than what was done, or its device is not here: another one has to be named.
    """
    _check.threads(threads, progress)
    manner = Manner(threads, progress, on_interrupt_of(on_interrupt))
    parts, bounds = (potential, mechanics, metric), (steps, max_steps, max_gradients)
    given = (observe, stop, keep)
    return until_it_stays(lambda: _resumed(path, parts, bounds, given, device, manner))


def _resumed(path, parts, bounds, given, device, manner):
    """The run, gone on with as it is now."""
    (potential, mechanics, metric), (observe, stop, keep) = parts, given
    steps, max_steps, max_gradients = bounds
    run = taken_up(path)
    tables = copied(run.experiment)
    if potential is not None:
        potential = as_potential(potential)
        refuse_other(run, potential)
        run.potential = potential
    own_potential(run)
    to_device(run, tables, device)
    if mechanics is not None:
        _same_mechanics(path, run, mechanics)
        run.mechanics = mechanics
    if metric is not None:
        metric = metric_of(metric, run.potential)
        _same_metric(path, run, metric)
        run.metric = metric
    if "flow" in tables:
        if steps is not None:
            raise FlownetError(
                f"{path} is a flow, which goes to a time and takes the steps that "
                "it needs; it takes no number of steps."
            )
        if run.finished:
            return _closed(run)
        return resume_flow(
            run,
            max_steps=max_steps,
            max_gradients=max_gradients,
            device=tables["flow"].get("device"),
            threads=manner.threads,
            progress=manner.progress,
        )
    if max_steps is not None or max_gradients is not None:
        raise FlownetError(
            f"{path} is a run of finite steps, whose number is steps: max_steps and max_gradients "
            "bound the work of a flow."
        )
    words = tables["run"]
    wanted = words["steps"] if steps is None else _check.whole("steps", steps, 0)
    observed = observe_from(tables.get("observe", {}), run.potential, run.metric, observe)
    for name in observe or {}:
        among("observable", name, list(observed))
    ended = run.finished and run.stopped is not None
    done = run.finished and (steps is None or (wanted == words["steps"] and not ended))
    if run.diverged_at is not None or done:
        return _closed(run)
    kept = checkpoint_of(run)
    not_less(run, kept, wanted)
    if ended:
        for name in ("stop", "keep"):
            tables.pop(name, None)
        return gone_on(run, kept, tables, wanted, (observed, stop, keep), manner)
    stop = stop_from(tables.get("stop", []), run.potential, run.metric, stop)
    keep = keep_from(tables.get("keep"), run.potential, run.metric, keep)
    for each in (run.mechanics, metric_of(run.metric, run.potential)):
        each.check(run.potential, wanted - run.parts[-1].first)
    words["steps"] = wanted
    return carry_on(run, kept, _parts(run), tables, (observed, stop, keep), manner)


def _closed(run):
    """A run that is at its end, its file closed if a kill came before that."""
    if run.path is not None and run.store.finished:
        close_finished(run.path)
    return run


def _parts(run):
    """The run's parts, the last one with what was handed in again."""
    last = run.parts[-1]
    now = {"potential": run.potential, "mechanics": run.mechanics, "metric": run.metric}
    return [*run.parts[:-1], Part(last.experiment, **now)]


def _same_mechanics(path, run, mechanics):
    """Refuse mechanics that are not those of the run, but for what of them no file can say."""
    kept = run.experiment.get("mechanics", {"kind": "no"})
    said = without_programs(kept)
    if not has_program(kept) or not isinstance(mechanics, Mechanics):
        raise FlownetError(
            f"{path} says its mechanics itself, {kept['kind']} mechanics: mechanics= is for such "
            "as no file can say; flownet.go_on continues with others."
        )
    if said is not None and not alike(said, without_programs(describe(mechanics))):
        raise FlownetError(
            f"the run's mechanics are {run.mechanics!r}, and mechanics= {mechanics!r}: they have "
            "to be the same again; flownet.go_on continues with others."
        )


def _same_metric(path, run, metric):
    """Refuse a metric that is not that of the run, but for what of it no file can say."""
    kept = run.experiment.get("metric")
    if not has_program(kept):
        said = "the plain metric" if kept is None else f"a {kept.get('kind', 'layer')} metric"
        raise FlownetError(
            f"{path} says its metric itself, {said}: metric= is for one that no file can say."
        )
    said = without_programs(kept)
    if said is not None and not alike(said, without_programs(metric_table(metric))):
        raise FlownetError(
            f"the run's metric is {shown(run.metric)}, and metric= {shown(metric)}: it has to be "
            "the same again; flownet.go_on continues in another."
        )
