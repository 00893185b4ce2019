"""Where runs and flows are kept: what their files say, and where they go on."""

from contextlib import contextmanager, suppress

import numpy as np

from .. import _progress
from .._errors import FlownetError
from .._file_path import file_path
from .._memory import refuse_too_large, size_text
from .._version import __version__
from ..store._layout import Layout
from ..store._size import check_space, estimate
from ..store._text import to_text
from ..store.bytes import beginning, refuse_busy
from ..store.reading import Reader
from ..store.trajectory import MemoryStore
from ..store.writing import HDF5Store

_STATE = ("parameters", "solution")  # of a run and of a flow, which is nowhere but at numbers
_ROWS = 1000  # for the size of a quantity whose rows nobody knows beforehand


def layout_of(quantities, arrays, tables, potential, seed=0):
    """`Layout` of a file: quantities, the arrays of a checkpoint, the experiment's tables."""
    text, kept = to_text(tables)
    attrs = {"": {"flownet_version": __version__, "seed": seed}}
    network = potential.network
    if network is not None:
        attrs["network"] = {
            "sizes": list(network.sizes),
            "dtype": network.dtype.name,
            "activations": [*network.activation, network.output],
        }
    attrs |= attrs_of_data(potential)
    return Layout(
        quantities=quantities,
        experiment=text,
        arrays=kept,
        attrs=attrs,
        block_bytes=potential.kernels.BLOCK_BYTES,
        checkpoint={name: (array.shape, array.dtype) for name, array in arrays.items()},
        first=arrays,
    )


def attrs_of_data(potential):
    """What a file says of a potential's data: attributes of /data; nothing without data."""
    data = potential.data
    return {} if data is None else {"data": {"name": data.name, "m": data.m, "sha256": data.sha256}}


def open_store(layout, path, overwrite):
    """A store in memory, or in a file where a path is given; refused where it cannot fit."""
    path = None if path is None else file_path("store", path)
    size = check_room(path, layout.quantities, layout)
    if path is None:
        return MemoryStore(layout)
    _progress.note(f"{path}: {size_text(size)} to be written")
    return HDF5Store.create(path, layout, overwrite=overwrite)


def check_room(path, quantities, layout=None):
    """Bytes that quantities will take; refused where a disk, or without a path the memory, has not
    as many."""
    layout = layout or Layout(list(quantities))
    size = estimate(layout, {q.name: q.rows or _ROWS for q in quantities})
    if path is None:
        refuse_too_large("the run", size, "record less often (record_every=) or in a file (store=)")
    else:
        check_space(path, size)
    return size


def store_to_go_on(path):
    """The store of a run's file, which ends at the last checkpoint."""
    store = HDF5Store.resume(path)
    try:
        store.truncate()
    except BaseException:
        with suppress(FlownetError):  # what is wrong is said already
            store.close()
        raise
    return store


def checkpoint_of(run):
    """The `Checkpoint` where a stopped run or flow goes on.

    A file may hold what no run has left there, checksum and all: steps from it would not end, or
    read rows that are not there.
    """
    name, latest = "the run" if run.path is None else run.path, run.store.slot()
    if latest is None:
        raise FlownetError(
            f"{name} holds no checkpoint: it was stopped before its first step; run it anew."
        )
    counts = [run.store.count(each) for each in run.store.recorded]
    wrong = None
    if latest.iteration < 0 or not 0 <= latest.time < np.inf:
        wrong = f"iteration {latest.iteration} at the time {latest.time}"
    elif len(latest.rows) != len(counts) or not all(
        0 <= rows <= count for rows, count in zip(latest.rows.tolist(), counts)
    ):
        wrong = f"{latest.rows.tolist()} rows, and the file {counts}"
    elif any(not np.isfinite(latest.arrays[n]).all() for n in _STATE if n in latest.arrays):
        wrong = "parameters that are not finite"
    if wrong:
        raise FlownetError(f"{name} is damaged: its last checkpoint is of {wrong}.")
    return latest


def take_up(own, kept, name):
    """Fill arrays with those of a checkpoint, once all of them are of the shapes that they fill.

    Parameters
    ----------
    own, kept : dict
        Name to ndarray; each of `own` has to be among `kept`.
    name : str
        Of the run, for the error.
    """
    for which, array in own.items():
        found = kept.get(which)
        if found is None or (found.shape, found.dtype) != (array.shape, array.dtype):
            has = "none" if found is None else f"{found.dtype} of shape {found.shape}"
            raise FlownetError(
                f"{name} does not go on so: its next step wants {which!r}, {array.dtype} of shape "
                f"{array.shape}, and its checkpoint holds {has}."
            )
    for which, array in own.items():
        array[...] = kept[which]


def refuse_other_rows(store, quantities):
    """Refuse a store whose rows are of another shape or precision than those to be recorded."""
    for q in quantities:
        if (found := store.form(q.name)) != (q.shape, q.dtype):
            raise FlownetError(
                f"{store.label} does not go on so: a row of {q.name} is {q.dtype} of shape "
                f"{q.shape}, and it holds {found[1]} of shape {found[0]}."
            )


class WentOn(FlownetError):
    """Somebody else has gone on with a run since it was looked at."""


def until_it_stays(go_on):
    """What a function gives that goes on with a run; called again if the run `WentOn` meanwhile."""
    while True:
        try:
            return go_on()
        except WentOn:
            pass


@contextmanager
def taken_over(run, kept):
    """Context in which nobody else takes up the file of a run that goes on from a checkpoint.

    Parameters
    ----------
    run : Trajectory
        As it was looked at; it is closed.
    kept : Checkpoint
        Its last one then.

    Raises
    ------
    WentOn
        Its last one is another, or the run has ended, or says something else.
    """
    seen = run.store.finished, run.store.experiment
    run.close()
    with beginning(run.path):
        refuse_busy(run.path)
        with Reader(run.path, identity=run.store.identity) as now:
            if (now.finished, now.experiment) != seen or not _is_last(kept, now.slot()):
                raise WentOn(f"{run.path} has gone on since it was looked at.")
        yield


def _is_last(kept, last):
    """Whether a checkpoint is the last one still."""
    return (
        last is not None
        and (last.sequence, last.iteration) == (kept.sequence, kept.iteration)
        and last.arrays.keys() == kept.arrays.keys()
        and all(
            np.array_equal(last.arrays[name], a, equal_nan=True) for name, a in kept.arrays.items()
        )
    )
