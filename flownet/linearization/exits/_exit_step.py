"""The smallest step at which the finite run leaves by another exit than its flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ... import _progress
from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ..._table import Table, Tabled, short
from ...model._check import is_real, is_whole
from ..step import on_reals
from ._compare import SAME, Comparison, compare_minima
from ._exits import Exits, count_steps, exits
from ._minimum import minimum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike, Vector
    from ...model.potential import AnyPotential

_MOST_ROWS = 40
_HOW = {
    "diverged": "the run diverges",
    "not reached": "the time allowed for the flow to a minimum ends too early",
}

#: columns of the stored analysis `exits`
COLUMNS = (
    "step",
    "exit",
    "loss",
    "index",
    "distance",
    "aligned_distance",
    "barrier",
    "aligned_barrier",
    "scanned",
)


@dataclass(frozen=True)
class ExitSteps(Tabled):
    """Exits by step.

    Attributes
    ----------
    tried : list of Exits
        In the order of their steps.
    exits : ndarray (T,) of int
        Number of each one's exit: 0 the flow's, 1, 2, … others in the order of their steps, −1
        of a run that diverged, −2 of one whose minimum was not reached in the time allowed.
    scanned : ndarray (T,) of bool
        Whether a step belongs to the coarse grid, or to the bisection.
    step : float or None
        The smallest step found with another exit than the flow's; None where there is none.
    below : float or None
        The largest step below it that was tried: it leaves by the flow's exit.
    """

    tried: list
    exits: np.ndarray
    scanned: np.ndarray
    step: float | None
    below: float | None

    @property
    def at(self) -> Exits | None:
        """`Exits` of `step`, or None."""
        return next((found for found in self.tried if found.step == self.step), None)

    @property
    def comparison(self) -> Comparison | None:
        """`Comparison` of the exit at `step` with the flow's; None where it diverged."""
        return None if self.at is None else self.at.comparison

    @property
    def values(self) -> Vector:
        """Columns (T, C) as they are stored."""
        return np.array(
            [
                _numbers(found, exit_, scanned)
                for found, exit_, scanned in zip(self.tried, self.exits, self.scanned)
            ]
        ).reshape(-1, len(COLUMNS))

    def table(self) -> Table:
        """What each step came to, on the grid and next to the change, as a `Table`."""
        rows = [
            i
            for i, found in enumerate(self.tried)
            if self.scanned[i] or found.step in (self.step, self.below)
        ][:_MOST_ROWS]
        found = [self.tried[i] for i in rows]

        def of(part, number):
            """A number of each one's part; NaN of a run that diverged."""
            # columns are named as the numbers are
            parts = [getattr(one, part) for one in found]
            return [np.nan if each is None else number(each) for each in parts]

        return Table(
            "",
            {
                "step": (".7g", [one.step for one in found]),
                "change": (short, ["*" if one.step == self.step else None for one in found]),
                "steps": (short, [one.steps for one in found]),
                "exit": (short, [np.nan if exit_ < 0 else exit_ for exit_ in self.exits[rows]]),
                "comes to": (short, [one.run.words if one.run else "diverged" for one in found]),
                "loss there": (".6g", of("run", lambda end: end.loss)),
                "distance": (".3g", of("comparison", lambda c: c.distance)),
                "aligned": (".3g", of("comparison", lambda c: c.aligned_distance)),
                "barrier": (".3g", of("comparison", lambda c: c.aligned_barrier.rise)),
            },
            self._notes(),
        )

    def _notes(self):
        low, high = self.tried[0].step, self.tried[-1].step
        grid = int(self.scanned.sum())
        counted = f"{len(self.tried)} steps tried, {grid} of them a grid from {low:g} to {high:g}"
        fractal = "for the exit as a function of the step may be a fractal"
        if self.step is None:
            return [
                counted,
                f"the exit is the flow's at all of them; between them it may differ, {fractal}",
            ]
        how = _HOW.get(self.at.verdict, "the exit changes")
        return [
            f"{counted}; {len(self.tried) - grid} by bisection",
            f"{how} between a step of {self.below:.8g} and one of {self.step:.8g}",
            f"this is the first change on the grid; others may lie between its steps, {fractal}",
        ]


@with_origin
def exit_step(
    potential: AnyPotential,
    W0: ArrayLike,
    *,
    low: float,
    high: float,
    steps: int | None = None,
    time: float | None = None,
    metric: MetricLike | None = None,
    rtol: float = 1e-3,
    grid: int = 17,
    descent_time: float | None = None,
    progress: bool = True,
) -> ExitSteps:
    """The smallest step at which the finite run leaves by another exit than its flow.

    A grid of steps evenly spread in log step, then bisection between the first that leaves by
    another exit than the flow and the one before it. A run that diverges leaves by none. Between
    the steps of the grid the exit may change and change back: as a function of the step it may be a
    fractal, and the change found is the first that the grid sees.

    Parameters
    ----------
    potential : Potential, Sum or analytic
    W0 : array (D,)
    low, high : float
        Steps between which to look; at `low` the exit has to be the flow's.
    steps : int, optional
        Of each finite run; or
    time : float, optional
        the time of each: steps = time/step.
    metric : LayerMetric or DiagonalMetric, optional
    rtol : float
        Of the step where the exit changes.
    grid : int
        Steps of the grid, from 2 up.
    descent_time : float, optional
        As in `minimum`.
    progress : bool
        A progress bar after two seconds, where the output is a terminal.

    Returns
    -------
    ExitSteps

    Raises
    ------
    FlownetError
        Unless 0 < low < high, one of `steps` and `time` is given, `grid` is from 2 up, the flow
        comes to a minimum, and the exit at `low` is the flow's; and as in `exits`.
    """
    _check(low, high, steps, time, rtol, grid)
    potential, W0, metric = on_reals(potential, W0, metric)
    flow = minimum(potential, W0, metric=metric, time=descent_time, progress=progress)
    if flow.kind == "not reached":
        raise FlownetError(
            f"the flow comes to no minimum within a time of {flow.time:.4g}: there is no exit "
            "that another could be told from; a longer descent_time is wanted."
        )
    width = np.log(high / low) / (grid - 1)
    halvings = max(0, int(np.ceil(np.log2(width / np.log1p(rtol)))))
    words = {"steps": steps, "time": time, "metric": metric, "flow": flow}
    words["descent_time"], tried = descent_time, {}
    with _progress.bar(grid + halvings, shown=progress, what="steps tried") as show:

        def leave(step):
            tried[step] = exits(potential, W0, step=step, progress=False, **words)
            show(len(tried))
            return tried[step].verdict == "same basin"

        scanned = np.geomspace(low, high, grid).tolist()
        alike = [leave(step) for step in scanned]
        if not alike[0]:
            raise FlownetError(
                f"at the step low={low:g} the exit is already another than the "
                f"flow's ({tried[scanned[0]].verdict}): a lower one is wanted."
            )
        if all(alike):
            below = step = None
        else:
            first = alike.index(False)
            below, step = _bisect(leave, scanned[first - 1], scanned[first], rtol)
    found = [tried[step] for step in sorted(tried)]
    return ExitSteps(
        found,
        _numbered(potential, found, metric),
        np.array([f.step in scanned for f in found]),
        step,
        below,
    )


def _bisect(leave, below, step, rtol):
    """The last step that leaves by the flow's exit and the first that does not."""
    while step > below * (1 + rtol):
        middle = float(np.sqrt(below * step))
        below, step = (middle, step) if leave(middle) else (below, middle)
    return below, step


def _check(low, high, steps, time, rtol, grid):
    count_steps(low, steps, time)
    count_steps(high, steps, time)
    if not low < high:
        raise FlownetError(f"low is {low:g} and high {high:g}; low has to be the smaller.")
    if not is_whole(grid, 2):
        raise FlownetError(f"grid is {shown(grid)}; it has to be a whole number from 2 up.")
    if not (is_real(rtol) and 1e-12 <= rtol < 1):
        raise FlownetError(f"rtol is {shown(rtol)}; it has to lie between 1e-12 and 1.")


def _numbered(potential, found, metric):
    """Number of each exit: 0 the flow's, −1 of none, −2 of one that was not reached."""
    known, numbers = [], []
    for one in found:
        if one.verdict == "same basin":
            numbers.append(0)
        elif one.run is None or one.run.kind == "not reached":
            numbers.append(-1 if one.run is None else -2)
        else:
            same = (n for n, point in known if _same(potential, point, one.run, metric))
            number = next(same, None)
            if number is None:
                number = len(known) + 1
                known.append((number, one.run))
            numbers.append(number)
    return np.array(numbers)


def _same(potential, A, B, metric):
    """Whether two exits other than the flow's are one."""
    if A.kind != B.kind or A.index != B.index:
        return False
    compared = compare_minima(potential, A, B, metric=metric)
    return compared.same or compared.aligned_distance <= SAME * compared.length


def _numbers(found, exit_, scanned):
    if found.comparison is None:
        return [found.step, exit_, np.inf, *(np.nan,) * 5, scanned]
    c = found.comparison
    return [
        found.step,
        exit_,
        found.run.loss,
        found.run.index,
        c.distance,
        c.aligned_distance,
        c.barrier.rise,
        c.aligned_barrier.rise,
        scanned,
    ]
