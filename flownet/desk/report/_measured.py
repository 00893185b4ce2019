"""What a report looks at along a run: its steps term by term, its sharpness, its charges."""

from dataclasses import dataclass, field

import numpy as np

from ..._errors import FlownetError
from ...equilibrium._meters import PARTS
from ...geometry.charges import ChargeDrift, charges as charges_of
from ...geometry.curvature import sharpness
from ...linearization.breakdown import breakdown, kept as kept_series, store
from ...store.trajectory import Record
from ...store.writing import append_analysis
from ._nudged import meters_along

_MOST_STEPS = 60  # looked at in full; of the terms alone
_MOST_TERMS = 300
_FEWEST = 6  # below it nothing is seen of a run
_WORK = 2e11  # multiply-adds of each part of a report, some ten seconds
_CHARGES = 4000  # charges that are followed
_STEP = 4e6  # multiply-adds that the time of setting up a mini-batch would do
_QUICK = 4e10  # of the terms that a figure asks for, some two seconds
_FEW = 100  # steps that such a figure shows at least, of a run that has them

#: multiply-adds per parameter and sample: the terms with their floors, their splits, a sharpness
_TERMS, _SPLITS, _SHARPNESS, _GRADIENT = 60, 1600, 300, 3
#: the same per complex unit and sample: its splits, and each unit displacement of its diagonals
_PAIR_SPLITS, _PAIR_DIAGONAL = 8e5, 1.5e4


@dataclass
class Measured:
    """What was found along a run; None for a part that was left out, with a line that says why.

    Attributes
    ----------
    run : Trajectory
    every : int
        Interval of the steps looked at.
    series : Breakdowns or None
    sharpness : Record or None
        Of the full potential in the run's metric.
    charges : ChargeDrift or None
    meters : Record or None
        Of a physical system that learns by a nudge: those of `Equilibrium.meters`, (T, 7).
    split : bool
        Whether the steps were split.
    left_out : list of str
    """

    run: object
    every: int
    series: object = None
    sharpness: Record | None = None
    charges: object = None
    meters: Record | None = None
    split: bool = False
    left_out: list = field(default_factory=list)

    @property
    def edge(self):
        """2/step, the sharpness beyond which gradient descent leaves a parabola: (N,), or None."""
        if self.run.mechanics is None or not self.run.mechanics.descends:
            return None
        with np.errstate(divide="ignore"):
            return np.where(self.run.step > 0, 2 / self.run.step, np.nan)


def measure(run, every=None, progress=True):
    """`Measured` of a run, at as many steps as take some ten seconds a part, at most 60.

    The interval is odd: a step that overshoots goes to and fro, and an even one would see the fro
    alone.
    """
    if run.is_flow:
        raise FlownetError(
            "a flow has no finite steps to break down: flownet.departure looks at a "
            "run beside its flow."
        )
    if not len(run.step):
        raise FlownetError("the run has no finite step: there is nothing to break down.")
    work, whole = _work(run)
    of_splits = _work_of_splits(run)
    steps = min(_MOST_STEPS, int(_WORK / of_splits))
    known = run.potential.offers("diagonals")
    split = known and steps >= _FEWEST
    if not split:
        steps = min(_MOST_STEPS, max(_FEWEST, int(_WORK / (_TERMS * work))))
    stride = run.experiment["run"].get("record_every", 1)
    found = Measured(run, every or stride * _odd(len(run.step) / (stride * steps)), split=split)
    if known and not split:
        found.left_out.append(
            f"the splits of the steps: {_dear(of_splits)} a step. "
            "flownet.breakdown(run, at=k, split=True) makes those of one."
        )
    _try(
        found,
        "series",
        "the terms",
        lambda: breakdown(run, every=found.every, split=split, progress=progress),
    )
    found.split = split and found.series is not None
    if _SHARPNESS * whole * _FEWEST > _WORK:
        found.left_out.append(f"sharpness: {_dear(_SHARPNESS * whole)} a state.")
    else:
        thin = found.every * _odd(_SHARPNESS * whole * len(run.step) / found.every / _WORK)
        _try(found, "sharpness", "sharpness", lambda: sharpness(run, every=thin, progress=progress))
    _charges(found, work, progress)
    _try(found, "meters", "meters of the nudge", lambda: meters_along(run, progress))
    return found


def _work(run):
    """Parameters times samples, of a step's batch and of all the data."""
    return [run.potential.size * m for m in _samples(run)]


def _samples(run):
    """Samples of a step's batch and of all the data."""
    data = run.potential.data
    m = 1 if data is None else data.m
    return [run.experiment["run"].get("batch_size") or m, m]


def _work_of_splits(run):
    """Multiply-adds that take as long as the splits of one step.

    Of complex networks what counts is not the products but the units, whose derivatives are worked
    out for one unit displacement after another.
    """
    network, m = run.potential.network, _samples(run)[0]
    work = _SPLITS * run.potential.size * m
    if network is not None and network.is_complex:
        units = sum(network.sizes[1:]) * m
        work += units * (_PAIR_SPLITS + 2 * run.potential.size * _PAIR_DIAGONAL)
    return work


def _odd(number):
    return int(np.ceil(number)) | 1


def _dear(work):
    return f"{work:.0e} multiply-adds"


def _try(found, name, what, make):
    """A part of a report; what cannot be had is left out, and said."""
    try:
        setattr(found, name, make())
    except FlownetError as error:
        found.left_out.append(f"{what}: {error}")


def _charges(found, work, progress):
    run, N = found.run, len(found.run.step)
    if run.mechanics is None or not run.mechanics.descends:
        found.left_out.append("charges: they are those of Aristotle's mechanics.")
        return
    try:
        charges = charges_of(run.potential, run.metric)
    except FlownetError as error:
        found.left_out.append(str(error))
        return
    if not len(charges):
        found.left_out.append(f"charges: none. {charges.reasons[0]}.")
    elif len(charges) > _CHARGES:
        found.left_out.append(f"charges: {len(charges)} of them; at most {_CHARGES} are followed.")
    elif N * (_GRADIENT * work + _STEP) > 2 * _WORK:
        found.left_out.append(f"charges: {_dear(N * _GRADIENT * work)}, a gradient at each step.")
    else:
        _try(
            found,
            "charges",
            "charges",
            lambda: charges.along(run, every=_odd(N / _MOST_TERMS), progress=progress),
        )


def measure_quickly(run, every=None):
    """`Measured` of the Taylor terms alone."""
    every = every or quick_interval(run)
    return Measured(run, every, breakdown(run, every=every))


def quick_interval(run):
    """Interval of the steps whose terms alone are looked at."""
    return max(1, len(run.step) // _MOST_TERMS)


def drawn_interval(run):
    """Interval of the steps that a figure of the terms alone shows, of some two seconds."""
    steps = _QUICK / (_TERMS * _work(run)[0])
    return max(quick_interval(run), int(len(run.step) / max(steps, _FEW)))


def stored(found):
    """Store what was found in the run's file, and say what came of it."""
    run = found.run
    if not run.finished:
        return f"not stored: {run.path} is not finished; `flownet resume` goes on with it"
    before = None if found.split else kept(run)
    if before is not None and before.split:
        return f"not stored: {run.path} keeps a breakdown with splits"
    try:
        keep(found)
    except FlownetError as error:
        return f"not stored: {error}"
    return f"stored in {run.path}"


def keep(found):
    """Store what was found in the run's file, as the analyses breakdown, sharpness, charges."""
    run, drift = found.run, found.charges
    if found.series is not None:
        store(run, found.series)
    if found.sharpness is not None:
        append_analysis(run.store, "sharpness", *found.sharpness)
    if found.meters is not None:
        append_analysis(run.store, "meters", *found.meters, {"names": list(PARTS)})
    if drift is not None:
        append_analysis(
            run.store,
            "charges",
            drift.iteration,
            drift.time,
            np.stack([drift.drift, drift.predicted], axis=1),
            {
                "rows": ["drift", "predicted"],
                "names": drift.charges.names,
                "counts": [len(form.labels) for form in drift.charges.forms],
                "rounding": drift.rounding,
            },
        )
    run.refresh()


def kept(run):
    """`Measured` of what a run's file holds, or None where its steps were not split or go on."""
    series = kept_series(run)
    if series is None or not len(series):
        return None
    split, meters = any(series.words), "meters" in run.analyses
    if not (split or meters):
        return None
    every = int(np.diff(series.iteration).min()) if len(series) > 1 else 1
    if series.iteration[-1] + 2 * every < len(run.step) - 1:
        return None
    found = Measured(run, every, series, split=split)
    if meters:
        found.meters = run.analyses["meters"]
    if "sharpness" in run.analyses:
        found.sharpness = run.analyses["sharpness"]
    if "charges" in run.analyses:
        iteration, time, value = run.analyses["charges"]
        found.charges = ChargeDrift(
            charges_of(run.potential, run.metric),
            iteration,
            time,
            value[:, 0],
            value[:, 1],
            np.array(run.store.attrs("analysis/charges")["rounding"]),
        )
    return found
