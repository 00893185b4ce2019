"""How a run ended, and what its best state was."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..._registry import find
from ...model.potential import stands_still
from ._records import Best

#: names of arrays in checkpoints: why a run ended, and what its best state is
ENDING, BEST = "ending", "best"


class RunEnds:
    """What `Trajectory` says of its end."""

    @property
    def finished(self: Any) -> bool:
        """Whether the run came to its end, with all the steps that it was to take."""
        return self.store.finished and not self._lacks_steps

    @property
    def _lacks_steps(self: Any) -> bool:
        """Whether there are steps left for which nothing tells why they were not taken.

        Files of earlier versions that were to go on say so, killed before they did: they still say
        that they are finished, and more steps already.
        """
        wanted = self.experiment.get("run", {}).get("steps", 0)
        if not wanted or self.store.count("observables/loss") > wanted:
            return False
        kept = self.store.latest_checkpoint()
        ended = kept is None or (ENDING in kept[2] and kept[2][ENDING][0])
        return self.diverged_at is None and not ended

    @property
    def diverged_at(self: Any) -> int | None:
        """First iteration whose loss, parameters or step are not finite, or None."""
        return self.store.diverged_at

    @property
    def bound_met(self: Any) -> str | None:
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
    def stands_still(self: Any) -> bool:
        """Whether no step moves the last parameters, though they are no minimum: dL is 0 to the
        last bit, as where all units are saturated or dead."""
        if self.diverged_at is not None or not len(self):
            return False
        potential, W = self.potential, self.parameters[-1]
        metric = self.metric and self.metric.along(self).at(float(self.time[-1]))
        if metric is not None and metric.depends_on_point:
            return False
        return stands_still(potential, W, np.ones(len(W), bool) if metric is None else metric.free)

    @property
    def stopped(self: Any) -> str | None:
        """Why the run or flow ended before its last step, in words, or None."""
        if self.bound_met:
            return f"stopped by {self.bound_met} at t = {self.time[-1]:.6g}"
        kept = self.store.latest_checkpoint()
        if kept is None or ENDING not in kept[2] or not kept[2][ENDING][0]:
            return None
        condition, number = kept[2][ENDING]
        if condition < 0:
            return f"stopped by Ctrl-C at iteration {kept[0]}"
        table = self.experiment["stop"][int(condition) - 1]
        why = (
            f"{table['text']} was met"
            if table["kind"] == "function"
            else (find("stop condition", table["kind"]).in_words(table, number))
        )
        return f"stopped at iteration {kept[0]}: {why}"

    @property
    def best(self: Any) -> Best | None:
        """The best state that the run has kept, `train(keep=...)`: iteration, time, value, W."""
        kept = self.store.latest_checkpoint()
        if kept is None or f"{BEST}/found" not in kept[2]:
            return None
        iteration, time, value = kept[2][f"{BEST}/found"].tolist()
        if np.isnan(value):
            return None
        return Best(int(iteration), time, value, kept[2][f"{BEST}/parameters"])

    @property
    def followed(self: Any) -> str:
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
