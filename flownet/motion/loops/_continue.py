"""How a run goes on from its last checkpoint, as it was or in another way."""

from collections import namedtuple
from functools import partial

import numpy as np

from ..._errors import FlownetError
from ...geometry.metric import metric_of
from ...store._layout import Quantity
from ...store._text import to_text
from ...store.bytes import Checkpoint
from ...store.trajectory import ENDING, Trajectory, alike
from ...store.writing import rewrite_experiment, rewrite_part
from .._recorder import columns_of_steps, quantities
from .._storage import attrs_of_data, check_room, store_to_go_on, take_up, taken_over
from ..observe import observers
from ..stop import keeper, watches
from ._loop import make_loop, set_velocity
from ._python_loop import Since
from ._run import Run, arrays_of
from ._state import State, potential_of

#: what a run goes on with beside its parts: threads, progress, and what Ctrl-C does
Manner = namedtuple("Manner", "threads progress on_interrupt")


def taken_up(what):
    """The run of a path, or a run that is at hand, seen as it is now."""
    if not isinstance(what, Trajectory):
        return Trajectory.open(what)
    what.refresh()
    return what


def copied(tables):
    """Tables that may be changed without changing those of a run."""
    return {name: dict(t) if isinstance(t, dict) else t for name, t in tables.items()}


def to_device(run, tables, device=None):
    """Let a run go on with the kernels of a device, that of its tables by default; they say it."""
    words = tables["flow" if "flow" in tables else "run"]
    was, potential = words.get("device", "cpu"), run.potential
    device = was if device is None else device
    try:
        moved = potential.on_device(device)
    except FlownetError as error:
        if device != was:
            raise
        raise FlownetError(
            f"{name_of(run)} was on the device {was!r}: {error} On the CPU it goes on with "
            "device='cpu', flownet resume --device cpu."
        ) from None
    if moved is not potential:
        run.potential = moved
    if device != was:
        words["device"] = device


def name_of(run):
    """What errors call it."""
    return "the run" if run.path is None else run.path


def not_less(run, kept, steps):
    """Refuse fewer steps than were done."""
    if kept.iteration > steps:
        raise FlownetError(
            f"{name_of(run)} has done {kept.iteration} steps already, more than {steps}."
        )


def loop_of(part, words, W, time, mechanics=None, metric=None):
    """Loop of a part of a run, at W (D,) and a time."""
    metric = metric_of(part.metric if metric is None else metric, part.potential)
    mechanics = mechanics or part.mechanics
    since = Since(part.born, part.first)
    return make_loop(
        part.potential, mechanics, metric, W, time, part.batch_size, words["seed"], since
    )


def carry_on(run, kept, parts, tables, given, manner, before=None):
    """Go on with a run from a checkpoint; the trajectory.

    Parameters
    ----------
    run : Trajectory
    kept : Checkpoint
    parts : list of Part
        The last of them takes the steps to come.
    tables : dict
        The experiment, with the number of steps to take in all.
    given : tuple
        Observables, stop conditions, and what the best state is kept by, as `train` takes them.
    manner : Manner
    before : Part, optional
        Whose the arrays of the checkpoint are, where something else is to be kept from now on:
        other mechanics or other conditions. What both have is handed on.
    """
    part, words, arrays = parts[-1], tables["run"], kept.arrays
    observe, stop, keep = given
    made, stops = observers(observe), watches(stop)
    best = keeper(keep, stops)
    watching = [*made, *stops, *([best] if best else [])]
    with part.potential.kernels.limited(manner.threads):
        W = np.array(arrays["parameters"])
        loop = loop_of(part, words, W, kept.time)
        for observer in made:
            observer.begin(W, loop.metric)
        for watch in watching[len(made) :]:
            watch.begin(W)
        if before is not None:
            hand_on(before, part, words, (kept.iteration, kept.time, arrays), loop)
        more = _new_quantities(run, loop, made, kept, words, part) if before is not None else ()
        mine = arrays_of(loop, watching)
        fresh = {n for watch in stops for n in watch.arrays} | set(loop.arrays)
        stays = mine if before is None else {n for n in mine if n in arrays and n not in fresh}
        take_up({name: mine[name] for name in stays}, arrays, name_of(run))
        attrs = attrs_of_data(part.potential)
        left = words["steps"] - kept.iteration
        _refuse_too_long(run, loop, made, more, left, words["record_every"])
        store = _store_to_go_on(run, tables, kept, attrs, None if before is None else mine, more)
        Run(
            store,
            loop,
            part.potential,
            kept.iteration,
            words["steps"],
            potential_of(part.potential, part.batch_size, words["seed"]),
            words["record_every"],
            made,
            stops,
            best,
            manner.on_interrupt,
            partial(loop_of, part, words),
        ).go(manner.progress)
    return Trajectory(
        store,
        potential=part.potential,
        mechanics=part.mechanics,
        metric=part.metric,
        experiment=tables,
        parts=parts,
    )


def _refuse_too_long(run, loop, made, more, left, record_every):
    """Refuse steps whose rows fit neither on the disk nor, of a run there, into memory."""
    known = set(run.store.recorded)
    ahead = [
        *quantities(loop, left, record_every),
        *(Quantity(o.name, run.store.form(o.name)[0], rows=left // o.every + 2)
          for o in made if o.name in known),
        *more,
    ]  # fmt: skip
    check_room(run.path, {quantity.name: quantity for quantity in ahead}.values())


def _new_quantities(run, loop, made, kept, words, part):
    """What the run has not recorded so far: its observers' and its loop's."""
    known, left = set(run.store.recorded), words["steps"] - kept.iteration
    at = potential_of(part.potential, part.batch_size, words["seed"])
    state = State(kept.iteration, kept.time, loop, at)
    new = [o.quantity(state, left // o.every + 2) for o in made if o.name not in known]
    return [*(q for q in columns_of_steps(loop, left) if q.name not in known), *new]


def _store_to_go_on(run, tables, kept, attrs, mine, more):
    """The run's store, which ends at the checkpoint; from now on it keeps `mine`, if given."""
    if mine is not None:
        text, arrays = to_text(tables)
        mine = {**mine, ENDING: np.zeros(2)}
        rows = np.append(kept.rows, np.zeros(len(more), np.int64))
        there = Checkpoint(1, kept.iteration, kept.time, rows, mine)
    if run.path is None:
        store = run.store
        if mine is not None:
            store.rewrite_part(text, arrays, attrs, there, more)
        elif not alike(tables, run.experiment):
            store.rewrite_experiment(to_text(tables)[0])
        store.truncate()
        return store
    with taken_over(run, kept):
        if mine is not None:
            rewrite_part(run.path, text, arrays, attrs, there, more)
        elif not alike(tables, run.experiment):
            rewrite_experiment(run.path, to_text(tables)[0])
        return store_to_go_on(run.path)


def hand_on(old, new, words, checkpoint, loop):
    """What the loop of a part takes over of the arrays of the part before it, or of its own.

    Mechanics of the same kind go on remembering; others take over the velocity, if both have one.
    """
    iteration, time, arrays = checkpoint
    if old is new or remembers_on(old.mechanics, new.mechanics):
        take_up(loop.arrays, arrays, "the run")
    elif "velocity" in new.mechanics.remembers and "velocity" in old.mechanics.remembers:
        before = loop_of(old, words, np.array(arrays["parameters"]), time)
        take_up(before.arrays, arrays, "the run")
        at = potential_of(old.potential, old.batch_size, words["seed"])
        set_velocity(loop, State(iteration, time, before, at).velocity)


def remembers_on(old, new):
    """Whether mechanics go on with what others remember, number for number."""
    leaps = "leapfrog" in (old.integrator, new.integrator)
    same = type(old) is type(new) and old.remembers == new.remembers and old.moments == new.moments
    return same and not leaps and old.kind != "runge-kutta"
