"""What an observable is: the contract that every one keeps, and a user's function as one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from ..._errors import FlownetError
from ..._registry import Named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..._types import Vector
    from ...geometry.metric import Metric
    from ...model.potential import AnyPotential
    from ...motion.loops import State

_OF_DATA = ("split", "data", "loss")  # words of a table that name data of the observable's own
_TAKERS = {"part": "energy", "metric": "sharpness"}  # by word, a kind that takes it


class Observable(Named, ABC):
    """What is read off a run's state: called with a `State`, it gives a number, or an array.

    One has to be callable. One that remembers earlier states has `memory(W)` too, and is called
    with what that gave. One with a `kind` makes its table in files, by `table`, and is made of
    one, by `from_table`; by itself it is a program, which a file marks as a function.

    Attributes
    ----------
    kind : str or None
        Its name in files; None of a program of somebody's own.
    better : str
        Which of its values is the better one, "lowest" or "highest".
    words : tuple of str
        What its table may say beside `every` and data of its own: "part", "metric".
    of_run : bool
        Whether it is one of the run itself, on no data of its own.
    of_all_terms : bool
        Whether it takes all terms of a run's potential, where that is its own.
    """

    better = "lowest"
    words: tuple[str, ...] = ()
    of_run = of_all_terms = False

    @abstractmethod
    def __call__(self, state: State, *memory: Any) -> Any:
        """The number or the array of numbers of a state."""

    def memory(self, W: Vector) -> dict[str, Any] | None:
        """What it remembers, a dictionary of arrays, in a run that begins at W (D,); or None."""
        return None

    def memory_in(self, W: Vector, metric: Metric | None) -> dict[str, Any] | None:
        """What it remembers in a run in a metric, for one that remembers that of earlier states."""
        return self.memory(W)

    def parameters(self) -> dict[str, Any]:
        """What makes this observable again, beside its potential."""
        return {}

    def table(self, potential: AnyPotential, metric: Metric | None) -> dict[str, Any]:
        """Its table in a run on a potential and in a metric."""
        return {"kind": "function"}

    @classmethod
    def from_table(
        cls, name: str, table: Mapping[str, Any], potential: AnyPotential, metric: Metric | None
    ) -> Observable:
        """The observable of a table, in a run on a potential and in a metric."""
        return cls(**cls._words(table, potential, metric))

    @classmethod
    def _words(cls, table, potential, metric):
        """Arguments of a table's words; a word that it does not take is refused."""
        for word, taker in _TAKERS.items():
            if word in table and word not in cls.words:
                raise FlownetError(
                    f"an observable of kind {cls.kind!r} takes no {word}; that of kind "
                    f"{taker!r} does."
                )
        return {word: table[word] for word in cls.words if word in table}


def refuse_data(table, line):
    """Refuse a table that names data of its own; the line says what takes none."""
    if more := [word for word in _OF_DATA if word in table]:
        raise FlownetError(line.format(more[0]))


class Function(Observable):
    """A function of the state, of somebody's own, with a `memory(W)` or without."""

    def __init__(self, function):
        self.function = function
        # a function may come with a memory: it is looked for here, once
        self._memory = getattr(function, "memory", None)

    def memory(self, W):
        """What the function remembers, or None."""
        return self._memory(W) if callable(self._memory) else None

    def __call__(self, state, *memory):
        return self.function(state, *memory)
