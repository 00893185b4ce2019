"""Data sets by name, and from the tables that experiment files and run files hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import signature
from typing import TYPE_CHECKING, Any

from .._errors import FlownetError, shown
from .._registry import unknown
from . import _split
from ._antenna import antenna
from ._check import check_split
from ._dataset import Dataset
from ._file import load_file
from ._fingerprint import fingerprint
from ._idx import images
from ._made import gaussian, spiral, teacher, xor_p
from ._orbits import resonator, spring
from ._shipped import digits, iris, xor

if TYPE_CHECKING:
    from .._types import Count, DataName, PathLike, Share, Split

_WHOLE: dict[str, Callable[..., Dataset]] = {
    "digits": digits,
    "iris": iris,
    "xor": xor,
    "xor-p": xor_p,
    "spiral": spiral,
    "gaussian": gaussian,
}
_SPLIT: dict[str, Callable[..., Dataset]] = {
    "teacher": teacher,
    "antenna": antenna,
    "fingerprint": fingerprint,
    "spring": spring,
    "resonator": resonator,
}
_BROUGHT = {name: partial(images, name) for name in ("mnist", "fashion-mnist")}


def makers():
    """Functions whose arguments a table of data may name."""
    return [load, load_file, *_WHOLE.values(), *_SPLIT.values()]


def names() -> list[str]:
    """Names that `load` knows, a list of str."""
    return [*_WHOLE, *_SPLIT, *_BROUGHT]


def load(
    name: DataName,
    *,
    split: Split = "train",
    limit: Count | None = None,
    held_out: Share | None = None,
    root: PathLike | None = None,
    **options: Any,
) -> Dataset:
    """Load a data set by its name.

    =============  =====================  ====================================================
    name           x, y                   what
    =============  =====================  ====================================================
    digits         (1797, 64), (…, 10)    8 x 8 images of digits, grey levels in [0, 1]
    iris           (150, 4), (…, 3)       flowers, lengths in cm, not scaled
    xor            (4, 2), (4, 1)         the exclusive or, values 0 and 1
    xor-p          (p², 2p), (…, p)       a − b mod p, one-hot; option as in `xor_p`
    spiral         (m, 2), (…, classes)   interleaved arms; options as in `spiral`
    gaussian       (m, n_in), (…, n_out)  noise, to learn by heart; options as in `gaussian`
    teacher        (m, n_in), (…, n_out)  a random network's answers; options as in `teacher`
    antenna        (m, antennas), (…, 1)  complex voltages of one source; options as in `antenna`
    fingerprint    (m, points), (…, 3)    complex signals; options as in `fingerprint`
    spring         (m, 2), (…, N−1)       paths between two ends; options as in `spring`
    resonator      (m, N+1), (…, N+1)     answers to a signal; options as in `resonator`
    mnist          (60000, 784), (…, 10)  28 x 28 images in [0, 1], float32, from your files
    fashion-mnist  (60000, 784), (…, 10)  the same, of clothes
    =============  =====================  ====================================================

    Classes are one-hot. The iris come species by species, so a limit keeps setosas first: shuffle
    with `take` before cutting. Their four lengths have different means and spreads; standardise
    them, from the samples you train on, where that matters.

    Parameters
    ----------
    name : str
        One of `names()`.
    split : {"train", "test"}
        digits, iris, xor, xor-p, spiral and gaussian have none: they are "train" in full, unless
        some of them are held out.
    limit : int, optional
        Keep the first samples only.
    held_out : float, optional
        Of a set without a split, the share of its samples that are "test" and not "train":
        shuffled, with its share of each class, the same on every machine.
    root : path, optional
        Folder with the files of mnist and fashion-mnist, or with a subfolder of their name; by
        default the environment variable FLOWNET_DATA. The other sets need none. Nothing is ever
        downloaded.
    **options
        Arguments of `spiral`, `gaussian`, `teacher` and the others.

    Returns
    -------
    Dataset

    Raises
    ------
    FlownetError
        For an unknown name, split or option, a limit above the number of samples, and files that
        are missing or are not the published ones.
    """
    check_split(split)
    if not isinstance(name, str):
        raise FlownetError(f"a data set is named by a string, not by {shown(name)}.")
    if held_out is not None and name in (*_SPLIT, *_BROUGHT):
        raise FlownetError(f"{name} has a split of its own: take split='test', and no held_out.")
    if name in _WHOLE:
        data = _whole(name, split, held_out, options)
    elif name in _SPLIT:
        data = _SPLIT[name](split=split, **_allowed(name, _SPLIT[name], options))
    elif name in _BROUGHT:
        data = _BROUGHT[name](split=split, root=root, **_allowed(name, None, options))
    else:
        raise FlownetError(unknown("data set", name, names()))
    return data if limit is None else data.first(limit)


def from_table(table: Mapping[str, Any] | Dataset) -> Dataset:
    """Make a data set of a table: a `[data]` section, or what `Dataset.describe` gave.

    Parameters
    ----------
    table : mapping
        `{"name": ..., and the arguments of load}`, `{"file": ..., "limit": ..., "root": ...}`, or
        `{"x": ..., "y": ...}` with, if they like, the other arguments of Dataset. A data set
        stands for itself.

    Returns
    -------
    Dataset

    Raises
    ------
    FlownetError
        When the table names none of the three, two of them, or an unknown key.
    """
    if isinstance(table, Dataset):
        return table
    if not isinstance(table, Mapping):
        raise FlownetError(
            f'data is described by a table such as name = "digits", not {shown(table)}.'
        )
    table = dict(table)
    if "x" in table or "y" in table:
        return _from_arrays(table)
    if "file" in table:
        _refuse_unknown("data", table, ["file", "limit", "root"])
        return load_file(**table)
    if "name" not in table:
        raise FlownetError("data needs a name (a known set), a file, or arrays x and y.")
    return load(table.pop("name"), **table)


def _from_arrays(table):
    _refuse_unknown("data", table, ["x", "y", "labels", "classes", "name", "limit"])
    missing = [key for key in ("x", "y") if key not in table]
    if missing:
        raise FlownetError(f"data from arrays needs both x and y; {missing[0]} is missing.")
    limit = table.pop("limit", None)
    data = Dataset(table.pop("x"), table.pop("y"), **table)
    return data if limit is None else data.first(limit)


def _whole(name, split, held_out, options):
    """A set without a split, or one of the two parts that are made of it."""
    if split != "train" and held_out is None:
        raise FlownetError(f"{name} has no split: it is 'train' in full, there is no {split!r}.")
    whole = _WHOLE[name](**_allowed(name, _WHOLE[name], options))
    return whole if held_out is None else _held_out(whole, held_out, split)


def _held_out(whole, share, split):
    """The part of a share of the samples that is held out, "test", or the rest, "train"."""
    sizes = _split.sizes_of(None, _split.held_out(share), whole.m)
    rows = _split.parts(whole.m, sizes, whole.labels)[split == "test"]
    return whole._rows(rows, {**whole.source, "split": split, "held_out": share})


def _allowed(name, make, options):
    """The options, where the maker of the set takes them."""
    words = [] if make is None else signature(make).parameters.values()
    takes = [word.name for word in words if word.kind is word.KEYWORD_ONLY]
    if options and not takes:
        raise FlownetError(f"{name} takes no option {next(iter(options))!r}.")
    _refuse_unknown(name, options, takes)
    return options


def _refuse_unknown(what, table, allowed):
    for key in table:
        if key not in allowed:
            raise FlownetError(unknown(f"{what} option", key, allowed))
