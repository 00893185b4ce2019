"""Whether a potential that somebody hands in is that of a run, by all that a run says of its own.

Compiled steps take arrays by their sizes, and a file goes on saying what its run is a run of: so
sizes, precision, data, programs and tables are compared before anything goes on.
"""

import numpy as np

from ..._errors import FlownetError, shown
from ...model.tables import in_full, refuse_other_program, tables_of
from ._parts import OF_POTENTIAL, alike, has_program

_LAST = object()  # what there is nothing of


def refuse_other_size(run, potential):
    """Refuse a potential of other parameters than the rows of a run are."""
    own, _ = run.store.form("parameters")
    if own != (potential.size,):
        raise FlownetError(
            f"the potential is of size {potential.size}, and the rows that {_name(run)} has "
            f"recorded are of {' × '.join(map(str, own))} parameters."
        )


def refuse_other(run, potential):
    """Refuse a potential that is not a run's.

    Parameters
    ----------
    run : Trajectory
    potential : AnyPotential

    Raises
    ------
    FlownetError
        It differs in size, precision, data, or in what the run's tables say of its network, loss,
        chart and further terms; of a program in name, size or source.
    """
    refuse_other_size(run, potential)
    own, given = run.parameters.dtype, potential.dtype
    if given is not None and np.dtype(given) != own:
        raise FlownetError(
            f"the potential is one of {np.dtype(given).name} parameters, and the rows that "
            f"{_name(run)} has recorded are {own.name}."
        )
    _refuse_other_data(run, potential)
    tables = {name: run.experiment[name] for name in OF_POTENTIAL if name in run.experiment}
    refuse_other_program(_name(run), tables, potential)
    given = tables_of(potential)
    if has_program(tables.get("potential")):
        if given is not None:
            raise FlownetError(
                f"the potential is not that of {_name(run)}, a program of its own: "
                f"{tables['potential']['text']}."
            )
        return
    if given is None:
        raise FlownetError(
            f"the potential is not that of {_name(run)}: it is a program, "
            f"{shown(potential)}, and the run's is said by its file."
        )
    found = _difference(_compared(tables), _compared(given))
    if found is not None:
        path, was, is_now = found
        raise FlownetError(
            f"the potential is not that of {_name(run)}: {path} is {_word(is_now)} instead of "
            f"{_word(was)}."
        )


def own_potential(run):
    """The potential of a run that goes on, or that something is stored with.

    Raises
    ------
    FlownetError
        Another one was set, to look at the run with.
    """
    if run.is_set:
        refuse_other(run, run.potential)
    return run.potential


def _refuse_other_data(run, potential):
    """Refuse data of another checksum; of a program those that it has, if it has any."""
    kept, data = run.store.attrs("data").get("sha256"), potential.data
    if kept is None or (data is None and "data" not in run.experiment):
        return
    if data is None:
        raise FlownetError(
            f"the potential is not that of {_name(run)}: it has no data, {shown(potential)}."
        )
    if data.sha256 != kept:
        raise FlownetError(
            f"the data {data.name!r} are not those of {_name(run)}: sha256 {data.sha256[:12]}… "
            f"instead of {kept[:12]}…."
        )


def _compared(tables):
    """What is compared of tables: the data by their checksum alone, and no rule of beginnings."""
    tables = in_full({name: table for name, table in tables.items() if name != "data"})
    if "network" in tables:
        tables["network"].pop("init")
    return tables


def _difference(one, other, path=""):
    """Where two tables differ first, as (path, of one, of the other), or None."""
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = [(name, one.get(name, _LAST), other.get(name, _LAST)) for name in {**one, **other}]
    elif _is_list(one) and _is_list(other) and len(one) == len(other):
        pairs = [(str(i), *pair) for i, pair in enumerate(zip(one, other))]
    else:
        return None if alike(one, other) else (path, one, other)
    found = (_difference(a, b, f"{path}.{name}" if path else name) for name, a, b in pairs)
    return next((each for each in found if each is not None), None)


def _is_list(table):
    """Whether something is a list of tables, that are compared one by one."""
    return isinstance(table, (list, tuple)) and all(isinstance(each, dict) for each in table)


def _word(value):
    return "nothing" if value is _LAST else shown(value)


def _name(run):
    return "the run" if run.path is None else str(run.path)
