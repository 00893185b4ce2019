"""A run as a `pandas.DataFrame`."""

import numpy as np

from ..._optional import optional
from ._records import Record


def frame_of(run, parameters):
    """What was recorded, a column for each number; a row for each iteration, or of a flow time."""
    pandas = optional("pandas", "to_pandas")
    records = {name: run.observables[name] for name in run.observables}
    if parameters:
        records["W"] = Record(run.iteration, run.time, run.parameters[:])
    # the steps of a flow's integration have other times than its rows
    clock = "time" if run.is_flow else "iteration"
    parts, times = [], {}
    for name, record in records.items():
        index = record.time if run.is_flow else record.iteration
        flat = record.value.reshape(len(index), -1)
        parts.append(pandas.DataFrame(flat, index, _columns(name, record.value)))
        times.update(zip(record.iteration.tolist(), record.time.tolist()))
    frame = pandas.concat(parts, axis=1).sort_index().rename_axis(clock)
    if not run.is_flow:
        frame.insert(0, "time", [times[iteration] for iteration in frame.index])
    return frame


def _columns(name, value):
    """The name of a number's column; those of an array are called `name[0]`, `name[1]`, …"""
    if value.ndim == 1:
        return [name]
    return [f"{name}[{','.join(map(str, at))}]" for at in np.ndindex(value.shape[1:])]
