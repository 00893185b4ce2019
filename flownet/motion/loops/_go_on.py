"""Going on with a run in another way: other mechanics, another metric, other data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ..._errors import FlownetError
from ..._registry import describe
from ...geometry.metric import metric_of
from ...model.potential import as_potential
from ...model.tables import metric_table, tables_or_program
from ...store.trajectory import (
    BEFORE,
    OF_PART,
    OF_POTENTIAL,
    PART,
    Part,
    Trajectory,
    alike,
    has_program,
    own_potential,
    parts_before,
)
from .. import _check
from .._storage import checkpoint_of, until_it_stays
from ..mechanics import Mechanics
from ..mechanics._start import start
from ..observe import observe_from, observe_tables, observers
from ..stop import keep_from, keep_table, keeper, stop_tables, watches
from ._continue import Manner, carry_on, copied, not_less, remembers_on, taken_up, to_device
from ._interrupt import on_interrupt_of

if TYPE_CHECKING:
    from ..._types import Count, Keep, MetricLike, Observed, PathLike, Stops, Whole
    from ...model.potential import AnyPotential


def go_on(
    run: Trajectory | PathLike,
    *,
    steps: Whole | None = None,
    more: Count | None = None,
    mechanics: Mechanics | None = None,
    metric: MetricLike | None = None,
    potential: AnyPotential | None = None,
    batch_size: Count | None = None,
    observe: Observed | None = None,
    stop: Stops | None = None,
    keep: Keep | None = None,
    threads: int | None = None,
    progress: bool = True,
    on_interrupt: Literal["raise", "return"] | None = None,
) -> Trajectory:
    """Go on with a run in another way: one run in one file, with what changed and where.

    What is not given stays as it was. Where nothing changes the run goes on bit for bit as if it
    had never stopped. Mechanics of the same kind go on remembering what they remember (Adam with
    another step, say); others begin anew, with the velocity of those before if both have one. A
    schedule counts from here.

    Parameters
    ----------
    run : Trajectory or path
        A run in memory goes on there, one with a file in its file.
    steps : int, optional
        N, the number of steps in all.
    more : int, optional
        In place of `steps`: so many more.
    mechanics, metric, potential, batch_size : optional
        What changes; `potential` on other data, say, of as many parameters. The plain metric is
        `Euclidean(size)`.
    observe : dict, optional
        Functions among the run's observables, by name, again; and new observables, `{name: (every,
        function or potential)}` as in `train`, recorded from here on at multiples of `every`.
    stop : optional
        What may end it now; nothing by default.
    keep : optional
        What the best state is known by; by default as it was, and with the best one so far.
    threads, progress, on_interrupt
        As in `train`.

    Returns
    -------
    Trajectory
        With `.parts`; what is computed along it takes each step in the part that it is in.

    Raises
    ------
    FlownetError
        For a flow, a run that diverged, fewer steps than it has, and a potential of another size.

    Examples
    --------
    >>> import flownet as fn
    >>> run = fn.train(fn.Parabola(1), fn.Aristotle(0.5), W0=[8.0], steps=2)
    >>> run = fn.go_on(run, more=2, mechanics=fn.Aristotle(0.25))
    >>> print(run.parameters[:, 0])
    [8.    4.    2.    1.5   1.125]
    """
    _check.threads(threads, progress)
    manner = Manner(threads, progress, on_interrupt_of(on_interrupt))
    changes, given = (mechanics, metric, potential, batch_size), (observe, stop, keep)
    return until_it_stays(lambda: _changed(run, steps, more, changes, given, manner))


def _changed(run, steps, more, changes, given, manner):
    """The run, gone on with in another way from where it is now."""
    (mechanics, metric, potential, batch_size), (observe, stop, keep) = changes, given
    run = taken_up(run)
    tables = copied(run.experiment)
    if "flow" in tables or "run" not in tables:
        raise FlownetError("a flow goes on by itself, flownet.resume: it has no steps to change.")
    own_potential(run)
    to_device(run, tables)
    if run.diverged_at is not None:
        raise FlownetError(f"the run diverged at iteration {run.diverged_at}: nothing goes on.")
    kept = checkpoint_of(run)
    wanted = _wanted(kept, steps, more)
    not_less(run, kept, wanted)
    potential = None if potential is None else as_potential(potential)
    metric = None if metric is None else metric_of(metric, potential or run.potential)
    if isinstance(mechanics, Mechanics) and metric is None and run.metric is None:
        metric = mechanics.own_metric(potential or run.potential)
    if keep is None:
        keep = keep_from(tables.get("keep"), run.potential, run.metric)
    observed = _observed(run, tables, potential, metric, {} if observe is None else observe)
    for name in ("stop", "keep"):
        tables.pop(name, None)
    changes = {"mechanics": mechanics, "metric": metric, "potential": potential}
    changes = {name: part for name, part in changes.items() if part is not None}
    given = observed, stop, keep
    return gone_on(run, kept, tables, wanted, given, manner, changes, batch_size)


def _observed(run, tables, potential, metric, given):
    """What the run goes on to observe; its tables say it too."""
    potential, metric = potential or run.potential, metric or run.metric
    before = tables.get("observe", {})
    programs = {name for name, table in before.items() if table["kind"] == "function"}
    new = {n: given[n] for n in given if n not in programs} if isinstance(given, dict) else given
    made = observers(new)
    if again := [name for name in new if name in run.observables]:
        raise FlownetError(
            f"the run records {again[0]!r} already, and goes on to: another observable wants "
            "another name."
        )
    if made:
        tables["observe"] = {**before, **observe_tables(made, potential, metric)}
    return {**observe_from(before, potential, metric, given), **new}


def _wanted(kept, steps, more):
    if (steps is None) == (more is None):
        raise FlownetError("how far does the run go on? steps=… in all, or more=… of them.")
    if more is not None:
        return kept.iteration + _check.whole("more", more, 1)
    return _check.whole("steps", steps, 0)


def gone_on(run, kept, tables, wanted, given, manner, changes=None, batch_size=None):
    """The run, gone on from a checkpoint with some changes and conditions of its own."""
    old, changes = run.parts[-1], changes or {}
    now = {"potential": run.potential, "mechanics": run.mechanics, "metric": run.metric}
    before = Part(old.experiment, **now, sha256=run.store.attrs("data").get("sha256"))
    parts, now = [*run.parts[:-1], before], now | changes
    batch_size = old.batch_size if batch_size is None else batch_size
    if changes or batch_size != old.batch_size:
        now["potential"] = _started(run, now, batch_size, wanted - kept.iteration)
    new = _tables_of_part(tables, now, changes)
    same = batch_size == old.batch_size and _says_the_same(run, tables, new, changes)
    tables["run"] |= {"steps": wanted}
    if not same:
        remembers = remembers_on(run.mechanics, now["mechanics"])
        place = {"first": kept.iteration, "born": old.born if remembers else kept.iteration}
        tables = _of_part(tables, new, place, batch_size, parts)
        parts = [*parts, Part(tables, **now)]
    for each in (now["mechanics"], metric_of(now["metric"], now["potential"])):
        each.check(now["potential"], wanted - parts[-1].first)
    stops = watches(given[1])
    if stops:
        tables["stop"] = stop_tables(stops, now["potential"], now["metric"])
    if (best := keeper(given[2], stops)) is not None:
        tables["keep"] = keep_table(best, now["potential"], now["metric"])
    return carry_on(run, kept, parts, tables, given, manner, before)


def _started(run, now, batch_size, left):
    """The potential to go on with; refused where it cannot go on so."""
    seed, device = run.experiment["run"]["seed"], run.potential.device
    _fits(run.potential, now["potential"])
    parts = (now["potential"], now["mechanics"], now["metric"])
    potential, _ = start(*parts, batch_size, left, seed, device)
    old, new = run.metric, now["metric"]
    if _counted(run.mechanics, old, potential) != _counted(now["mechanics"], new, potential):
        raise FlownetError(
            "a run of RungeKutta counts the gradients of each step, damped steps and those in a "
            "metric that the data set their products, and no other does: begin a new run, "
            "train(W0=run.parameters[-1])."
        )
    return potential


def _counted(mechanics, metric, potential):
    """What a run records of the work of each step."""
    return mechanics.counts, metric_of(metric, potential).certified


def _says_the_same(run, tables, new, changes):
    """Whether nothing changes but the words; of two programs nobody knows, unless they are one."""
    was = {"mechanics": run.mechanics, "metric": run.metric, "potential": run.potential}
    for name, part in changes.items():
        if part is not was[name] and has_program(new.get(name)):
            return False
    return all(
        name in tables and alike(new[name], tables[name]) if name in new else name not in tables
        for name in OF_PART
    )


def _of_part(tables, new, place, batch_size, parts):
    """The experiment of a run whose last part has new tables, with what was before."""
    words = {name: word for name, word in tables["run"].items() if name != "batch_size"}
    words |= {} if batch_size is None else {"batch_size": batch_size}
    stay = {n: t for n, t in tables.items() if n not in (*OF_PART, BEFORE, PART)}
    tables = {**stay, **new, "run": words, PART: place}
    return {**tables, BEFORE: parts_before(parts, tables)}


def _fits(old, new):
    """Refuse a potential of other parameters."""
    if (new.size, new.dtype) != (old.size, old.dtype):
        raise FlownetError(
            f"the potential has {new.size} parameters of {new.dtype}, and the run {old.size} of "
            f"{old.dtype}."
        )


def _tables_of_part(tables, now, changes) -> dict[str, Any]:
    """Tables of a part: those that stay, and those of what changes."""
    new = {name: tables[name] for name in OF_PART if name in tables}
    if "mechanics" in changes:
        new["mechanics"] = describe(now["mechanics"])
    if "metric" in changes:
        new["metric"] = metric_table(now["metric"])
    if "potential" in changes:
        new = {name: table for name, table in new.items() if name not in OF_POTENTIAL}
        new |= tables_or_program(now["potential"])
    return new
