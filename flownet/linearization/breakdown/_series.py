"""Breakdowns along a run, as columns."""

import numpy as np

from ..._table import Tabled
from ...geometry.curvature import NoSpectrum
from ..step import OfRun
from ._table import along_run
from ._terms import Breakdown
from ._verdict import WORDS

_TERMS = ("linear", "second", "third", "actual")
_WITH_FLOORS = ("linear", "second", "third", "actual", "remainder")
#: numbers of a step that are stored where they were asked for, and otherwise NaN
SPLIT = (
    "second_self",
    "third_self",
    "third_two",
    "chance_second_self",
    "chance_third_self",
    "chance_third_two",
    "top_share",
    "participation",
    "radius",
    "signs_second_low",
    "signs_second_high",
    "signs_third_low",
    "signs_third_high",
    "verdict",
    "error_second_self",
)
#: columns of the stored analysis `breakdown`
COLUMNS = ("step", "loss", *_TERMS, *(f"noise_{name}" for name in _WITH_FLOORS), *SPLIT)
#: columns of files that do not name theirs
_UNNAMED = (
    "step",
    "loss",
    "linear",
    "second",
    "actual",
    "noise_linear",
    "noise_second",
    "noise_actual",
    "noise_remainder",
)


def split_numbers(b):
    """The numbers `SPLIT` of a breakdown, as a table; NaN where the Hessian is not finite."""
    if not b.finite:
        return {**dict.fromkeys(SPLIT, np.nan), "verdict": float(WORDS.index("not finite"))}
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            parts, modes, verdict = b.split("parameters"), b.split("eigen"), b.verdict
            chance, signs = parts.rotations, parts.flips
            return dict(
                zip(
                    SPLIT,
                    (
                        parts.second_self,
                        parts.third_self,
                        parts.third_two,
                        chance.second_self,
                        chance.third_self,
                        chance.third_two,
                        modes.top_share,
                        modes.participation,
                        b.radius().estimate,
                        *signs.band("second"),
                        *signs.band("third"),
                        WORDS.index(verdict.words),
                        parts.error["second_self"],
                    ),
                )
            )
    except NoSpectrum:
        return dict.fromkeys(SPLIT, np.nan)


class Breakdowns(Tabled):
    """The breakdowns of several steps of a run; a sequence of `Breakdown`.

    Attributes
    ----------
    iteration, time : ndarray (T,)
    step, loss, linear, second, third, remainder, actual, critical_step, ratio, … : ndarray (T,)
        Every number of a `Breakdown`; what takes a split is computed now, unless it was before.
    """

    def __init__(self, steps):
        self.steps = list(steps)

    @classmethod
    def from_values(cls, iteration, time, values, columns=None, run=None):
        """Breakdowns of `values` (T, C) as they are stored under the names `columns`."""
        made = []
        for k, t, row in zip(iteration.tolist(), time.tolist(), values):
            table = dict(zip(_UNNAMED if columns is None else columns, row.tolist()))
            terms = [table.get(name, np.nan) for name in ("loss", "linear", "second", "third")]
            order = 3 if np.isfinite(table.get("noise_third", np.nan)) else 2
            known = {name: table[name] for name in SPLIT if name in table}
            made.append(
                Breakdown(
                    table["step"],
                    np.array(terms[: order + 1]),
                    table["actual"],
                    {
                        name: table[f"noise_{name}"]
                        for name in _WITH_FLOORS
                        if f"noise_{name}" in table
                    },
                    k,
                    t,
                    known if np.isfinite(known.get("second_self", np.nan)) else {},
                    run and OfRun(run, k),
                )
            )
        return cls(made)

    @property
    def values(self):
        """Columns (T, C) as they are stored."""
        return np.array(
            [
                [
                    b.step,
                    b.loss,
                    *(getattr(b, name) for name in _TERMS),  # columns are named as attributes
                    *(b.noise.get(name, np.nan) for name in _WITH_FLOORS),
                    *(b.known.get(name, np.nan) for name in SPLIT),
                ]
                for b in self.steps
            ]
        ).reshape(-1, len(COLUMNS))

    def column(self, name):
        """One of `SPLIT` (T,) as it was computed along the run; NaN where it was not."""
        return np.array([b.known.get(name, np.nan) for b in self.steps])

    @property
    def words(self):
        """The words of each verdict (T,) as it was given along the run; empty where none was."""
        return ["" if np.isnan(code) else WORDS[int(code)] for code in self.column("verdict")]

    def __getattr__(self, name):
        # what one breakdown has as a number, all of them have as an array
        is_number = isinstance(getattr(Breakdown, name, None), property)
        if name.startswith("_") or not (name in Breakdown.__dataclass_fields__ or is_number):
            raise AttributeError(f"Breakdowns has no attribute {name!r}")
        # the same number of each step
        return np.array([getattr(b, name) for b in self.steps])

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, index):
        found = self.steps[index]
        return Breakdowns(found) if isinstance(index, slice) else found

    def table(self):
        """Some of the steps, evenly spread, as a `Table`."""
        return along_run(self)
