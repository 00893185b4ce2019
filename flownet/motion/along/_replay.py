"""A recorded run taken again, step by step: the same bits, with what its mechanics remember."""

import numpy as np

from ..._errors import FlownetError, shown
from ...geometry.metric import metric_of
from ...store.trajectory import Trajectory
from ..loops import State, make_loop, one_row, potential_of


class Replay:
    """A run of finite steps, taken again from its first row.

    What mechanics remember is in a run's file at its last checkpoints alone; W_0, the seed and the
    potential give it back at every step, bit for bit, however few rows were recorded.

    Attributes
    ----------
    run : Trajectory
    iteration : int
        Steps taken so far; `W` (D,) is the state there.

    Raises
    ------
    FlownetError
        For what is no run of finite steps, and for a state that is not the recorded one: a run that
        a program has changed on its way.
    """

    def __init__(self, run):
        if not isinstance(run, Trajectory) or run.is_flow:
            raise FlownetError(
                f"{shown(run)} is wanted as a run of finite steps, as flownet.train gives it."
            )
        self.run = run
        self._begin()

    def _begin(self):
        run, words = self.run, self.run.experiment["run"]
        W = np.array(run.parameters[0])
        metric = metric_of(run.metric, run.potential)
        self._loop = make_loop(
            run.potential, run.mechanics, metric, W, 0.0, words.get("batch_size"), words["seed"]
        )
        self._tape, self.iteration = one_row(W), 0
        self._at = potential_of(run.potential, words.get("batch_size"), words["seed"])

    @property
    def W(self):
        """Parameters (D,) now; they change with the next step."""
        return self._loop.W

    @property
    def state(self):
        """The state now."""
        return State(self.iteration, self.time, self._loop, self._at)

    @property
    def time(self):
        """Time now."""
        return self._loop.time

    @property
    def metric(self):
        """The run's metric now."""
        return metric_of(self.run.metric, self.run.potential).at(self.time)

    @property
    def memory(self):
        """What the mechanics remember now (memories, D)."""
        return self._loop.arrays.get("memory", np.zeros((0, self.W.size), self.W.dtype))

    def go_to(self, iteration):
        """Take the steps up to an iteration, from here or from the beginning."""
        if iteration < self.iteration:
            self._begin()
        while self.iteration < iteration:
            done, _, _ = self._loop.advance(self.iteration, 1, self._tape)
            if not done:
                raise FlownetError(
                    f"the run ends at iteration {self.iteration}; it was asked for {iteration}."
                )
            self.iteration += done
            self._compare()

    def _compare(self):
        row = int(np.searchsorted(self.run.iteration, self.iteration))
        if (
            row < len(self.run)
            and self.run.iteration[row] == self.iteration
            and not (np.array_equal(self.W, self.run.parameters[row]))
        ):
            raise FlownetError(
                f"taken again, the run comes to other parameters at iteration "
                f"{self.iteration} than it recorded: was it changed on its way?"
            )
