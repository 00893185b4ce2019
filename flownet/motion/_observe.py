"""Observables: numbers read off the state while a run goes on, each at its own interval."""

from inspect import signature

import numpy as np

from .._errors import FlownetError, shown
from .._kinds import build, find, kind, names, unknown
from ..data import from_table
from ..geometry import Charges, Euclidean, NoSpectrum, noise, sharpness
from ..model import Charted, Potential, metric_from, metric_table
from ..store import Quantity
from ._energy import Energy
from ._moving_metric import moving_metric

_MOVING = "moving"  # the kind of metric that `moving_metric` gives


@kind("observable", "loss")
class Loss:
    """Loss of the state on a potential of its own, such as one on held-out data."""

    def __init__(self, potential):
        self.potential = potential

    def __call__(self, state):
        return self.potential.value(state.W)


@kind("observable", "accuracy")
class Accuracy:
    """Fraction of samples whose largest output is that of their class.

    Parameters
    ----------
    potential : Potential
        Of a network on data with labels.
    """

    def __init__(self, potential):
        if potential.data is None or potential.data.labels is None or (
                potential.data.y.shape[1] < 2):
            raise FlownetError("accuracy needs data with class labels and an output a class.")
        self.potential = potential

    def __call__(self, state):
        seen, W = self.potential, state.W
        if isinstance(seen, Charted):
            seen, W = seen.potential, seen.to_W(W)
        y_hat = seen.network.forward(W, seen.data.x)
        return float(np.mean(y_hat.argmax(axis=1) == self.potential.data.labels))


@kind("observable", "sharpness")
class Sharpness:
    """Sharpness of a full potential at the state, whatever mini-batch the run is at.

    Each search starts afresh, so that a value depends on its state alone, not on where a run was
    resumed; nan where the search does not converge or the Hessian is not finite.

    Parameters
    ----------
    potential : Potential, or any with `.hessian(W)`
    metric : LayerMetric, DiagonalMetric or `moving_metric`, optional
        The plain one by default; that of `[metric]` in an experiment file. Of one that depends on
        time, that of the state's; `moving_metric`, `metric = {kind = "moving"}` in a file, is that
        of RMSProp or Adam at the state.
    """

    of_all_terms = True  # of a potential, where it is the run's own

    def __init__(self, potential, metric=None):
        self.potential, self.metric = potential, metric

    def __call__(self, state):
        try:
            if self.metric is moving_metric:
                metric = moving_metric(state)
            else:
                metric = self.metric and self.metric.at(state.time)
            return sharpness(self.potential, state.W, metric=metric)
        except NoSpectrum:
            return np.nan

    def parameters(self):
        """What makes this observable again, beside its potential."""
        if self.metric is moving_metric:
            return {"metric": {"kind": _MOVING}}
        return {"metric": metric_table(self.metric or Euclidean(self.potential.size))}


@kind("observable", "noise")
class Noise:
    """Mini-batch noise of a full potential at the state: ‖dL‖², tr C and B = tr C/‖dL‖², (3,).

    Parameters
    ----------
    potential : Potential, or a sum with one
    metric : LayerMetric or DiagonalMetric, optional
        The plain one by default; that of `[metric]` in an experiment file.
    """

    of_all_terms = True

    def __init__(self, potential, metric=None):
        self.potential, self.metric = potential, metric

    def __call__(self, state):
        found = noise(self.potential, state.W, 1, metric=self.metric)
        return np.array([found.gradient2, found.trace, found.scale])

    parameters = Sharpness.parameters


class Observer:
    """One observable of a run: its name, its interval in steps, and the function of the state."""

    def __init__(self, name, every, function):
        if not (isinstance(every, (int, np.integer)) and every >= 1):
            raise FlownetError(f"observable {name!r}: the interval is {every!r}; "
                               "it has to be a whole number of steps above 0.")
        if hasattr(function, "value") and not isinstance(function, Charges):
            function = Loss(function)
        if not callable(function):
            raise FlownetError(f"observable {name!r} is a {type(function).__name__}; it has to be "
                               "a potential or a function of the state.")
        self.name, self.every, self.function = f"observables/{name}", int(every), function
        self.shape = None  # until it has been asked once
        self._memory = None  # of one that remembers earlier states

    def begin(self, W):
        """Forget what was observed of another run; one of this begins at parameters W (D,)."""
        memory = getattr(self.function, "memory", None)
        self._memory = memory(W) if callable(memory) else None

    @property
    def arrays(self):
        """What the next row depends on beside the state, by name; written to, it sets it."""
        return {f"{self.name}/{name}": array for name, array in (self._memory or {}).items()}

    def __call__(self, state):
        try:
            remembered = () if self._memory is None else (self._memory,)
            given = self.function(state, *remembered)
        except FlownetError as error:
            raise FlownetError(f"{self.name}: {error}") from None
        try:
            value = np.asarray("nothing" if given is None else given, np.float64)
        except (TypeError, ValueError):
            raise FlownetError(f"{self.name} gave {shown(given)}; an observable is a number, or an "
                               "array of numbers.") from None
        if self.shape not in (None, value.shape):
            raise FlownetError(f"{self.name} changed its shape from {self.shape} to {value.shape}.")
        return value

    def quantity(self, state, rows):
        """What the store has to know, from a first look at a state."""
        self.begin(state.W)
        self.shape = self(state).shape
        self.begin(state.W)
        return Quantity(self.name, self.shape, np.dtype("f8"), rows=rows)

    def record(self, store, state):
        """Write the state's row."""
        value, iteration, time = store.rows(self.name, 1)
        value[0], iteration[0], time[0] = self(state), state.iteration, state.time
        store.advance(self.name, 1)


def observers(observe):
    """`Observer`s of a dictionary {name: (every, function or potential)}."""
    made = []
    if not isinstance(observe or {}, dict):
        raise FlownetError(f"observe is {shown(observe)}; it has to be a dictionary "
                           "{name: (every, function or potential)}.")
    for name, entry in (observe or {}).items():
        if not isinstance(name, str) or not name or "/" in name:
            raise FlownetError(f"an observable is called {name!r}; a name without / is wanted.")
        if name in ("loss", "step"):
            raise FlownetError(f"an observable cannot be called {name!r}: every run records that.")
        if not (isinstance(entry, tuple) and len(entry) == 2):
            raise FlownetError(f"observe[{name!r}] is {entry!r}; it has to be a pair "
                               "(every, function or potential).")
        made.append(Observer(name, *entry))
    return made


def observe_tables(made, potential, metric):
    """Tables of observers; those that no table can say are marked as functions."""
    return {observer.name.removeprefix("observables/"):
            {"every": observer.every, **_table(observer.function, potential, metric)}
            for observer in made}


def _table(function, potential, metric):
    if callable(getattr(function, "memory", None)) and hasattr(function, "kind"):
        return {"kind": function.kind, **function.parameters()}
    if isinstance(function, Charges):
        return {"kind": "charges" if function == Charges(potential, metric) else "function"}
    own = getattr(function, "potential", None)
    if own is potential and hasattr(function, "of_all_terms"):
        return {"kind": function.kind, **_in_metric(function, metric)}
    if isinstance(own, Charted) and own.chart is getattr(potential, "chart", None):
        own, potential = own.potential, potential.potential
    if not (hasattr(function, "kind") and isinstance(own, Potential)
            and own.network is potential.network):
        return {"kind": "function"}
    table = {"kind": function.kind, "data": own.data.describe(), **_in_metric(function, metric)}
    if function.kind != "accuracy":
        table["loss"] = own.describe()["loss"]
    return table


def _in_metric(function, metric):
    """What makes an observable again; a metric that no file can say is left to be the run's."""
    table = getattr(function, "parameters", dict)()
    of_run = metric is not None and getattr(function, "metric", None) is metric
    return {} if of_run and table["metric"].get("kind") == "program" else table


def observe_from(tables, potential, metric=None, given=None):
    """Dictionary for `train` of an experiment's `observe` tables; `given` holds the functions."""
    observe = {}
    for name, table in tables.items():
        if table["kind"] == "function":
            if name not in (given or {}):
                raise FlownetError(f"the observable {name!r} is a function of yours; pass it on "
                                   f"again: observe={{{name!r}: function}}.")
            observe[name] = table["every"], given[name]
        elif table["kind"] not in names("observable"):
            raise FlownetError(unknown("observable kind", table["kind"], names("observable")))
        elif table["kind"] == Charges.kind:
            if more := [key for key in ("split", "data", "loss") if key in table]:
                raise FlownetError(f"the observable {name!r} takes no {more[0]}: charges are those "
                                   "of the run's own potential, whatever the data.")
            observe[name] = table["every"], Charges(potential, metric)
        else:
            observe[name] = table["every"], build("observable", _parts(table, potential, metric))
    return observe


def _parts(table, potential, metric):
    """Kind, potential and metric of an observable's table; the run's own where it says nothing."""
    of = find("observable", table["kind"])
    parts = {"kind": table["kind"]}
    if hasattr(of, "memory"):
        if more := [key for key in ("split", "data", "loss") if key in table]:
            raise FlownetError(f"a {table['kind']} is one of the run itself, on no data of its "
                               f"own: it takes no {more[0]}.")
    else:
        parts["potential"] = _held_out(table, potential) if "data" in table else potential
    if "part" in table:
        if table["kind"] != Energy.kind:
            raise FlownetError(f"an observable of kind {table['kind']!r} takes no part; that of "
                               f"kind {Energy.kind!r} does.")
        parts["part"] = table["part"]
    if "metric" in table:
        parts["metric"] = _metric(table["metric"], potential)
    elif hasattr(of, "of_all_terms") and "metric" in signature(of).parameters:
        parts["metric"] = metric
    return parts


def _metric(table, potential):
    return moving_metric if table.get("kind") == _MOVING else metric_from(table, potential)


def _held_out(table, potential):
    """The run's network on the data of an observable."""
    if isinstance(potential, Charted):
        return Charted(_held_out(table, potential.potential), potential.chart)
    network_term = next(atom for _, atom in potential.atoms() if isinstance(atom, Potential))
    loss = build("loss", table["loss"]) if "loss" in table else network_term.loss
    return Potential(network_term.network, loss, from_table(table["data"]))
