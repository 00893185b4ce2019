"""Going on with a run from its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError
from ...geometry.metric import metric_of
from ...model.potential import as_potential
from ...model.tables import refuse_other_program
from ...store._text import to_text
from ...store.trajectory import Trajectory
from ...store.writing import HDF5Store, rewrite_experiment
from .. import _check
from .._storage import checkpoint_of
from ..flow import resume_flow
from ..observe import observe_from, observers
from ._loop import make_loop
from ._run import Run, arrays_of
from ._states import potential_of

if TYPE_CHECKING:
    from ..._types import MetricLike, Observed, PathLike
    from ...model.potential import AnyPotential
    from ...motion.mechanics import Mechanics


def resume(
    path: PathLike,
    *,
    potential: AnyPotential | None = None,
    mechanics: Mechanics | None = None,
    metric: MetricLike | None = None,
    steps: int | None = None,
    max_steps: int | None = None,
    max_gradients: int | None = None,
    observe: Observed | None = None,
    threads: int | None = None,
    progress: bool = True,
) -> Trajectory:
    """Continue a run or a flow from its file, bit for bit as if it had never stopped.

    Parameters
    ----------
    path : path
        File of a run that was stopped, killed, or is to go on.
    potential : optional
        For a run on a potential that no file can say: the same one again.
    mechanics : optional
        Likewise for one of mechanics, or with a step policy, that no file can say: of a class of
        your own.
    metric : optional
        Likewise for one in a metric that no file can say, such as a function of the time.
    steps : int, optional
        N, the number of steps in all; that of the run by default.
    max_steps, max_gradients : int, optional
        Of a flow: its work in all at most; what it was allowed by default.
    observe : dict, optional
        Functions among the run's observables, by name, again.
    threads, progress
        As in `train`.

    Returns
    -------
    Trajectory

    Raises
    ------
    FlownetError
        When the file is damaged or still being written, the data are not those of the run, or
        `steps` is less than what was done.
    """
    _check.threads(threads)
    run = Trajectory.open(path)
    tables = run.experiment
    if potential is not None:
        potential = as_potential(potential)
        _same_data(run, potential)
        refuse_other_program(path, tables, potential)
        run.potential = potential
    if mechanics is not None:
        _no_table(path, tables, "mechanics", "{} mechanics")
        run.mechanics = mechanics
    if metric is not None:
        _no_table(path, tables, "metric", "a {} metric")
        run.metric = metric_of(metric, run.potential)
    if "flow" in tables:
        if steps is not None:
            raise FlownetError(
                f"{path} is a flow, which goes to a time and takes the steps that "
                "it needs; it takes no number of steps."
            )
        if run.finished:
            return run
        return resume_flow(
            run,
            max_steps=max_steps,
            max_gradients=max_gradients,
            threads=threads,
            progress=progress,
        )
    if max_steps is not None or max_gradients is not None:
        raise FlownetError(
            f"{path} is a run of finite steps, whose number is steps: max_steps and max_gradients "
            "bound the work of a flow."
        )
    words = tables["run"]
    wanted = words["steps"] if steps is None else _check.whole("steps", steps, 0)
    made = observers(observe_from(tables.get("observe", {}), run.potential, run.metric, observe))
    if run.diverged_at is not None or (run.finished and wanted == words["steps"]):
        return run
    run.mechanics.policy.check(run.potential, wanted)
    iteration, time, arrays = _checkpoint(run, wanted)
    run.close()
    if wanted != words["steps"]:
        words["steps"] = wanted
        rewrite_experiment(path, to_text(tables)[0])
    store = HDF5Store.resume(path)
    store.truncate()
    W, seed, batch_size = np.array(arrays["parameters"]), words["seed"], words.get("batch_size")
    with run.potential.kernels.limited(threads):
        whole = metric_of(run.metric, run.potential)
        loop = make_loop(run.potential, run.mechanics, whole, W, time, batch_size, seed)
        for observer in made:
            observer.begin(W)
        for name, array in arrays_of(loop, made).items():
            array[...] = arrays[name]
        Run(
            store,
            loop,
            run.potential,
            whole,
            iteration,
            wanted,
            potential_of(run.potential, batch_size, seed),
            words["record_every"],
            made,
        ).go(progress)
    return Trajectory(
        store,
        potential=run.potential,
        mechanics=run.mechanics,
        metric=run.metric,
        experiment=tables,
    )


def _checkpoint(run, steps):
    latest = checkpoint_of(run)
    if latest[0] > steps:
        raise FlownetError(f"{run.path} has done {latest[0]} steps already, more than {steps}.")
    return latest


def _no_table(path, tables, part, name):
    """Refuse a metric or mechanics beside those that the file says."""
    kept = tables.get(part)
    if kept is None or kept.get("kind") != "program":
        said = f"the plain {part}" if kept is None else name.format(kept.get("kind", "layer"))
        raise FlownetError(
            f"{path} says its {part} itself, {said}: {part}= is for one that no file can say."
        )


def _same_data(run, potential):
    kept = run.store.attrs("data").get("sha256") if "data" in run.experiment else None
    if kept is not None and potential.data.sha256 != kept:
        raise FlownetError(
            f"the data {potential.data.name!r} are not those of {run.path}: sha256 "
            f"{potential.data.sha256[:12]}… instead of {kept[:12]}…."
        )
