"""At which step the finite run of an experiment leaves by another exit than its flow."""

from pathlib import Path

import numpy as np

from ..._errors import FlownetError
from ...linearization.exits import EXIT_COLUMNS, exit_step
from ...motion.mechanics import Constant
from ...motion.mechanics._start import steps_of
from ...store.trajectory import Trajectory
from ...store.writing import append_analysis
from ..experiment._experiment import Experiment

_BELOW, _ABOVE, _GRID = 16, 4, 25  # from step/16 to 4·step, the experiment's own step among them


def exit_steps(file, low=None, high=None, grid=_GRID, progress=True):
    """`ExitSteps` of an experiment file or a run's file, and the run, or None.

    Each finite run is as long in time as the experiment's own.
    """
    experiment, run = Experiment.load(file), None
    with Path(file).open("rb") as head:
        if head.read(4) == b"\x89HDF":
            run = Trajectory.open(file)
    if "mechanics" not in experiment.tables:
        raise FlownetError(f"{file}: exits want a run of finite steps, and it names no mechanics.")
    words = experiment.tables["run"]
    if run is None:
        potential, mechanics, metric, _ = experiment.parts()
        W0 = potential.network.init(words["seed"])
    else:
        potential, mechanics, metric, W0 = (
            run.potential,
            run.mechanics,
            run.metric,
            run.parameters[0],
        )
    step = _constant_step(file, mechanics, words)
    steps = steps_of(words.get("steps"), words.get("epochs"), potential, None)
    found = exit_step(
        potential,
        W0,
        low=step / _BELOW if low is None else low,
        high=_ABOVE * step if high is None else high,
        time=step * max(1, steps),
        metric=metric,
        grid=grid,
        progress=progress,
    )
    return found, run


def _constant_step(file, mechanics, words):
    """The step of an experiment whose runs differ from the flow by their step alone."""
    if not mechanics.descends or not isinstance(mechanics.policy, Constant):
        raise FlownetError(
            f"{file}: exits are found by the step of plain gradient descent "
            f"(aristotle) with a constant step, not by {mechanics!r}."
        )
    if "batch_size" in words:
        raise FlownetError(
            f"{file}: exits are those of the full potential, and the run has "
            "mini-batches: leave batch_size out."
        )
    return mechanics.policy.step


def as_text(found):
    """The steps tried, and both exits where they first differ."""
    return str(found) if found.at is None else f"{found}\n\n{found.at}"


def stored(found, run):
    """Store the steps tried in the run's file, as the analysis `exits`, and say so."""
    if not run.finished:
        return f"not stored: {run.path} is not finished; `flownet resume` goes on with it"
    times = [one.step * one.steps for one in found.tried]
    attrs = {"columns": list(EXIT_COLUMNS)}
    if found.step is not None:
        attrs |= {"step": found.step, "below": found.below, "verdict": found.at.verdict}
    try:
        append_analysis(
            run.store, "exits", np.arange(len(times)), np.array(times), found.values, attrs
        )
    except FlownetError as error:
        return f"not stored: {error}"
    return f"stored in {run.path}"
