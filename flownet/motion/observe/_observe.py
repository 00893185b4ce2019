"""Observers: numbers read off the state while a run goes on, each at its own interval."""

import numpy as np

from ..._errors import FlownetError, shown
from ...geometry.charges import Charges
from ...model._check import is_whole
from ...model.potential import AnyPotential
from ...store._layout import Quantity
from ._charges import OfCharges
from ._observable import Function, Observable
from ._observables import Loss


def as_observable(given, name="observable"):
    """An `Observable` of what a user hands in: one, charges, a potential or a function."""
    if isinstance(given, Observable):
        return given
    if isinstance(given, Charges):
        return OfCharges(given)
    # a potential of any class, too, is known by its value: it is looked for here, once
    if isinstance(given, AnyPotential) or hasattr(given, "value"):
        return Loss(given)
    if not callable(given):
        raise FlownetError(
            f"{name} is a {type(given).__name__}; it has to be a potential or a function of "
            "the state."
        )
    return Function(given)


class Observer:
    """One observable of a run: its name, its interval in steps, and the function of the state."""

    def __init__(self, name, every, function):
        if not is_whole(every, 1):
            raise FlownetError(
                f"observable {name!r}: the interval is {every!r}; "
                "it has to be a whole number of steps above 0."
            )
        self.observable = as_observable(function, f"observable {name!r}")
        self.name, self.every = f"observables/{name}", int(every)
        self.shape = None  # until it has been asked once
        self._memory = None  # of one that remembers earlier states

    def begin(self, W, metric=None):
        """Forget what was observed of another run; this one is at W (D,), in its metric."""
        self._memory = self.observable.memory_in(W, metric)

    @property
    def arrays(self):
        """What the next row depends on beside the state, by name; written to, it sets it."""
        return {f"{self.name}/{name}": array for name, array in (self._memory or {}).items()}

    def __call__(self, state):
        try:
            remembered = () if self._memory is None else (self._memory,)
            given = self.observable(state, *remembered)
        except FlownetError as error:
            raise FlownetError(f"{self.name}: {error}") from None
        try:
            value = np.asarray("nothing" if given is None else given, np.float64)
        except (TypeError, ValueError, OverflowError):
            raise FlownetError(
                f"{self.name} gave {shown(given)}; an observable is a number, or an "
                "array of numbers."
            ) from None
        if self.shape not in (None, value.shape):
            raise FlownetError(f"{self.name} changed its shape from {self.shape} to {value.shape}.")
        return value

    def quantity(self, state, rows):
        """What the store has to know, from a first look at a state."""
        metric = state.whole_metric
        self.begin(state.W, metric)
        self.shape = self(state).shape
        self.begin(state.W, metric)
        return Quantity(self.name, self.shape, np.dtype("f8"), rows=rows)

    def record(self, store, state):
        """Write the state's row."""
        value, iteration, time = store.rows(self.name, 1)
        value[0], iteration[0], time[0] = self(state), state.iteration, state.time
        store.advance(self.name, 1)


def observers(observe):
    """`Observer`s of a dictionary {name: (every, function or potential)}."""
    made = []
    observe = {} if observe is None else observe
    if not isinstance(observe, dict):
        raise FlownetError(
            f"observe is {shown(observe)}; it has to be a dictionary "
            "{name: (every, function or potential)}."
        )
    for name, entry in observe.items():
        if not isinstance(name, str) or not name or "/" in name:
            raise FlownetError(
                f"an observable is called {shown(name)}; a name without / is wanted."
            )
        if name in ("loss", "step"):
            raise FlownetError(f"an observable cannot be called {name!r}: every run records that.")
        if not (isinstance(entry, tuple) and len(entry) == 2):
            raise FlownetError(
                f"observe[{name!r}] is {shown(entry)}; it has to be a pair "
                "(every, function or potential)."
            )
        made.append(Observer(name, *entry))
    return made
