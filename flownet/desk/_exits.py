"""At which step the finite run of an experiment leaves by another exit than its flow."""

from pathlib import Path

import numpy as np

from .. import linearization
from .._errors import FlownetError
from ..motion import Constant
from ..store import Trajectory, append_analysis
from ._experiment import Experiment

_BELOW, _ABOVE, _GRID = 16, 4, 25  # from step/16 to 4·step; the experiment's own step is on the grid


def exit_steps(file, low=None, high=None, grid=_GRID, progress=True):
    """`ExitSteps` of an experiment file or a run's file, each run as long in time as its own."""
    experiment = Experiment.load(file)
    run = _run(file)
    potential, mechanics, metric, _ = experiment.parts()
    words = experiment.tables["run"]
    step = _constant_step(file, mechanics, words)
    if run is None:
        W0 = potential.network.init(words["seed"])
    else:
        potential, metric, W0 = run.potential, run.metric, run.parameters[0]
    found = linearization.exit_step(
        potential, W0, low=step / _BELOW if low is None else low,
        high=_ABOVE * step if high is None else high, time=step * max(1, words["steps"]),
        metric=metric, grid=grid, progress=progress)
    return found, run


def _run(file):
    """The run of a file that is one, or None."""
    with Path(file).open("rb") as head:
        return Trajectory.open(file) if head.read(4) == b"\x89HDF" else None


def _constant_step(file, mechanics, words):
    """The step of an experiment whose runs differ from the flow by their step alone."""
    if mechanics.kind != "aristotle" or not isinstance(mechanics.policy, Constant):
        raise FlownetError(f"{file}: exits are told by the step, and here it is "
                           f"{mechanics.policy.plain!r}: a constant one is wanted.")
    if "batch_size" in words:
        raise FlownetError(f"{file}: exits are those of the full potential, and the run has "
                           "mini-batches: leave batch_size out.")
    return mechanics.policy.step


def told(found):
    """The steps tried, and both exits where they first differ."""
    return str(found) if found.at is None else f"{found}\n\n{found.at}"


def stored(found, run):
    """Store the steps tried in the run's file, as the analysis `exits`, and say so."""
    if not run.finished:
        return f"not stored: {run.path} is not finished; `flownet resume` goes on with it"
    times = [one.step * one.steps for one in found.tried]
    attrs = {"columns": list(linearization.EXIT_COLUMNS)}
    if found.step is not None:
        attrs |= {"step": found.step, "below": found.below, "verdict": found.at.verdict}
    try:
        append_analysis(run.path, "exits", np.arange(len(times)), np.array(times), found.values,
                        attrs)
    except FlownetError as error:
        return f"not stored: {error}"
    return f"stored in {run.path}"
