"""What of a trajectory goes into a pickle."""

import pickle

from ..._registry import PROGRAM
from ...model.potential import travels


def carried(run):
    """What of a `Trajectory` goes into a pickle, a dictionary.

    A stored run is its path and the identity of its file: its parts are made again of what the file
    says. What no file can say goes along where pickle can carry it; where it cannot, as a function
    within a function, it has to be set again, by `run.potential = …`.
    """
    state = dict(vars(run))
    in_memory, tables = run.path is None, run.experiment
    for name in ("mechanics", "metric"):
        is_wanted = in_memory or _is_program(tables, name)
        if name in state and not (is_wanted and _is_picklable(state[name])):
            del state[name]
    if run._potential is not None:
        is_wanted = in_memory or run._is_set or _is_program(tables, "potential")
        state["_potential"] = run._potential if is_wanted and travels(run._potential) else None
    for name in ("batches", "parts", "_cut", *(() if in_memory else ("experiment",))):
        state.pop(name, None)
    return state


def _is_program(tables, name):
    return tables.get(name, {}).get("kind") == PROGRAM


def _is_picklable(part):
    try:
        pickle.dumps(part)
    except Exception:  # whatever a user's class raises
        return False
    return True
