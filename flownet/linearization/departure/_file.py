"""A departure in the file of its run: /analysis/departure, .run, .steps, and the flows' rows."""

import numpy as np

from ..._errors import FlownetError
from ...store.trajectory import own_potential
from ...store.writing import append_analysis
from ._check import file_name
from ._of_flow import COLUMNS, FlowDeparture
from ._of_steps import COLUMNS as OF_STEP, StepDepartures


def store_departure(run, found):
    """Store a departure in its run's file: parts first, so that `departure` speaks of all."""
    own_potential(run)
    at = (found.iteration, found.time)
    for name, flow in found.flows.items():
        append_analysis(run.store, _group(name), *at, flow.parameters, {"name": name})
    append_analysis(
        run.store,
        "departure.steps",
        found.steps.iteration,
        found.steps.time,
        found.steps.values,
        {"columns": list(OF_STEP)},
    )
    append_analysis(
        run.store,
        "departure.run",
        *at,
        np.stack([found.loss, found.arc_length], axis=1),
        {"columns": ["loss", "arc_length"]},
    )
    append_analysis(
        run.store,
        "departure",
        *at,
        np.stack([flow.values for flow in found.flows.values()], axis=1),
        {"flows": list(found.flows), "columns": list(COLUMNS), "bounds": list(found.bounds)},
    )
    run.refresh()


def kept_departure(run):
    """The numbers of the departure stored with a run, by name."""
    if "departure" not in run.analyses:
        raise FlownetError(
            f"{run.path or 'the run'} keeps no departure: "
            "flownet.departure(run, keep=True) stores one."
        )
    words = run.store.attrs("analysis/departure")
    iteration, time, values = run.analyses["departure"]
    of_run = run.analyses["departure.run"].value
    if len(of_run) != len(iteration):
        raise FlownetError(
            f"the departure in {run.path} is not whole: "
            "flownet.departure(run, keep=True) makes it anew."
        )
    columns, flows = list(words["columns"]), {}
    for i, name in enumerate(words["flows"]):
        numbers = {column: values[:, i, columns.index(column)] for column in COLUMNS}
        flows[str(name)] = FlowDeparture(
            str(name), iteration, time, run.analyses[_group(name)].value, **numbers
        )
    return {
        "iteration": iteration,
        "time": time,
        "loss": of_run[:, 0],
        "arc_length": of_run[:, 1],
        "flows": flows,
        "steps": StepDepartures(*run.analyses["departure.steps"]),
        "bounds": tuple(np.asarray(words["bounds"], float).tolist()),
    }


def _group(name):
    return f"departure.{file_name(name)}"
