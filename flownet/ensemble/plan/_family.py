"""The members of a sweep that share a potential, a number of steps and a batch size."""

from __future__ import annotations

from collections import namedtuple
from functools import cached_property
from typing import Any

import numpy as np

from ..._errors import FlownetError
from ..._registry import build
from ...geometry.metric import metric_of
from ...model.tables import metric_from, potential_from
from ...motion._problem import CompiledSum
from ...motion.mechanics._start import initial_parameters, initial_velocity, start, steps_of
from ...motion.members import MembersLoop, SinglesLoop, fit_lanes, has_lanes, rule_of, structure
from ...motion.observe import observe_from, on_data
from ...motion.stop import looked_at, stop_from, watches
from .._axes import frozen

LANES, THREADS = "lanes", "threads"
KERNELS = (LANES, THREADS)

#: what one member begins with
Start = namedtuple("Start", "mechanics metric W V seed")


class Family:
    """Members with one potential, each with its own mechanics, metric, start and seed.

    Attributes
    ----------
    tables : dict
        The experiment of its first member.
    potential
    steps, batch_size : int
    """

    def __init__(self, tables: dict[str, Any], data: Any, device: str) -> None:
        self.tables, self._device = tables, device
        made = tables if data is None else {**tables, "data": data}
        self.potential = potential_from(made).on_device(device)
        run = tables["run"]
        self.batch_size = run.get("batch_size")
        self.steps = steps_of(run.get("steps"), run.get("epochs"), self.potential, self.batch_size)
        self.stopping = bool(tables.get("stop"))
        self._made: dict[Any, Any] = {}
        self._before: dict[str, tuple[Any, Any]] = {}  # a table, and what was made of it
        self._last: tuple[Any, Any] | None = None  # a W0 that was given, and its parameters

    def begin(self, tables: dict[str, Any], W0: Any, scale: float, parts: Any) -> Start:
        """`Start` of a member; what others made before of the same tables is not made again."""
        seed = tables["run"].get("seed", 0)
        mechanics = self._once("mechanics", tables["mechanics"], lambda: self._mechanics(tables))
        which = tables.get("metric"), tables["mechanics"].get("kind")
        metric = self._once("metric", which, lambda: self._metric(tables, mechanics))
        if W0 is None:
            W = self._once("W0", seed, lambda: initial_parameters(self.potential, None, seed))
        else:
            W = self._given(W0, seed)
        if scale != 1.0 or parts:
            W = W * W.dtype.type(scale)
            for place, value in parts:
                if place >= len(W):
                    raise FlownetError(f"the axis 'W0.{place}': W has {len(W)} parameters.")
                W[place] = value
        V = initial_velocity(mechanics, tables["run"].get("V0"), W)
        return Start(mechanics, metric, W, V, seed)

    def _given(self, W0, seed):
        """Parameters of a W0; where members share theirs it is looked at once."""
        if self._last is None or self._last[0] is not W0:
            self._last = W0, initial_parameters(self.potential, W0, seed)
        return self._last[1]

    def refuse(self, of: Start) -> None:
        """Refuse what cannot run, as `train` does."""
        start(
            self.potential, of.mechanics, of.metric, self.batch_size, self.steps, of.seed,
            self._device,
        )  # fmt: skip

    def _mechanics(self, tables):
        mechanics = build("mechanics", tables["mechanics"])
        mechanics.check(self.potential, self.steps)
        return mechanics

    def _metric(self, tables, mechanics):
        table = tables.get("metric")
        if table is None:
            made = mechanics.own_metric(self.potential)
        else:
            made = metric_from(table, self.potential)
        return metric_of(made, self.potential)

    def _once(self, what, table, make):
        """What is made of a table, once; the same object as of the member before is not frozen."""
        before, made = self._before.get(what, (None, None))
        if table is not before or table is None:
            made = self._of_table(what, table, make)
            self._before[what] = table, made
        return made

    def _of_table(self, what, table, make):
        key = what, frozen(table)
        if key not in self._made:
            if len(self._made) > 10_000:
                self._made.clear()
            self._made[key] = make()
        return self._made[key]

    def kernel_for(self, of: Start, named: str | None) -> str:
        """Whether members stand in lanes: where that kernel knows them, and they stay cached."""
        able = of.V is None and self._has_lanes and fit_lanes(of.mechanics, of.metric)
        if named == LANES and not able:
            raise FlownetError(
                f"kernel='lanes' does not know {of.mechanics!r} in this metric on this potential: "
                "leave it out, or say kernel='threads'."
            )
        if named is not None:
            return named
        most = self.potential.kernels.largest_member(self.potential.dtype) if able else 0
        return LANES if self.potential.size <= most else THREADS

    def loops(self, starts: list[Start], named: str | None) -> list[tuple[Any, Any]]:
        """Loops of members, and which of them each has: those alike side by side in lanes."""
        alike: dict[Any, list[int]] = {}
        rules: dict[int, Any] = {}
        for i, of in enumerate(starts):
            kernel, form = self.kernel_for(of, named), None
            if kernel == LANES:
                rules[i] = rule_of(self._sum, of.mechanics, of.metric, of.seed)
                form = of.mechanics.memories, structure(rules[i])
            alike.setdefault((kernel, form), []).append(i)
        made = []
        for (kernel, _), members in alike.items():
            mechanics, metrics, W, V, seeds = zip(*(starts[i] for i in members))
            words = self.potential, mechanics, metrics, np.array(W), self.batch_size, seeds
            if kernel == LANES:
                loop: Any = MembersLoop(*words, rules=[rules[i] for i in members])
            else:
                loop = SinglesLoop(*words, V)
            made.append((loop, np.array(members)))
        return made

    @cached_property
    def _has_lanes(self):
        return has_lanes(self.potential)

    @cached_property
    def _sum(self):
        return CompiledSum(self.potential, self.potential.dtype)

    def observed(self, table: dict[str, Any], name: str, metric: Any) -> Any:
        """Observable of a table, as of an experiment's `[observe]`."""
        whole = on_data({"every": 1, **table}, self.tables.get("data"))
        return observe_from({name: whole}, self.potential, metric)[name][1]

    def stops(self, metric: Any) -> list[Any]:
        """What watches for the experiment's stop conditions, of one member."""
        tables = self.tables.get("stop", [])
        tables = [looked_at(table, self.tables.get("data")) for table in tables]
        return watches(stop_from(tables, self.potential, metric) or None)
