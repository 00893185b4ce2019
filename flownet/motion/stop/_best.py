"""The best state so far by an observable, and how long it is since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import kind
from .. import _check
from ._stop import Watching

if TYPE_CHECKING:
    from ..._types import AnyObservable, Count, NotNegative, Vector

Better = Literal["lowest", "highest"]
_BETTER = (None, "lowest", "highest")


class Ranking(Watching):
    """What compares the values of an observable."""

    def __init__(
        self, observable: AnyObservable, every: Count = 1, better: Better | None = None
    ) -> None:
        super().__init__(observable, every)
        if not (better is None or isinstance(better, str)) or better not in _BETTER:
            raise FlownetError(f"better is {shown(better)}; it has to be 'lowest' or 'highest'.")
        self.better = better

    def is_better(self, value, best, least=0.0):
        """Whether a value improves on the best one, by more than `least`."""
        sign = 1 if (self.better or self.observable.better) == "highest" else -1
        return np.isfinite(value) and (np.isnan(best) or sign * (value - best) > least)


@kind("stop condition", "patience")
class Patience(Ranking):
    """Stop where an observable has not improved for some looks: early stopping.

    Parameters
    ----------
    observable : Observable, potential or function of the state
        One number, such as `Accuracy(held_out)`; a potential is its loss.
    patience : int
        So many looks in a row without a better value end the run.
    every : int
        Interval of the iterations at which it looks.
    least : float
        How much better is better.
    better : str, optional
        "lowest" or "highest"; by default what the observable says: highest of `Accuracy`, else
        lowest.

    Raises
    ------
    FlownetError
        For counts that are not whole, and a `least` below 0.
    """

    def __init__(
        self,
        observable: AnyObservable,
        patience: Count,
        every: Count = 1,
        least: NotNegative = 0.0,
        better: Better | None = None,
    ) -> None:
        super().__init__(observable, every, better)
        self.patience = _check.whole("patience", patience, 1)
        if not (_check.is_number(least) and least >= 0):
            raise FlownetError(f"least is {shown(least)}; it has to be a number from 0 up.")
        self.least = float(least)

    def memory(self, W: Vector) -> dict[str, Any]:
        """The best value so far, and looks since."""
        return {**super().memory(W), "found": np.array([np.nan, 0.0])}

    def look(self, state, potential, memory):
        """Whether patience is at an end, and the best value."""
        found, value = memory["found"], self.seen(state)
        if self.is_better(value, found[0], self.least):
            found[:] = value, 0
        else:
            found[1] += 1
        return found[1] >= self.patience, float(found[0])

    @classmethod
    def in_words(cls, table, value):
        """Why a run ended."""
        return (
            f"the {table['observable']['kind']} has not been better than {value:.6g} for "
            f"{table['patience']} looks"
        )


class Best(Ranking):
    """What `train(keep=...)` keeps the best state by.

    Parameters
    ----------
    observable : Observable, potential or function of the state
        One number; a potential is its loss.
    every : int
        Interval of the iterations at which it looks; the last state is looked at in any case.
    better : str, optional
        "lowest" or "highest"; by default what the observable says: highest of `Accuracy`, else
        lowest. Of equal values the first is kept.

    Raises
    ------
    FlownetError
        For an interval that is not whole, and another word.
    """

    def __init__(
        self, observable: AnyObservable, every: Count = 1, better: Better | None = None
    ) -> None:
        super().__init__(observable, every, better)

    def memory(self, W: Vector) -> dict[str, Any]:
        """The best state, and its iteration, time and value."""
        return {**super().memory(W), "parameters": W.copy(), "found": np.array([0.0, 0.0, np.nan])}

    def look(self, state, potential, memory):
        """Keep the state if it is better; it ends no run."""
        value, found = self.seen(state), memory["found"]
        if self.is_better(value, found[2]):
            memory["parameters"][:] = state.W
            found[:] = state.iteration, state.time, value
        return False, float(found[2])
