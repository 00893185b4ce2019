"""A recorded run taken again, step by step: the same bits, with what its mechanics remember."""

import numpy as np

from ..._errors import FlownetError, shown
from ...store.trajectory import Trajectory
from ..loops import State, hand_on, loop_of, one_row, potential_of, set_velocity
from ..mechanics import as_recorded


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
        self._part, *self._ahead = run.parts
        self.iteration = 0
        self._take(np.array(run.parameters[0]), 0.0)
        set_velocity(self._loop, words.get("V0"))
        self._go_over()

    def _take(self, W, time):
        """The loop of the part under way, at W (D,) and a time."""
        part, seed = self._part, self.run.experiment["run"]["seed"]
        ends = self._ahead[0].first if self._ahead else len(self.run.step)
        mechanics = as_recorded(part.mechanics, self.run.step[part.first : ends])
        metric = part.metric and part.metric.as_recorded(self.run, part.first, ends)
        self._loop = loop_of(part, {"seed": seed}, W, time, mechanics, metric)
        self._tape = one_row(W)
        self._at = potential_of(part.potential, part.batch_size, seed)

    def _go_over(self):
        """Go over to the parts that begin here."""
        while self._ahead and self._ahead[0].first == self.iteration:
            old, loop = self._part, self._loop
            self._part = self._ahead.pop(0)
            self._take(np.array(loop.W), loop.time)
            kept = self.iteration, loop.time, loop.arrays
            hand_on(old, self._part, self.run.experiment["run"], kept, self._loop)

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
        return self.state.metric

    @property
    def memory(self):
        """What the mechanics remember now (memories, D)."""
        return self._loop.arrays.get("memory", np.zeros((0, self.W.size), self.W.dtype))

    def go_to(self, iteration):
        """Take the steps up to an iteration, from here or from the beginning."""
        if iteration < self.iteration:
            self._begin()
        if iteration > len(self.run.step):
            raise FlownetError(
                f"the run ends at iteration {len(self.run.step)}; it was asked for {iteration}."
            )
        while self.iteration < iteration:
            done, _, _ = self._loop.advance(self.iteration, 1, self._tape)
            if not done:
                raise FlownetError(
                    f"the run ends at iteration {self.iteration}; it was asked for {iteration}."
                )
            self.iteration += done
            self._compare()
            self._go_over()

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
