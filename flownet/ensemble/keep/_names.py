"""What a sweep keeps, by the names that users and files say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import names, unknown
from .._verdict import VERDICTS
from ._broken import Broken
from ._exit import Exit
from ._failure import FirstFailure
from ._kept import Column, Kept
from ._losses import Convergence, Curve
from ._observed import FUNCTION, Forgotten, Observed
from ._states import Parameters, Path

#: what every sweep keeps: the last loss, the verdict, when it diverged (−1: never), its steps
ALWAYS = [
    Column("loss", (), np.float64),
    Column("verdict", (), np.int8, filled=-1, words=VERDICTS),
    Column("diverged_at", (), np.int64, filled=-1),
    Column("steps", (), np.int64, filled=-1),
]
_TIMED = {kind.name: kind for kind in (Curve, Path, Broken, FirstFailure)}
_UNTIMED = {kind.name: kind for kind in (Convergence, Parameters, Exit)}


def kept_of(keep: Any, functions: Mapping[str, Any] | None = None) -> list[Kept]:
    """What is kept, of names or a table {name: iterations, (iterations, what) or a table}.

    `functions` gives those of a user's again, which a file only names.

    Raises
    ------
    FlownetError
        For unknown names, and iterations that are none.
    """
    if isinstance(keep, str):
        keep = [keep]
    if isinstance(keep, (list, tuple)) and all(isinstance(name, str) for name in keep):
        keep = dict.fromkeys(keep, True)
    if not isinstance(keep, Mapping):
        raise FlownetError(
            f'keep is {shown(keep)}; it has to be names, ["curve"], or a table, {{"curve": 10}}.'
        )
    always = {column.name for column in ALWAYS}
    return [
        _kept(name, options, functions or {})
        for name, options in keep.items()
        if name not in always and options is not False
    ]


def _kept(name, options, functions):
    if name in _TIMED:
        return _TIMED[name](options)
    if name in _UNTIMED:
        if options is not True and options is not None:
            raise FlownetError(f"keep {name!r} is of the end: it takes no iterations.")
        return _UNTIMED[name]()
    if isinstance(options, Mapping):
        table = dict(options)
        times = table.pop("at", table.pop("every", None))
        if table.get("kind") == FUNCTION:
            return Observed(name, times, functions.get(name, Forgotten(name)))
        return Observed(name, times, table)
    if isinstance(options, tuple) and len(options) == 2:
        return Observed(name, *options)
    if name in names("observable"):
        return Observed(name, options, {"kind": name})
    if callable(options):
        return Observed(name, None, options)
    always = [column.name for column in ALWAYS]
    known = [*always, *_TIMED, *_UNTIMED, *names("observable")]
    raise FlownetError(unknown("quantity to keep", name, known))
