"""What a sweep is to do: the experiment, its axes, what is kept, and when a member leaves."""

from __future__ import annotations

from functools import cached_property, lru_cache
from math import prod
from typing import Any

import numpy as np

from ..._errors import FlownetError, shown
from ...data._load import from_table
from ...motion.mechanics._start import initial_parameters
from ...motion.members import SinglesLoop
from .._axes import Axis, check_word, path_of, set_at
from .._verdict import Bounds
from ..keep import ALWAYS, Column, kept_of
from ._course import Course
from ._family import KERNELS, Family
from ._starts import Start, Starts, starts_of

#: tables that make a potential, and words of a run that change its loops
_OF_POTENTIAL = ("data", "network", "system", "equilibrium", "loss", "add", "chart")
_OF_LOOP = ("steps", "epochs", "batch_size")


class Plan:
    """A sweep before it is run; it travels to other processes as it is.

    Members are counted in the order of the axes, the last one fastest.

    Attributes
    ----------
    tables : dict
        The experiment, words that no axis sets.
    axes : list of Axis
    keep : list
        What is kept of each member beside its end.
    bounds : Bounds
    W0 : array or None
        (D,), or of shape `shape` + (D,).
    paths : list
        Of each axis its keys, and before each the words of it.
    """

    def __init__(
        self,
        tables: dict[str, Any],
        axes: list[Axis],
        keep: list[Any],
        bounds: Bounds,
        W0: Any = None,
        kernel: str | None = None,
        device: str = "cpu",
        sha256: str | None = None,
    ) -> None:
        self.sha256 = sha256  # of the first member's data, of a sweep that goes on
        self.tables, self.axes, self.keep, self.bounds = tables, axes, keep, bounds
        self.W0 = None if W0 is None else np.asarray(W0)
        self.kernel, self.device = kernel, device
        if kernel is not None and kernel not in KERNELS:
            raise FlownetError(f"kernel is {shown(kernel)}; it has to be 'lanes' or 'threads'.")
        if "keep" in tables:
            raise FlownetError("[keep] of the best state is of one run; a sweep keeps none.")
        keys = {key for axis in axes for key in axis.keys}
        if any(key.startswith("metric.stiffness.") for key in keys):
            self.tables = _with_stiffness(tables)
        if "network.sizes" in keys and "network.activation" not in keys:
            self.tables = _of_any_depth(self.tables)
        self.shape = tuple(map(len, axes))
        self.size = prod(self.shape)
        self.paths = [[(path_of(key), key) for key in axis.keys] for axis in axes]
        if self.W0 is not None and "W0" in keys:
            raise FlownetError(
                "W0= is given, and an axis sets W0 too; one of them says what it is."
            )
        if self.W0 is not None and self.W0.ndim not in (1, 1 + len(self.shape)):
            raise FlownetError(
                f"W0 has shape {self.W0.shape}; (D,) for all members, or the sweep's {self.shape} "
                "+ (D,), is wanted."
            )
        self._heavy = [i for i, paths in enumerate(self.paths) if any(map(_is_heavy, paths))]
        self._of_data = [
            i for i, paths in enumerate(self.paths) if any(path[0] == "data" for path, _ in paths)
        ]
        self._make_local()

    def _make_local(self):
        """What each process makes for itself."""
        self._family = lru_cache(maxsize=8)(self._make_family)
        self._data = lru_cache(maxsize=4)(self._load)

    def __getstate__(self):
        return {k: v for k, v in vars(self).items() if k not in ("_family", "_data", "_shapes")}

    def __setstate__(self, state):
        vars(self).update(state)
        self._make_local()

    def table(self) -> dict[str, Any]:
        """What makes this plan again; functions of a user's are programs."""
        data = self.family_of(0).potential.data
        return {
            "sha256": None if data is None else data.sha256,
            "experiment": self.tables,
            "axes": [axis.table() for axis in self.axes],
            "keep": {kept.name: kept.table() for kept in self.keep},
            "bounds": self.bounds._asdict(),
            "kernel": self.kernel,
            "device": self.device,
            "W0": self.W0,
        }

    @classmethod
    def from_table(cls, table: dict[str, Any], functions: Any = None) -> Plan:
        """The plan of a table; `functions` are those of a user's, by name."""
        return cls(
            table["experiment"],
            [Axis.from_table(axis) for axis in table["axes"]],
            kept_of(table.get("keep", {}), functions),
            Bounds(**table["bounds"]),
            table.get("W0"),
            table.get("kernel"),
            table["device"],
            table.get("sha256"),
        )

    def indices(self, member: int) -> tuple[int, ...]:
        """Place of a member along each axis."""
        return tuple(map(int, np.unravel_index(int(member), self.shape)))

    def settings(self, member: int) -> dict[str, Any]:
        """The value of each key of a member."""
        places = self.indices(member)
        return {
            key: value
            for axis, place in zip(self.axes, places)
            for key, value in zip(axis.keys, axis.values[place])
        }

    def tables_of(self, member: int) -> dict[str, Any]:
        """The experiment of a member, without its W0."""
        tables = self.tables
        for key, value in self.settings(member).items():
            path = path_of(key)
            if path[0] != "W0":
                tables = set_at(tables, path, value, key)
        return tables

    def families(self) -> list[np.ndarray]:
        """Members of each family, (n,) each, in the order of their first ones."""
        places = np.unravel_index(np.arange(self.size), self.shape)
        if not self._heavy:
            return [np.arange(self.size)]
        along = tuple(self.shape[i] for i in self._heavy)
        number = np.ravel_multi_index([places[i] for i in self._heavy], along)
        order = np.argsort(number, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(number[order])) + 1)

    def family_of(self, member: int) -> Family:
        """The family of a member."""
        places = self.indices(member)
        return self._family(tuple(places[i] for i in self._heavy))

    def _make_family(self, places):
        index = [0] * len(self.shape)
        for i, place in zip(self._heavy, places):
            index[i] = place
        tables = self.tables_of(self._first(index))
        data = None
        if "data" in tables:
            data = self._data(tuple(index[i] for i in self._of_data))
        return Family(tables, data, self.device)

    def _load(self, places):
        """Data of the members at some places along the axes that change them."""
        index = [0] * len(self.shape)
        for i, place in zip(self._of_data, places):
            index[i] = place
        data = from_table(self.tables_of(self._first(index))["data"])
        if self.sha256 not in (None, data.sha256) and not any(places):
            raise FlownetError(
                f"the data {data.name!r} are not those of the sweep: sha256 {data.sha256[:12]}… "
                f"instead of {self.sha256[:12]}…."
            )
        return data

    def _first(self, index):
        return int(np.ravel_multi_index(index, self.shape))

    def starts(self, members: Any) -> Starts:
        """What some members of one family begin with."""
        return starts_of(self, members)

    def start(self, member: int) -> Start:
        """What a member begins with."""
        return self.starts([member])[0]

    @cached_property
    def longest(self) -> int:
        """Steps of the members that take most."""
        changes = any(path[0] != "loss" for i in self._heavy for path, _ in self.paths[i])
        families = self.families() if changes else self.families()[:1]
        return max(self.family_of(members[0]).steps for members in families)

    @cached_property
    def _shapes(self):
        found: dict[int, Any] = {}
        for members in self.families():
            W = self.start(members[0]).W
            dtype, before = found.get(len(W), (W.dtype, []))
            found[len(W)] = np.result_type(dtype, W.dtype), [*before, members]
        return [(D, dtype, np.sort(np.concatenate(of))) for D, (dtype, of) in found.items()]

    def shapes(self) -> list[tuple[int, Any, np.ndarray]]:
        """Numbers of parameters D that there are, each with its precision and its members."""
        return self._shapes

    def first_course(self) -> Any:
        """The course of the first member alone, at its start."""
        family, of = self.family_of(0), self.starts([0])
        words = of.mechanics, of.metrics, of.W, family.batch_size, of.seeds, of.V
        return Course(self, family, of, SinglesLoop(family.potential, *words))

    def check(self) -> None:
        """Refuse what cannot run before anything does: each value of each axis, once."""
        self._check_W0()
        for i, axis in enumerate(self.axes):
            members = np.arange(len(axis)) * prod(self.shape[i + 1 :])
            if i not in self._heavy and self._fit(axis, members):
                continue
            for place, member in enumerate(members):
                try:
                    self._refuse(axis, [member])
                except FlownetError as error:
                    if str(error).startswith("the axis "):  # it says itself which is to blame
                        raise
                    values = ", ".join(map(shown, axis.values[place]))
                    raise FlownetError(f"the axis {axis.name!r} at {values}: {error}") from None

    def _fit(self, axis, members):
        """Whether members of one family can run, all looked at together."""
        try:
            self._refuse(axis, members)
        except FlownetError:
            return False
        return True

    def _refuse(self, axis, members):
        """Refuse members of one family that cannot run, and keys of an axis that are not known."""
        for member in members:
            tables = self.tables_of(member)
            for key in axis.keys:
                check_word(key, tables)
        family = self.family_of(members[0])
        for start in self.starts(members):
            family.refuse(start)

    def _check_W0(self):
        """Refuse a W0 that is not the first member's, in words that are not about an axis."""
        if self.W0 is not None:
            try:
                family = self.family_of(0)
            except FlownetError:  # an axis is to blame, and is told
                return
            first = self.W0 if self.W0.ndim == 1 else self.W0[(0,) * len(self.shape)]
            initial_parameters(family.potential, first, 0)

    def columns(self) -> list[Column]:
        """What is kept of each member."""
        return [*ALWAYS, *(column for kept in self.keep for column in kept.columns(self))]


def _with_stiffness(tables):
    """Tables with a stiffness for each layer: 1, where the experiment has no metric."""
    if "metric" in tables or "network" not in tables:
        return tables
    return {**tables, "metric": {"stiffness": [1.0] * (len(tables["network"]["sizes"]) - 1)}}


def _of_any_depth(tables):
    """Tables with one activation for all hidden layers, where they have the same."""
    if "network" not in tables:
        return tables
    network = dict(tables["network"])
    activation = network.get("activation")
    if isinstance(activation, (list, tuple)) and len(set(activation)) <= 1:
        network.pop("activation")
        if activation:
            network["activation"] = activation[0]
    return {**tables, "network": network}


def _is_heavy(path):
    """Whether an axis's word makes another potential, or other loops."""
    (table, *rest), _ = path
    return table in _OF_POTENTIAL or (table == "run" and rest[0] in _OF_LOOP)
