"""Observables as plain tables, the words of an experiment file, and back."""

from inspect import signature

from ..._errors import FlownetError
from ..._registry import build, find, names, unknown
from ...data._load import from_table
from ...geometry.charges import Charges
from ...model.chart import Charted
from ...model.potential import Potential
from ...model.tables import metric_from
from ._energy import Energy
from ._metric_of_state import MOVING, moving_metric


def observe_tables(made, potential, metric):
    """Tables of observers; those that no table can say are marked as functions."""
    return {
        observer.name.removeprefix("observables/"): {
            "every": observer.every,
            **_table(observer.function, potential, metric),
        }
        for observer in made
    }


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
    if not (
        hasattr(function, "kind")
        and isinstance(own, Potential)
        and own.network is potential.network
    ):
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
                raise FlownetError(
                    f"the observable {name!r} is a function of yours; pass it on "
                    f"again: observe={{{name!r}: function}}."
                )
            observe[name] = table["every"], given[name]
        elif table["kind"] not in names("observable"):
            raise FlownetError(unknown("observable kind", table["kind"], names("observable")))
        elif table["kind"] == Charges.kind:
            if more := [key for key in ("split", "data", "loss") if key in table]:
                raise FlownetError(
                    f"the observable {name!r} takes no {more[0]}: charges are those "
                    "of the run's own potential, whatever the data."
                )
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
            raise FlownetError(
                f"a {table['kind']} is one of the run itself, on no data of its "
                f"own: it takes no {more[0]}."
            )
    else:
        parts["potential"] = _held_out(table, potential) if "data" in table else potential
    if "part" in table:
        if table["kind"] != Energy.kind:
            raise FlownetError(
                f"an observable of kind {table['kind']!r} takes no part; that of "
                f"kind {Energy.kind!r} does."
            )
        parts["part"] = table["part"]
    if "metric" in table:
        parts["metric"] = _metric(table["metric"], potential)
    elif hasattr(of, "of_all_terms") and "metric" in signature(of).parameters:
        parts["metric"] = metric
    return parts


def _metric(table, potential):
    return moving_metric if table.get("kind") == MOVING else metric_from(table, potential)


def _held_out(table, potential):
    """The run's network on the data of an observable."""
    if isinstance(potential, Charted):
        return Charted(_held_out(table, potential.potential), potential.chart)
    network_term = next(atom for _, atom in potential.atoms() if isinstance(atom, Potential))
    loss = build("loss", table["loss"]) if "loss" in table else network_term.loss
    return Potential(network_term.network, loss, from_table(table["data"]))
