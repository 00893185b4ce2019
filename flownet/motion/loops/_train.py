"""Training: a run of finite steps, recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from ..._registry import describe
from ...model.tables import metric_table, tables_or_program
from ...store.trajectory import ENDING, Trajectory
from .. import _check
from .._recorder import quantities
from .._storage import layout_of, open_store
from ..mechanics._start import initial_parameters, initial_velocity, start, steps_of
from ..observe import observe_tables, observers
from ..stop import keep_table, keeper, stop_tables, watches
from ._interrupt import on_interrupt_of
from ._loop import make_loop, set_velocity
from ._run import Run, arrays_of
from ._state import State, potential_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import Count, Device, Keep, MetricLike, Observed, PathLike, Stops, Whole
    from ...model.potential import AnyPotential
    from ...motion.mechanics import Mechanics


def train(
    potential: AnyPotential,
    mechanics: Mechanics,
    *,
    steps: Whole | None = None,
    epochs: Count | None = None,
    W0: ArrayLike | None = None,
    V0: ArrayLike | None = None,
    seed: int = 0,
    metric: MetricLike | None = None,
    batch_size: Count | None = None,
    record_every: Count = 1,
    observe: Observed | None = None,
    stop: Stops | None = None,
    keep: Keep | None = None,
    store: PathLike | None = None,
    overwrite: bool = False,
    device: Device | None = None,
    threads: int | None = None,
    progress: bool = True,
    on_interrupt: Literal["raise", "return"] | None = None,
) -> Trajectory:
    """Train: follow the potential downhill in finite steps W ← W − step·g^♯dL (TM 39), recorded.

    Parameters
    ----------
    potential : Potential, or any sum of potentials
    mechanics : Aristotle, Newton, Nesterov, RMSProp, Adam, AdamW, ThierryMieg, Langevin, RungeKutta
        With its step, or its tolerance.
    steps : int
        N, number of steps.
    epochs : int
        In place of `steps`: passes over the data, the short last batch of each included; of the
        full batch a pass is one step.
    W0 : array (D,), optional
        Where to begin; `network.init(seed)` by default.
    V0 : array (D,), optional
        Velocity to begin with, of mechanics that have one; they begin at rest by default.
    seed : int
        Orders the mini-batches, draws thermal noise, and initialises where W0 is not given.
    metric : LayerMetric, GroupMetric, CoupledMetric, …, optional
        The plain one by default; one that depends on time is a `TimedMetric`, or a function of the
        time that gives a metric.
    batch_size : int, optional
        Mini-batches without replacement; the full batch by default.
    record_every : int
        Interval of recorded parameters; losses are kept at every step.
    observe : dict, optional
        `{name: (every, function or potential)}`; a function is called with a `State`, or if it
        has a `memory(W)`, a dictionary of arrays at the start, with that too.
    stop : condition, function of the state, or list of them; optional
        What ends the run before its last step, whichever is first: `LossBelow`, `GradientBelow`,
        `Patience`, `EdgeReached`, `Reached`, or a function that gives True. `run.stopped` says why.
    keep : "best" or Best, optional
        Keep the best state by an observable, "best" by that of `Patience`: `run.best`.
    store : path, optional
        HDF5 file to record in; memory by default.
    overwrite : bool
        Whether `store` may replace a file.
    device : str, optional
        Whose kernels do the work: "cpu", or "cuda", "cuda:1" and so on, a CUDA device, or
        "cuda+cublas", which multiplies by cuBLAS; by default those of the device
        that the potential is on.
    threads : int, optional
        Threads at most. The bits do not depend on it.
    progress : bool
        A progress bar after two seconds, where the output is a terminal.
    on_interrupt : str, optional
        What Ctrl-C does after the steps under way: "raise" KeyboardInterrupt, with everything so
        far in the file; or "return" the run so far, the default in IPython, notebooks and Python's
        prompt. Pressed twice it does not wait. Either run can be resumed.

    Returns
    -------
    Trajectory
        Also of a run that diverges: up to its last finite row, with `diverged_at`.

    Raises
    ------
    FlownetError
        Unless W0, V0 and the metric have the potential's D parameters, counts are whole numbers
        and `batch_size` at most m, and one of `steps` and `epochs` is given; for a file that exists
        or cannot be written; a full disk.
    """
    given = metric
    if epochs is not None or steps is None:
        steps = steps_of(steps, epochs, potential, batch_size)
    potential, metric = start(potential, mechanics, metric, batch_size, steps, seed, device)
    _check.threads(threads, progress)
    record_every = _check.whole("record_every", record_every, 1)
    on_interrupt = on_interrupt_of(on_interrupt)
    made, stops = observers(observe), watches(stop)
    best = keeper(keep, stops)
    W = initial_parameters(potential, W0, seed)
    V = initial_velocity(mechanics, V0, W)
    known = None if given is None and mechanics.own_metric(potential) is None else metric
    tables = _experiment(
        potential,
        mechanics,
        known,
        made,
        steps=steps,
        seed=seed,
        V0=V,
        batch_size=batch_size,
        record_every=record_every,
        device=potential.device,
    )
    if stops:
        tables["stop"] = stop_tables(stops, potential, known)
    if best is not None:
        tables["keep"] = keep_table(best, potential, known)
    at = potential_of(potential, batch_size, seed)
    with potential.kernels.limited(threads):

        def loop_at(W, time):
            return make_loop(potential, mechanics, metric, W, time, batch_size, seed)

        loop = loop_at(W, 0.0)
        set_velocity(loop, V)
        state = State(0, 0.0, loop, at)
        watching = [*stops, *([best] if best else [])]
        for watch in watching:
            watch.begin(W)
        columns = [o.quantity(state, steps // o.every + 2) for o in made]
        kept = open_store(
            layout_of(
                quantities(loop, steps, record_every) + columns,
                {**arrays_of(loop, [*made, *watching]), ENDING: np.zeros(2)},
                tables,
                potential,
                seed,
            ),
            store,
            overwrite,
        )
        run = Run(
            kept,
            loop,
            potential,
            0,
            steps,
            at,
            record_every,
            made,
            stops,
            best,
            on_interrupt,
            loop_at,
        )
        run.go(progress)
    return Trajectory(
        kept, potential=potential, mechanics=mechanics, metric=known, experiment=tables
    )


def _experiment(potential, mechanics, metric, made, **run):
    """Tables of a run, the words of an experiment file."""
    tables = tables_or_program(potential)
    if metric is not None:
        tables["metric"] = metric_table(metric)
    tables["mechanics"] = describe(mechanics)
    tables["run"] = {name: value for name, value in run.items() if value is not None}
    if made:
        tables["observe"] = observe_tables(made, potential, metric)
    return tables
