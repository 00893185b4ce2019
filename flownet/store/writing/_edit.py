"""Changes to a file that no run is writing: made in a copy that takes its place when complete."""

import os
import shutil
from contextlib import suppress

import numpy as np

from .._failure import writing
from .._layout import Layout, Quantity
from .._size import check_space
from ..bytes import (
    _attributes,
    _checkpoint,
    _columns,
    _journal,
    _superblock,
    beginning,
    busy,
    refuse_busy,
)
from ..reading import Reader
from ._create import draft_of, names_of_checkpoint, open_to_write, put_arrays, put_checkpoint

LARGE = 300 << 20  # bytes of a run that are not copied for the sake of a small change
# where a part's things are made: space of those before is given back only when these are there
_NEXT = "next"


def in_copy(path, change, growth=0):
    """Change a file as if in one moment: killed before, it is the old one, after, the new one.

    Parameters
    ----------
    path : path
    change : callable
        Is given the open copy, a `StagedFile`.
    growth : int
        Bytes that the file will grow by.

    Raises
    ------
    FlownetError
        The disk is too small, or the file cannot be written.
    """
    with draft_of(path) as draft:
        check_space(path, os.path.getsize(path) + growth)
        shutil.copy2(path, draft)
        _journal.replay(draft)
        with open_to_write(draft) as file:
            change(file)


def close_finished(path):
    """Close the file of a finished run that was killed before it could: other programs open it.

    Parameters
    ----------
    path : path
        Of a file that was closed, or that somebody has open or may not write, nothing is changed.
    """
    with suppress(OSError), beginning(path):
        if not busy(path):
            _superblock.repair(path)


def rewrite_experiment(path, text):
    """Replace the experiment that a run's file keeps, for a run that goes on under other words.

    From then on the run is not finished.

    Parameters
    ----------
    path : path
        Beyond 300 MB the file itself is changed, not a copy.
    text : str
        The experiment as TOML.

    Raises
    ------
    FlownetError
        The file is being written, damaged, not one of ours, or cannot be written.
    """
    with beginning(path):
        Reader(path).close()
        refuse_busy(path)
        _change(path, lambda file: _put(file, experiment=text))


def rewrite_part(path, text, arrays, attrs, checkpoint, more=()):
    """Replace what a run's file keeps for its next step: for one that goes on in another way.

    Parameters
    ----------
    path : path
    text : str
        The experiment as TOML.
    arrays : dict
        Path to array, of all that it refers to.
    attrs : dict
        Path of a group to its attributes, where they are others now.
    checkpoint : Checkpoint
        Where the run goes on, with the arrays that its next step needs, and rows of `more`, too.
    more : sequence of Quantity
        What it records from now on beside what it has.

    Raises
    ------
    FlownetError
        The file is being written, damaged, not one of ours, or cannot be written.
    """
    with beginning(path):
        with Reader(path) as reader:
            quantities = [Quantity(name, *reader.form(name)) for name in reader.recorded]
            clocks = [*reader.clocks.values(), *(quantity.clock for quantity in more)]
        refuse_busy(path)
        _put_part(path, text, arrays, attrs, checkpoint, [*quantities, *more], clocks, more)


def _put_part(path, text, arrays, attrs, checkpoint, quantities, clocks, more):
    """The part's own things, in place of those of the part before it."""
    forms = {name: (array.shape, array.dtype) for name, array in checkpoint.arrays.items()}
    layout = Layout(quantities, forms, arrays=arrays)

    def change(file):
        hdf5 = file.hdf5
        own = _attributes.read(hdf5, path)
        new = {f"{_NEXT}/{name}": array for name, array in layout.arrays.items()}
        put_arrays(file, new)
        _checkpoint.create(file, layout, f"{_NEXT}/checkpoint")
        put_checkpoint(file, layout, checkpoint, f"{_NEXT}/checkpoint")
        for quantity in more:
            _columns.create(file, quantity, layout.block_rows(quantity))
        for old in (*own["arrays"], "checkpoint"):
            if old in hdf5:
                del hdf5[old]
        for name in (*layout.arrays, "checkpoint"):
            hdf5.require_group(os.path.dirname(name) or "/")
            hdf5.move(f"{_NEXT}/{name}", name)
        del hdf5[_NEXT]
        for group, values in attrs.items():
            _attributes.write(hdf5.require_group(group), values)
        _put(
            file,
            experiment=text,
            quantities=layout.names,
            clocks=clocks,
            arrays=list(layout.arrays),
            groups=list(dict.fromkeys([*own["groups"], *attrs])),
            checkpoint=names_of_checkpoint(layout),
        )

    sizes = [np.asarray(a).nbytes for a in (*arrays.values(), *checkpoint.arrays.values())]
    _change(path, change, 2 * sum(sizes))


def _change(path, change, growth=0):
    """Change what a file that nobody writes goes on with: in a copy, or as it is beyond 300 MB.

    Its run is not finished then, and that is said in the same moment.
    """

    def go_on(file):
        _columns.write_number(file.hdf5["state/finished"].id, 0)
        _columns.write_number(file.hdf5["state/diverged_at"].id, -1)
        change(file)

    with writing(path):
        _journal.replay(path)
        if os.path.getsize(path) > LARGE:
            with open_to_write(path) as file:
                go_on(file)
        else:
            in_copy(path, go_on, growth)


def _put(file, **attributes):
    old = _attributes.read(file.hdf5, file.path)
    _attributes.write(file.hdf5, {**old, **attributes})
