"""Potentials as plain tables, the words of an experiment file, and back.

`data`, `network` and `loss` say what the network's term is; `add` lists the analytic terms:
`[{"kind": "parabola", "scale": 0.01, "size": 330}]`; `chart` the coordinates it is all seen in.
"""

from itertools import zip_longest

from ..._errors import FlownetError
from ..._registry import PROGRAM, build, describe, find, is_named, program, refuse_program, words
from ...data._load import from_table
from ..chart import Charted
from ..network import Network
from ..potential import Analytic, Potential, Sum


def tables_of(potential):
    """Tables of a potential, or None when it has terms that no table can say."""
    if type(potential) is Charted:
        return _seen(potential)
    tables, added = {}, []
    for scale, atom in potential.atoms():
        if isinstance(atom, Analytic) and is_named(atom):
            added.append({"scale": scale, **describe(atom)})
        elif _is_said(atom) and not tables:
            tables = atom.describe()
            if scale != 1.0:
                tables["loss"]["scale"] = scale
        else:
            return None
    return {**tables, **({"add": added} if added else {})}


def _is_said(atom):
    """Whether tables say it: the loss of a network, or what a system learns by."""
    return (type(atom) is Potential or is_named(atom)) and is_named(atom.loss)


def in_full(tables):
    """The same tables of a potential with everything said: what is left out is the default."""
    tables, size = dict(tables), None
    if "network" in tables:
        network = Network(**tables["network"])
        tables["network"], size = network.describe(), network.size
    if "system" in tables:
        system = build("system", tables["system"])
        tables["system"], size = describe(system), system.size
    if "loss" in tables:
        loss = dict(tables["loss"])
        scale = {"scale": loss.pop("scale", 1.0)}
        tables["loss"] = {**describe(build("loss", loss)), **scale}
    if "add" in tables:
        tables["add"] = [
            {"scale": scale, **describe(potential)}
            for scale, potential in (_term(table, size) for table in tables["add"])
        ]
    return tables


def _term(table, size):
    """Scale and potential of a table of `add`; of `size` parameters unless it says its own."""
    table = dict(table)
    scale = table.pop("scale", 1.0)
    if size is not None and "size" in words("potential", table["kind"]):
        table.setdefault("size", size)
    return scale, build("potential", table)


def tables_or_program(potential):
    """Tables of a potential; of one that no table can say, what identifies it."""
    tables = tables_of(potential)
    if tables is not None:
        return tables
    program, kept = {"kind": "program", "text": repr(potential)}, potential.programs()
    return {"potential": {**program, "programs": kept} if kept else program}


def refuse_other_program(path, tables, potential):
    """Refuse another program than that of a run, by name, size and source where they are kept."""
    kept = tables.get("potential", {}).get("programs")
    if kept is None:
        return
    given = potential.programs()
    for was, is_now in zip_longest(kept, given, fillvalue={}):
        for word in ("name", "size", "source"):
            one, other = was.get(word, ""), is_now.get(word, "")
            if one != other and not (word == "source" and "" in (one, other)):
                known = was.get("name", is_now.get("name"))
                raise FlownetError(
                    f"the potential is not that of {path}: the {word} of {known} is "
                    f"{_short(other)} instead of {_short(one)}."
                )


def _short(word):
    """A name, a number, or the beginning of a long hash."""
    text = str(word) or "nothing"
    return f"{text[:12]}…" if len(text) == 64 else text


def _seen(charted):
    """Tables of a potential in a chart, or None where potential or chart are programs."""
    tables = tables_of(charted.potential)
    if tables is None or "chart" in tables or not is_named(charted.chart):
        return None
    return {**tables, "chart": describe(charted.chart)}


def metric_table(metric):
    """Table of a metric; one without a kind is a layer metric's."""
    table = describe(metric)
    if table["kind"] == "layer":
        table.pop("kind")
    if "metrics" in table:
        table["metrics"] = [metric_table(each) for each in table["metrics"]]
    parts = [*table.get("metrics", ()), *([table["metric"]] if "metric" in table else ())]
    return program(metric) if any(p.get("kind") == PROGRAM for p in parts) else table


def metric_from(table, potential):
    """The metric of a table that `metric_table` made or an experiment file holds."""
    table = {"kind": "layer", **table}
    refuse_program("metric", table)
    takes = words("metric", table["kind"])
    if "chart" in takes:
        if not isinstance(potential, Charted):
            raise FlownetError(
                f"a metric of the kind {table['kind']!r} wants a potential in a chart."
            )
        table.setdefault("metric", {"kind": "euclidean"})
        table["chart"], potential = potential.chart, potential.potential
    if "network" in takes:
        table["network"] = potential.network
    if "size" in takes:
        table.setdefault("size", potential.size)
    if "metrics" in takes:
        table["metrics"] = [metric_from(each, potential) for each in table.get("metrics") or []]
    if "potential" in takes:
        table["potential"] = potential
    if "metric" in takes and ("metric" in table or takes["metric"].default is not None):
        table["metric"] = metric_from(table["metric"], potential)
    wanted = {name: None for name, word in takes.items() if word.default is word.empty}
    return build("metric", {**wanted, **table})  # what is missing it says itself


def potential_from(tables):
    """The potential of tables that `tables_of` made or an experiment file holds."""
    terms = []
    if "loss" in tables:
        loss = dict(tables["loss"])
        scale, data = loss.pop("scale", 1.0), from_table(tables["data"])
        if "system" in tables:
            learning = find("learning system", tables["equilibrium"].get("kind", "equilibrium"))
            terms.append((scale, learning.of_tables({**tables, "loss": loss}, data)))
        else:
            network = Network(**tables["network"])
            terms.append((scale, Potential(network, build("loss", loss), data)))
    for table in tables.get("add", []):
        terms.append(_term(table, terms[0][1].size if terms else None))
    if not terms:
        raise FlownetError(
            "the run's potential is a program of its own; pass it on with potential=."
        )
    potential = terms[0][1] if len(terms) == 1 and terms[0][0] == 1.0 else Sum(terms)
    return (
        Charted(potential, _chart_from(tables["chart"], potential))
        if "chart" in tables
        else (potential)
    )


def _chart_from(table, potential):
    if "network" in words("chart", table["kind"]):
        table = {**table, "network": potential.network}
    return build("chart", table)
