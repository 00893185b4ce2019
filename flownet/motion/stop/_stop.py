"""What a stop condition is: the contract that every one keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import Named
from .. import _check
from ..observe import as_observable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..._types import AnyObservable, Count, Vector
    from ...model.potential import AnyPotential
    from ...motion.loops import State


class Stop(Named, ABC):
    """What every stop condition offers; one has to have `look`.

    One that remembers its earlier looks has `memory(W)` too, and changes those arrays in place:
    they are kept with the run's checkpoints, so that a run that is resumed stops where it would
    have.

    Attributes
    ----------
    every : int
        Interval of the iterations at which it looks.
    observable : Observable or None
        What it looks at, where that is an observable.
    kind : str or None
        Its name in files.
    """

    observable: Any = None

    def __init__(self, every: Count = 1) -> None:
        self.every = _check.whole("every", every, 1)

    @abstractmethod
    def look(
        self, state: State, potential: AnyPotential, memory: Mapping[str, Any]
    ) -> tuple[bool, float]:
        """Whether the run ends at a state, and the number by which that was decided.

        `potential` is the run's own, on all its data.
        """

    def memory(self, W: Vector) -> dict[str, Any]:
        """Arrays that it remembers, in a run that begins at W (D,)."""
        return {}

    def parameters(self) -> dict[str, Any]:
        """What makes this condition again, beside its observable."""
        return {name: v for name, v in vars(self).items() if name != "observable" and v is not None}

    @classmethod
    def in_words(cls, table: Mapping[str, Any], value: float) -> str:
        """Why a run ended, in words, of the condition's table and the number of its last look."""
        return f"{table.get('text', 'a condition')} was met"

    def __repr__(self):
        said = {} if self.observable is None else {"observable": self.observable}
        words = {**said, **self.parameters()}
        return f"{type(self).__name__}({', '.join(f'{n}={v!r}' for n, v in words.items())})"


class Watching(Stop):
    """What looks at an observable that is one number, read off the state alone."""

    def __init__(self, observable: AnyObservable, every: Count = 1) -> None:
        super().__init__(every)
        self.observable = as_observable(observable, "observable")

    def seen(self, state: State) -> float:
        """The number that the observable gives."""
        value = self.observable(state)
        if np.ndim(value) or not isinstance(value, (int, float, np.number)):
            raise FlownetError(
                f"the observable of {type(self).__name__} gave {shown(value)}; it has to be one "
                "number."
            )
        return float(value)

    def memory(self, W: Vector) -> dict[str, Any]:
        """Refuse an observable that remembers."""
        if self.observable.memory(W) is not None:
            raise FlownetError(
                f"{type(self).__name__} looks at one state, and {shown(self.observable)} remembers "
                "earlier ones: it can be recorded by observe=, but it ends no run."
            )
        return {}
