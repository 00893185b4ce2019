"""What a run did beside its flows, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._table import Tabled
from ...store.trajectory import Trajectory
from ._file import kept_departure
from ._of_flow import COLUMNS, PLAIN
from ._of_steps import COLUMNS as OF_STEP
from ._power import power_of_run
from ._table import table
from ._verdict import departure_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..._table import Table
    from ..._types import PathLike, Vector
    from ._of_steps import StepDepartures


def _of_the_flow(name):
    return property(attrgetter(f"flow.{name}"), doc=f"`{name}` of the plain flow.")


@dataclass(frozen=True, eq=False)
class Departure(Tabled):
    """A recorded run beside its flows; see `departure`.

    Attributes
    ----------
    iteration, time : ndarray (T,)
        Of the rows of the run that were looked at.
    loss : ndarray (T,)
        Of the run on the full potential.
    arc_length : ndarray (T,)
        Path length of the run, Σ‖W_{k+1} − W_k‖_g over all recorded rows up to each.
    flows : dict
        Name to `FlowDeparture`; "flow" is the plain one.
    steps : StepDepartures
        Single steps: action gaps, and how far each goes from the flow.
    bounds : tuple of float
        Of the relative distance.
    run : Trajectory

    `distance`, `relative`, `loss_difference` and `angle` are those of the plain flow.
    """

    iteration: np.ndarray
    time: np.ndarray
    loss: np.ndarray
    arc_length: np.ndarray
    flows: dict
    steps: StepDepartures
    bounds: Sequence[float]
    run: Trajectory = field(repr=False)

    distance = _of_the_flow("distance")
    relative = _of_the_flow("relative")
    loss_difference = _of_the_flow("loss_difference")
    angle = _of_the_flow("angle")

    @classmethod
    def open(cls, what: Trajectory | PathLike) -> Departure:
        """Departure that was stored with a run.

        Parameters
        ----------
        what : Trajectory or path

        Raises
        ------
        FlownetError
            When none was stored.
        """
        run = what if isinstance(what, Trajectory) else Trajectory.open(what)
        return cls(**kept_departure(run), run=run)

    @property
    def flow(self) -> Any:
        """The plain flow."""
        return self.flows[PLAIN]

    @property
    def broken(self) -> dict[str, Any]:
        """By the name of the flow: (time, iteration) or None for each bound."""
        return {
            name: [flow.broken(bound) for bound in self.bounds] for name, flow in self.flows.items()
        }

    @property
    def verdict(self) -> Any:
        """`Verdict` in words, with the numbers that support it."""
        return departure_verdict(self)

    def power(self, *, time: float | None = None, halvings: int = 3, **words: Any) -> Any:
        """Power of the step with which the distance at one time grows; see `departure_power`.

        Parameters
        ----------
        time : float, optional
            A multiple of the run's step; the end of the run by default.
        halvings : int
            The steps are h, h/2, … h/2^halvings, h that of the run.
        **words
            Of `departure_power`: field, rtol, progress.

        Raises
        ------
        FlownetError
            When the run's steps differ, or it used mini-batches.
        """
        return power_of_run(self.run, time, halvings, words)

    def to_arrays(self) -> dict[str, Vector]:
        """All numbers by name: of the run, of "<flow>.<number>" and of "steps.<number>"."""
        found = {
            "iteration": self.iteration,
            "time": self.time,
            "run.loss": self.loss,
            "run.arc_length": self.arc_length,
        }
        for name, flow in self.flows.items():
            found.update((f"{name}.{column}", vars(flow)[column]) for column in COLUMNS)
        found["steps.iteration"], found["steps.time"] = self.steps.iteration, self.steps.time
        for column in OF_STEP:
            found[f"steps.{column}"] = self.steps.column(column)
        return found

    def __getitem__(self, name):
        if name not in self.flows:
            raise FlownetError(
                f"there is no flow {shown(name)}; there is: {', '.join(self.flows)}."
            )
        return self.flows[name]

    def __len__(self):
        return len(self.iteration)

    def __repr__(self):
        return (
            f"Departure: {len(self)} rows, flows {', '.join(self.flows)}, {len(self.steps)} steps"
        )

    def table(self) -> Table:
        """Some rows beside the plain flow, and all flows at the end, as a `Table`."""
        return table(self)
