"""The members of a sweep that share a potential, a number of steps and a batch size."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from ..._errors import FlownetError
from ..._registry import build
from ...geometry.metric import LayerMetrics, metric_of
from ...model.tables import metric_from, potential_from
from ...motion.mechanics._start import initial_parameters, start, steps_of
from ...motion.members import MembersLoop, SinglesLoop, has_lanes, metric_form, moving_form
from ...motion.observe import observe_from, on_data
from ...motion.stop import looked_at, stop_from, watches
from ._starts import Start, Starts

LANES, THREADS = "lanes", "threads"
KERNELS = (LANES, THREADS)


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
        self.begun = lru_cache(maxsize=64)(self._begun)
        self._last: tuple[Any, Any] | None = None  # a W0 that was given, and its parameters

    def mechanics(self, tables: dict[str, Any]) -> Any:
        """The mechanics of an experiment, refused where they do not fit."""
        mechanics = build("mechanics", tables["mechanics"])
        mechanics.check(self.potential, self.steps)
        return mechanics

    def metric(self, tables: dict[str, Any]) -> Any:
        """The metric of an experiment that names one."""
        return metric_of(metric_from(tables["metric"], self.potential), self.potential)

    def own_metric(self, mechanics: Any) -> Any:
        """The metric of members whose experiment names none."""
        return metric_of(mechanics.own_metric(self.potential), self.potential)

    def given(self, W0: Any) -> Any:
        """Parameters of a W0; where members share theirs it is looked at once."""
        if self._last is None or self._last[0] is not W0:
            self._last = W0, initial_parameters(self.potential, W0, 0)
        return self._last[1]

    def _begun(self, seed):
        """Parameters that the potential begins with."""
        return initial_parameters(self.potential, None, seed)

    def refuse(self, of: Start) -> None:
        """Refuse what cannot run, as `train` does."""
        start(
            self.potential, of.mechanics, of.metric, self.batch_size, self.steps, of.seed,
            self._device,
        )  # fmt: skip

    def lanes(self, starts: Starts, named: str | None) -> np.ndarray:
        """Form (n,) of members in lanes, where that kernel knows them and they stay cached; or −1.

        Those of one form may stand side by side.
        """
        dtype, forms = self.potential.dtype, np.full(len(starts), -1)
        if named != THREADS and self._has_lanes and starts.V is None:
            moving = _forms(starts.mechanics, moving_form)
            measured = _forms(starts.metrics, lambda metric: metric_form(metric, dtype))
            both = moving * (1 + measured.max()) + measured
            forms = np.where((moving < 0) | (measured < 0), -1, both)
        if named == LANES and (forms < 0).any():
            first = starts.mechanics[int(np.argmin(forms))]
            raise FlownetError(
                f"kernel='lanes' does not know {first!r} in this metric on this potential: "
                "leave it out, or say kernel='threads'."
            )
        if named is None and (forms >= 0).any():
            large = self.potential.size > self.potential.kernels.largest_member(dtype)
            forms[:] = -1 if large else forms
        return forms

    def loops(self, starts: Starts, named: str | None) -> list[tuple[Any, Any]]:
        """Loops of members, and which of them each has: those alike side by side in lanes."""
        forms, made = self.lanes(starts, named), []
        for form in np.unique(forms):
            members = np.flatnonzero(forms == form)
            of = starts[members]
            words = self.potential, of.mechanics, of.metrics, of.W, self.batch_size, of.seeds
            loop = SinglesLoop(*words, of.V) if form < 0 else MembersLoop(*words)
            made.append((loop, members))
        return made

    @cached_property
    def _has_lanes(self):
        return has_lanes(self.potential)

    def observed(self, table: dict[str, Any], name: str, metric: Any) -> Any:
        """Observable of a table, as of an experiment's `[observe]`."""
        whole = on_data({"every": 1, **table}, self.tables.get("data"))
        return observe_from({name: whole}, self.potential, metric)[name][1]

    def stops(self, metric: Any) -> list[Any]:
        """What watches for the experiment's stop conditions, of one member."""
        tables = self.tables.get("stop", [])
        tables = [looked_at(table, self.tables.get("data")) for table in tables]
        return watches(stop_from(tables, self.potential, metric) or None)


def _forms(shared, form):
    """A number of the form of what each member has (n,), the same of those alike; −1 of none."""
    values = shared.values
    alike = isinstance(values, LayerMetrics)
    found = [form(one) for one in (values[:1] if alike else values)]
    known: dict[Any, int] = {None: -1}
    for one in found:
        known.setdefault(one, len(known) - 1)
    numbers = np.array([known[one] for one in found])
    return numbers[shared.which * (not alike)]
