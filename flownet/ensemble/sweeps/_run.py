"""`sweep`: one experiment over some axes, all of its runs at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from ..._errors import FlownetError, shown
from ...motion.loops import on_interrupt_of
from ...store.trajectory import BEFORE, Trajectory
from .._axes import axes_of, path_of
from .._verdict import Bounds
from ..keep import kept_of
from ..plan import Plan
from ..rows import FileRows, MemoryRows
from ._sweep import Sweep, go

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import Count, Device, PathLike


@runtime_checkable
class Spelled(Protocol):
    """An experiment that says its tables, with files meant from wherever one is."""

    def spelled(self) -> dict[str, Any]:
        """The tables."""


def sweep(
    experiment: Any,
    *,
    axes: Mapping[Any, Any],
    keep: Any = (),
    W0: ArrayLike | None = None,
    diverged: float = 1e6,
    converged: float = 1.0,
    tail: Count = 20,
    reached: float | None = None,
    store: PathLike | None = None,
    overwrite: bool = False,
    client: Any = None,
    kernel: Literal["lanes", "threads"] | None = None,
    device: Device | None = None,
    threads: int | None = None,
    progress: bool = True,
    on_interrupt: Literal["raise", "return"] | None = None,
) -> Sweep:
    """Run one experiment over some axes: ensembles, scans, maps of where training breaks.

    Members go side by side in the lanes of one kernel, or one a thread; each takes the steps of
    `train` with its settings, to the bit, whatever stands beside it. One that diverges leaves.

    Parameters
    ----------
    experiment : Experiment, Trajectory or dict
        `Experiment.load("digits.toml")`, `Experiment.of(potential, mechanics, steps=…)`, a run
        whose experiment is meant, or the tables of an experiment file.
    axes : dict
        {key: values}; keys are words of an experiment file: "mechanics.step", "run.seed",
        "metric.stiffness.0" (of the first layer), "network.sizes.1" (a width), "network.sizes" (a
        depth), "data.seed", …; "W0" is where members begin, "W0.3" one number of it, and "W0.scale"
        what it is multiplied with. Keys with commas between, or a tuple of them, change together:
        {"mechanics.step, mechanics.friction": [(0.1, 1.0), (0.2, 2.0)]}. Values are a list, or in
        words {"from": 1e-3, "to": 1, "count": 64, "spacing": "log"}. A `Box` as values stands for
        samples of a box, under any name.
    keep : list or dict
        What is kept of each member beside its last loss, its verdict, when it diverged, its number
        of steps, and what the experiment observes. Names, or {name: iterations}, an interval or a
        list: "curve" (losses),
        "trajectory" (parameters), "breakdown" (the terms of steps), "failure" (the term that first
        reaches the linear one), and, of the end, "parameters", "convergence" (the measure that
        colours maps of trainability) and "exit" (which minimum). Observables by name, as
        {"sharpness": [0, 100]}, by their table, as {"held out": {"kind": "accuracy", "split":
        "test", "at": 10}}, or functions of the state, as {"norm": (10, function)}.
    W0 : array (D,) or (…, D), optional
        Where all members begin, or each; `network.init(seed)` by default, or where the run began
        that is given, unless an axis sets seeds, networks or data.
    diverged, converged, tail, reached : float, float, int, float
        Verdicts, in units of a member's first loss: it has diverged, and leaves, where its loss
        exceeds `diverged` or is not finite; it has converged, and leaves, where its loss is at most
        `reached`, and at the end where the mean of its last `tail` losses is below `converged`;
        else it is bounded.
    store : path, optional
        HDF5 file to record in; memory by default.
    overwrite : bool
        Whether `store` may replace a sweep's file.
    client : distributed.Client, optional
        A Dask cluster whose workers run the members; this process alone writes.
    kernel : {"lanes", "threads"}, optional
        By default lanes where the kernel knows the members and a vector of them stays in the cache.
    device : str, optional
        Whose kernels do the work: "cpu", or "cuda", "cuda:1" and so on, a CUDA device, or
        "cuda+cublas", which multiplies by cuBLAS; by default those of the device
        that the experiment names.
    threads : int, optional
        Threads at most. The bits do not depend on it.
    progress : bool
        A progress bar after two seconds, where the output is a terminal.
    on_interrupt : {"raise", "return"}, optional
        What Ctrl-C does after the tile of members under way, as in `train`.

    Returns
    -------
    Sweep

    Raises
    ------
    FlownetError
        For an axis whose word does not exist or whose values do not fit, quantities that are not
        known, and a file that exists or cannot be written.

    Examples
    --------
    >>> import flownet as fn
    >>> p = fn.Potential(fn.Network([2, 4, 1]), fn.Quadratic(), fn.data.load("xor"))
    >>> experiment = fn.Experiment.of(p, fn.Aristotle(0.1), steps=50)
    >>> axes = {"mechanics.step": [0.1, 1.0, 100.0], "run.seed": range(4)}
    >>> found = fn.sweep(experiment, axes=axes, keep=["curve"])
    >>> found.verdict.shape, found["curve"].shape
    ((3, 4), (3, 4, 51))
    """
    tables, made = _tables(experiment), axes_of(axes)
    if device is None:
        device = tables["run"].get("device", "cpu")
    if W0 is None and isinstance(experiment, Trajectory) and not _begin_anew(made):
        W0 = experiment.parameters[0]
    bounds = Bounds(diverged, converged, tail, reached).checked()
    plan = Plan(tables, made, _all_kept(tables, keep), bounds, W0, kernel, device)
    on_interrupt = on_interrupt_of(on_interrupt)
    plan.check()
    rows = MemoryRows(plan) if store is None else FileRows.create(store, plan, overwrite)
    return go(rows, client, threads, progress, on_interrupt)


def _begin_anew(axes):
    """Whether an axis says where members begin, or of how many parameters they are."""
    paths = [path_of(key) for axis in axes for key in axis.keys]
    return any(path[0] in ("network", "data", "W0") or path == ("run", "seed") for path in paths)


def _all_kept(tables, keep):
    """What is kept, and what the experiment observes under other names."""
    kept = kept_of(keep)
    names = {one.name for one in kept}
    observed = {n: table for n, table in tables.get("observe", {}).items() if n not in names}
    return [*kept, *kept_of(observed)]


def _tables(experiment):
    """The tables of what a user hands in."""
    if isinstance(experiment, Spelled):
        tables = experiment.spelled()
    elif isinstance(experiment, Trajectory):
        tables = experiment.experiment
    elif isinstance(experiment, Mapping):
        tables = dict(experiment)
    else:
        raise FlownetError(
            f"the experiment is {shown(experiment)}; a flownet.Experiment, a run, or the tables of "
            "an experiment file are wanted."
        )
    if "flow" in tables or BEFORE in tables:
        raise FlownetError("a sweep is of runs of finite steps that go one way from their start.")
    tables = {name: table for name, table in tables.items() if name != "sweep"}
    for name in ("mechanics", "run"):
        if name not in tables:
            raise FlownetError(f"the experiment has no [{name}].")
    return tables
