"""The parts of a run that went on with other mechanics, in another metric or on other data."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError
from ..._registry import PROGRAM, build
from ...model.potential import Batches
from ...model.tables import metric_from, potential_from

if TYPE_CHECKING:
    from ...geometry.metric import Metric
    from ...model.potential import AnyPotential
    from ...motion.mechanics import Mechanics

#: tables that say what a run's potential is, and those that a part may change
OF_POTENTIAL = (
    "data", "network", "system", "equilibrium", "loss", "chart", "add", "potential",
)  # fmt: skip
OF_PART = (*OF_POTENTIAL, "mechanics", "metric")
BEFORE, PART = "before", "part"


class Part:
    """A part of a run: from its first iteration on one potential, one metric, one mechanics.

    Attributes
    ----------
    first : int
        Its first iteration.
    born : int
        Iteration at which what its mechanics remember began.
    batch_size : int or None
        Of its mini-batches, None for full batches.
    sha256 : str or None
        Of its data.
    experiment : dict
        Tables of the experiment, as if all of the run had been so.
    potential, mechanics, metric
        Of the part; a metric of None is the plain one.
    """

    def __init__(
        self, tables: dict[str, Any], run: Any = None, shares: bool = False, **made: Any
    ) -> None:
        self.experiment = tables
        self._run = run  # whose potential it has; all of the run's, unless that is all it `shares`
        self._last = None if shares else run
        part = tables.get(PART, {})
        self.first, self.born = part.get("first", 0), part.get("born", 0)
        self.batch_size = part.get("batch_size", tables.get("run", {}).get("batch_size")) or None
        self.sha256 = part.get("sha256")
        vars(self).update(made)

    @cached_property
    def potential(self) -> AnyPotential:
        """Its potential, made of its tables."""
        if self._run is not None:
            return self._run.potential
        return rebuilt(self.experiment, self.sha256)

    @cached_property
    def mechanics(self) -> Mechanics:
        """Its mechanics."""
        if self._last is not None:
            return self._last.mechanics
        return build("mechanics", self.experiment["mechanics"])

    @cached_property
    def metric(self) -> Metric | None:
        """Its metric, or None for the plain one."""
        if self._last is not None:
            return self._last.metric
        table = self.experiment.get("metric")
        return None if table is None else metric_from(table, self.potential)

    @cached_property
    def batches(self) -> Batches | None:
        """Its mini-batches, or None for full batches."""
        size = self.batch_size
        return size and Batches(self.potential.data.m, size, self.experiment["run"]["seed"])

    def __repr__(self):
        return f"from iteration {self.first} on {self.mechanics!r}"


def rebuilt(tables: dict[str, Any], sha256: str | None) -> AnyPotential:
    """The potential that tables say; its data must be those of a checksum."""
    potential = potential_from(tables)
    if sha256 is not None and potential.data and sha256 != potential.data.sha256:
        raise FlownetError(
            f"the data {potential.data.name!r} are not those of the run: "
            f"sha256 {potential.data.sha256[:12]}… instead of {sha256[:12]}…."
        )
    return potential


def parts_of(tables: dict[str, Any], run: Any) -> list[Part]:
    """Parts of a run whose experiment is `tables`; the last one has its own things."""
    last = {name: table for name, table in tables.items() if name != BEFORE}
    found = []
    for kept in tables.get(BEFORE, []):
        own = {n: t for n, t in last.items() if n not in (*kept.get("without", ()), PART)}
        own |= {name: table for name, table in kept.items() if name != "without"}
        same = all(name not in {*kept, *kept.get("without", ())} for name in OF_POTENTIAL)
        found.append(Part(own, run if same else None, shares=True))
    return [*found, Part(last, run)]


def parts_before(parts: list[Part], tables: dict[str, Any]) -> list[dict[str, Any]]:
    """What the experiment `tables` of a last part says of those before: where they differ."""
    told = []
    for part in parts:
        before = part.experiment
        kept = {
            name: before[name]
            for name in OF_PART
            if name in before and not (name in tables and alike(before[name], tables[name]))
        }
        without = [name for name in OF_PART if name in tables and name not in before]
        own = {"first": part.first, "born": part.born, "batch_size": part.batch_size or 0}
        own |= {} if part.sha256 is None else {"sha256": part.sha256}
        told.append({**kept, PART: own, "without": without})
    return told


def without_programs(table: Any) -> Any:
    """A table without what is a program in it; None if it is one itself."""
    if isinstance(table, list):
        return [without_programs(part) for part in table]
    if not isinstance(table, dict):
        return table
    if table.get("kind") == PROGRAM:
        return None
    return {name: without_programs(part) for name, part in table.items()}


def has_program(table: Any) -> bool:
    """Whether a table is a program, or has one in it."""
    if isinstance(table, list):
        return any(map(has_program, table))
    return isinstance(table, dict) and (
        table.get("kind") == PROGRAM or any(map(has_program, table.values()))
    )


def alike(one: Any, other: Any) -> bool:
    """Whether two tables say the same."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return bool(one == other)
