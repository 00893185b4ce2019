"""Runs in a few lines of text."""

import os

from ..._memory import size_text
from ..._table import Table
from ...store._text import to_text
from ...store.trajectory import best_line, table_of

#: what `followed` says, or what is no curve
_OF_STEPS = ("loss", "step", "evaluations", "method", "crossings", "slides")


def run_lines(run):
    """What a run did, in two lines."""
    losses = run.loss
    of_batch = " (first mini-batch)" if run.batches else ""
    of_all = " (all data)" if of_batch and run.finished and run.diverged_at is None else ""
    lines = [
        f"loss {losses[0]:.6g}{of_batch} → {losses[-1]:.6g}{of_all} in {len(run.step)} steps"
        if len(losses)
        else "no step was finite"
    ]
    for name in run.observables:
        if name not in _OF_STEPS:
            values = run.observables[name].value
            if len(values) and values.ndim == 1:
                lines.append(f"{name} {values[0]:.4g} → {values[-1]:.4g}")
    if run.followed:
        lines.append(run.followed)
    if run.diverged_at is not None:
        lines.append(f"diverged at iteration {run.diverged_at}; all rows before it are kept")
    if run.stopped:
        lines.append(run.stopped)
    if run.best:
        lines.append(best_line(run.best))
    if run.path:
        lines.append(f"recorded in {run.path}")
    return "\n".join(lines)


def at_its_end(run, steps):
    """Why nothing is left to go on with up to a number of steps, or None where something is."""
    if run.diverged_at is not None:
        return f"{run.path} diverged at iteration {run.diverged_at}: no step goes on from there."
    if not run.finished or (steps is not None and (run.is_flow or steps != len(run.step))):
        return None
    longer = "" if run.is_flow else f"; --steps N, with N above {len(run.step)}, goes on"
    return f"{run.path} is finished already, after {len(run.step)} steps{longer}."


def info_lines(run):
    """What a run's file holds, and its experiment."""
    state = "finished" if run.finished else "being written" if run.store.live else "stopped"
    if run.diverged_at is not None:
        state = f"diverged at iteration {run.diverged_at}"
    if run.stopped and not run.store.live:
        state = run.stopped
    size = size_text(os.path.getsize(run.path))
    return f"{table_of(run, f'{run.path}: {size}, {state}')}\n\n{run.store.experiment.rstrip()}"


def repaired_lines(done, path):
    """What of a damaged file went into a new one."""
    names = list(done.rows)
    counted, saved, nans = zip(*done.rows.values()) if names else ((), (), ())
    if done.finished:
        notes = ["The run is finished."]
    elif done.goes_on_at is None:
        notes = ["No checkpoint could be saved: the run can be looked at, and does not go on."]
    else:
        notes = [f"The run goes on from iteration {done.goes_on_at}: flownet resume {path}"]
    columns = {
        "quantity": (str, names),
        "rows": ("d", counted),
        "saved": ("d", saved),
        "of these nan": ("d", nans),
    }
    return Table(f"saved in {path}", columns, [*notes, *(f"Lost: {line}" for line in done.lost)])


def sweep_lines(found):
    """What a sweep's file holds, and its experiment."""
    size = size_text(os.path.getsize(found.path))
    state = "finished" if found.finished else f"{int(found.done.sum())} of {found.done.size} done"
    text, _ = to_text(found.experiment)
    return f"{found.path}: {size}, {state}\n\n{found.table()}\n\n{text.rstrip()}"
