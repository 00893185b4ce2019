"""A run's recorded path through parameter space, in memory or in a file."""

from __future__ import annotations

import math
import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import build
from ...model.potential import Batches, as_potential, stands_still
from ...model.tables import metric_from, potential_from
from .._text import from_text
from ..reading import Reader
from ._carried import carried
from ._forms import RunForms
from ._records import Records, Rows

if TYPE_CHECKING:
    from ..._types import PathLike, Vector
    from ...geometry.metric import Metric
    from ...model.potential import AnyPotential
    from ...motion.mechanics import Mechanics


class Trajectory(RunForms):
    """The recorded rows of a run; row k is the state before step k.

    Attributes
    ----------
    iteration, time : ndarray (T,)
        Of the recorded parameters; time in units of the flow.
    parameters : Rows (T, D)
        Read when indexed; `run.parameters[-1]` is the last state.
    loss : ndarray (N+1,)
        Entry k on the batch of step k; the last on the full potential.
    step : ndarray (N,)
        Step sizes used.
    observables : Records
        `run.observables["loss"]` gives iteration, time and value.
    potential, mechanics, metric
        Of the run, rebuilt from its file where need be.
    finished : bool
    diverged_at : int or None
        First iteration whose loss, parameters or step are not finite.
    stopped : str or None
        Which bound on its work ended a flow: "max_steps" or "max_gradients".
    stands_still : bool
        Whether no step moves the last parameters, though they are no minimum.
    """

    def __init__(self, store: Any, **parts: Any) -> None:
        self.store = store
        self._potential: AnyPotential | None = None
        for name, part in parts.items():
            if part is not None:
                setattr(self, name, part)
        self._is_set = False  # whether the potential is another than the run's own

    @classmethod
    def open(cls, path: PathLike) -> Trajectory:
        """Trajectory of a run's file: finished, stopped, or still being written.

        Raises
        ------
        FlownetError
            When the file is not there, not a run's, or damaged.
        """
        if not isinstance(path, (str, os.PathLike)):
            raise FlownetError(f"{shown(path)} is no path of a run's file.")
        return cls(Reader(path))

    def refresh(self) -> None:
        """See what a run that is still being written has added."""
        self.store.refresh()

    def close(self) -> None:
        """Close the file."""
        self.store.close()

    @property
    def iteration(self) -> Vector:
        """Iterations (T,) of the recorded parameters."""
        return self.store.column("parameters", "iteration")

    @property
    def time(self) -> Vector:
        """Times (T,) of the recorded parameters."""
        return self.store.column("parameters", "time")

    @property
    def parameters(self) -> Rows:
        """Recorded parameters (T, D), read when indexed."""
        return Rows(self.store, "parameters")

    @property
    def loss(self) -> Vector:
        """Loss (N+1,) before every step, on that step's batch; the last on the full potential."""
        return self.store.column("observables/loss", "value")

    @property
    def step(self) -> Vector:
        """Step sizes (N,) used."""
        return self.store.column("observables/step", "value")

    @property
    def observables(self) -> Records:
        """Everything recorded beside the parameters, by name."""
        return Records(self.store, "observables")

    @property
    def analyses(self) -> Records:
        """What was computed from the run and stored with it, by name."""
        return Records(self.store, "analysis")

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return self.store.finished

    @property
    def diverged_at(self) -> int | None:
        """First iteration whose loss, parameters or step are not finite, or None."""
        return self.store.diverged_at

    @property
    def stopped(self) -> str | None:
        """Bound on its work at which a flow stopped, "max_steps" or "max_gradients", or None.

        Such a flow is not finished: `resume` goes on with it from its file, with a larger bound.
        """
        if self.finished or not self.is_flow:
            return None
        bounds = self.experiment["flow"]
        steps, spent = len(self.step), self.observables["evaluations"].value.sum()
        done = {"max_steps": steps, "max_gradients": spent}
        return next((name for name in done if done[name] >= bounds.get(name, math.inf)), None)

    @property
    def stands_still(self) -> bool:
        """Whether no step moves the last parameters, though they are no minimum: dL is 0 to the
        last bit, as where all units are saturated or dead."""
        if self.diverged_at is not None or not len(self):
            return False
        potential, W = self.potential, self.parameters[-1]
        metric = None if self.metric is None else self.metric.at(float(self.time[-1]))
        if metric is not None and metric.depends_on_point:
            return False
        return stands_still(potential, W, np.ones(len(W), bool) if metric is None else metric.free)

    @property
    def is_flow(self) -> bool:
        """Whether this is a flow, whose steps are those of its integration."""
        return "flow" in self.experiment

    @property
    def path(self) -> Any:
        """The run's file, or None."""
        return self.store.path

    @cached_property
    def experiment(self) -> dict[str, Any]:
        """Tables of the experiment, the words of an experiment file."""
        return from_text(self.store.experiment, self.store.array)

    @property
    def potential(self) -> AnyPotential:
        """The run's potential, rebuilt from what the file says, or one that is set."""
        if self._potential is None:
            self._potential = self._rebuilt()
        return self._potential

    @potential.setter
    def potential(self, given: AnyPotential) -> None:
        if given is not self._potential:
            self._potential, self._is_set = as_potential(given), True

    def _rebuilt(self):
        """The potential that the file says; its data must be the same."""
        potential = potential_from(self.experiment)
        kept = self.store.attrs("data").get("sha256") if potential.data else None
        if kept is not None and kept != potential.data.sha256:
            raise FlownetError(
                f"the data {potential.data.name!r} are not those of the run: "
                f"sha256 {potential.data.sha256[:12]}… instead of {kept[:12]}…."
            )
        return potential

    @cached_property
    def mechanics(self) -> Mechanics | Any:
        """The run's mechanics, or None of a flow."""
        table = self.experiment.get("mechanics")
        return table and build("mechanics", table)

    @cached_property
    def metric(self) -> Metric | Any:
        """The run's metric, or None for the plain one."""
        table = self.experiment.get("metric")
        return table and metric_from(table, self.potential)

    @cached_property
    def batches(self) -> Any:
        """The run's mini-batches, or None for full batches."""
        run = self.experiment.get("run", {})
        size = run.get("batch_size")
        return size and Batches(self.potential.data.m, size, run["seed"])

    @property
    def is_batched(self) -> bool:
        """Whether each step saw a mini-batch."""
        return bool(self.experiment.get("run", {}).get("batch_size"))

    def potential_at(self, iteration: int) -> AnyPotential:
        """The potential that the step of an iteration saw: that of its mini-batch."""
        if self.batches is None:
            return self.potential
        return self.potential.on(self.batches.rows(iteration))

    def __getstate__(self):
        """For pickle and copies: what a file says stays there, and is read by whom it is of."""
        return carried(self)

    def __len__(self) -> int:
        return self.store.count("parameters")

    def __repr__(self):
        rows, D = self.parameters.shape
        end = "finished" if self.finished else "not finished"
        if self.stopped:
            end = f"stopped by {self.stopped}"
        if self.diverged_at is not None:
            end = f"diverged at {self.diverged_at}"
        followed = f"; {self.followed}" if self.followed else ""
        return (
            f"Trajectory: {rows} rows of {D} parameters, {len(self.loss)} losses, {end}" + followed
        )

    @property
    def followed(self) -> str:
        """How many gradients and steps a flow or adaptive steps took, in words."""
        if "evaluations" not in self.observables:
            return ""
        spent = self.observables["evaluations"].value
        text = f"{int(spent.sum())} gradients, {len(spent)} steps"
        stabilised = int(self.observables["method"].value.sum()) if self.is_flow else 0
        if stabilised:
            text += f", {stabilised} of them stabilised against stiffness"
        if "crossings" in self.observables:
            crossings, slides = (
                int(self.observables[name].value.sum()) for name in ("crossings", "slides")
            )
            text += f", {crossings} kinks crossed, {slides} slid along"
        return text
