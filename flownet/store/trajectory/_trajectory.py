"""A run's recorded path through parameter space, in memory or in a file."""

from __future__ import annotations

import warnings
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..._errors import FlownetError
from ..._file_path import file_path
from ..._registry import build
from ...model.potential import Batches, as_potential
from ...model.tables import metric_from
from .._failure import words_of
from .._text import from_text
from ..reading import Reader, Verified, examine, verify
from ._carried import carried
from ._common import Common
from ._ends import RunEnds
from ._forms import RunForms
from ._parts import BEFORE, OF_PART, PART, Part, alike, parts_of, rebuilt
from ._records import Records, Rows
from ._same import refuse_other_size
from ._words import check_words

if TYPE_CHECKING:
    from ..._types import PathLike, Vector
    from ...geometry.metric import Metric
    from ...model.potential import AnyPotential
    from ...motion.mechanics import Mechanics


class Trajectory(RunEnds, RunForms):
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
    bound_met : str or None
        Which bound on its work ended a flow: "max_steps" or "max_gradients".
    stands_still : bool
        Whether no step moves the last parameters, though they are no minimum.
    stopped : str or None
        Why it ended before its last step, in words.
    best : Best or None
        Iteration, time, value and W (D,) of the best state, where the run was to keep it.
    parts : list of Part
        One, unless the run went on with other mechanics, in another metric or on other data.
    """

    def __init__(self, store: Any, **parts: Any) -> None:
        self.store = store
        self._potential: AnyPotential | None = None
        for name, part in parts.items():
            if part is not None:
                setattr(self, name, part)
        self._is_set = False  # whether the potential is another than the run's own

    @classmethod
    def open(cls, path: PathLike, *, trusted: bool = True) -> Trajectory:
        """Trajectory of a run's file: finished, stopped, or still being written.

        Analyses beside it, `<stem>.analysis.h5`, that cannot be read are left out, with a warning.

        Parameters
        ----------
        path : path
        trusted : bool
            False for a file that somebody may have made to do harm: another process opens it first,
            with limits on its memory and time, so that what breaks HDF5 breaks that process.

        Raises
        ------
        FlownetError
            When the file is not there, not a run's, damaged, or harms the process that opens it.
        """
        path = file_path("the run", path)
        if not trusted:
            examine(path)
        reader = Reader(path)
        if reader.left_out:
            warnings.warn(reader.left_out, RuntimeWarning, stacklevel=2)
        return cls(reader)

    def verify(self) -> Verified:
        """Look at every block of the file, and say which rows are as they were written.

        Raises
        ------
        FlownetError
            For a run in memory, and where the file is not readable at all.
        """
        if self.path is None:
            raise FlownetError("verify: the run is in memory; a file has checksums.")
        with Reader(self.path, identity=self.store.identity) as reader:
            return verify(reader)

    def refresh(self) -> None:
        """See what a run that is still being written has added."""
        self.store.refresh()

    def close(self) -> None:
        """Close the file."""
        self.store.close()

    @property
    def _common(self) -> Any:
        """The store as far as all quantities go; all of it where the run is finished."""
        return self.store if self.store.finished or self.path is None else self._cut

    @cached_property
    def _cut(self):
        return Common(self.store, self.is_flow)

    @property
    def iteration(self) -> Vector:
        """Iterations (T,) of the recorded parameters."""
        return self._common.column("parameters", "iteration")

    @property
    def time(self) -> Vector:
        """Times (T,) of the recorded parameters."""
        return self._common.column("parameters", "time")

    @property
    def parameters(self) -> Rows:
        """Recorded parameters (T, D), read when indexed."""
        return Rows(self._common, "parameters")

    @property
    def loss(self) -> Vector:
        """Loss (N+1,) before every step, on that step's batch; the last on the full potential."""
        return self._common.column("observables/loss", "value")

    @property
    def step(self) -> Vector:
        """Step sizes (N,) used."""
        return self._common.column("observables/step", "value")

    @property
    def observables(self) -> Records:
        """Everything recorded beside the parameters, by name."""
        return Records(self._common, "observables")

    @property
    def analyses(self) -> Records:
        """What was computed from the run and stored with it, by name."""
        return Records(self.store, "analysis")

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
        with words_of(self.path, "experiment"):
            tables = from_text(self.store.experiment, self.store.array)
        if self.path is not None:
            check_words(tables, self.path)
        return tables

    @property
    def potential(self) -> AnyPotential:
        """The run's potential, rebuilt from what the file says, or one that is set.

        One that is set has to have as many parameters; another than the run's own is there to look
        at it with, and neither goes on with it nor is stored with it what it gives.
        """
        if self._potential is None:
            with words_of(self.path, "potential"):
                made = rebuilt(self.experiment, self.store.attrs("data").get("sha256"))
            refuse_other_size(self, made)
            self._potential = made
        return self._potential

    @potential.setter
    def potential(self, given: AnyPotential) -> None:
        if given is not self._potential:
            given = as_potential(given)
            refuse_other_size(self, given)
            self._potential, self._is_set = given, True
            vars(self).pop("batches", None)  # of the data that were those of the run

    @property
    def is_set(self) -> bool:
        """Whether the potential was set, and may be another than the run's own."""
        return self._is_set

    @cached_property
    def mechanics(self) -> Mechanics | Any:
        """The run's mechanics, or None of a flow."""
        table = self.experiment.get("mechanics")
        with words_of(self.path, "mechanics"):
            return table and build("mechanics", table)

    @cached_property
    def metric(self) -> Metric | Any:
        """The run's metric, or None for the plain one."""
        table = self.experiment.get("metric")
        with words_of(self.path, "metric"):
            return table and metric_from(table, self.potential)

    @cached_property
    def parts(self) -> list[Part]:
        """What the run was made of, one part where nothing changed on its way."""
        with words_of(self.path, "parts"):
            return parts_of(self.experiment, self)

    def part_at(self, iteration: int) -> Part:
        """The part in which the step of an iteration was taken."""
        return [part for part in self.parts if part.first <= iteration or part is self.parts[0]][-1]

    def in_one_way(self, what: str, *names: str) -> None:
        """Refuse a run whose potential, metric or mechanics changed on its way.

        Parameters
        ----------
        what : str
            What is of one of each, for the error.
        *names : str
            Tables of the experiment that may not change; by default none of them may.
        """
        for one, other in pairwise(self.parts):
            for name in names or (*OF_PART, PART):
                if not alike(one.experiment.get(name), other.experiment.get(name)):
                    raise FlownetError(
                        f"the run went on in another way at iteration {other.first}, and {what} is "
                        "of one potential, one metric and one mechanics: see run.parts."
                    )

    def mechanics_at(self, iteration: int) -> Mechanics | Any:
        """The mechanics that took the step of an iteration."""
        return self.part_at(iteration).mechanics if BEFORE in self.experiment else self.mechanics

    def metric_at(self, iteration: int) -> Metric | Any:
        """The metric that the step of an iteration was taken in, or None for the plain one."""
        whole: Any = self.part_at(iteration).metric if BEFORE in self.experiment else self.metric
        a_program = whole is None or callable(whole)  # a function of the time, set by hand
        return whole if a_program else whole.taken_in(self, iteration)

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
        if BEFORE in self.experiment:
            part = self.part_at(iteration)
            whole = part.potential
            return whole if part.batches is None else whole.on(part.batches.rows(iteration))
        if self.batches is None:
            return self.potential
        return self.potential.on(self.batches.rows(iteration))

    def __getstate__(self):
        """For pickle and copies: what a file says stays there, and is read by whom it is of."""
        return carried(self)

    def __len__(self) -> int:
        return self._common.count("parameters")

    def __repr__(self):
        rows, D = self.parameters.shape
        end = (
            ("finished" if self.finished else "not finished")
            if self.diverged_at is None
            else (f"diverged at {self.diverged_at}")
        )
        more = "".join(f"; {text}" for text in (self.stopped, self.followed) if text)
        return f"Trajectory: {rows} rows of {D} parameters, {len(self.loss)} losses, {end}" + more
