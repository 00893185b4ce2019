"""What the members of a tile begin with; what many of them have is made once."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..._errors import FlownetError
from ...geometry.metric import LayerMetric, LayerMetrics
from ...motion.mechanics._start import initial_velocity
from ...motion.members import Shared
from .._axes import set_at

#: what one member begins with
Start = namedtuple("Start", "mechanics metric W V seed")


class Starts(Sequence[Start]):
    """What members begin with.

    Attributes
    ----------
    mechanics, metrics, seeds : Shared
    W : ndarray (n, D)
    V : ndarray (D,) or None
        The velocity of all of them.
    """

    def __init__(self, mechanics: Shared, metrics: Shared, W: Any, V: Any, seeds: Shared) -> None:
        self.mechanics, self.metrics, self.seeds = mechanics, metrics, seeds
        self.W, self.V = W, V

    def __len__(self) -> int:
        return len(self.W)

    def __getitem__(self, r: Any) -> Any:
        """`Start` of a member; `Starts` of some, where an array says which."""
        make = Start if isinstance(r, (int, np.integer)) else Starts
        return make(self.mechanics[r], self.metrics[r], self.W[r], self.V, self.seeds[r])


def starts_of(plan: Any, members: Any) -> Starts:
    """`Starts` of some members of one family."""
    family, of = plan.family_of(members[0]), _Members(plan, members)
    mechanics = of.shared("mechanics", family.mechanics)
    seeds = of.shared("run", lambda tables: tables["run"].get("seed", 0))
    if "metric" in plan.tables or of.along("metric"):
        metrics = of.layer_metrics(family) or of.shared("metric", family.metric)
    else:
        made = [family.own_metric(one) for one in mechanics.values]
        metrics = Shared(made, mechanics.which)
    W = _parameters(plan, family, of, seeds)
    V, V0 = None, plan.tables["run"].get("V0")
    for one in mechanics.values:  # each of which has to have a velocity, where one is given
        V = initial_velocity(one, V0, W[0])
    return Starts(mechanics, metrics, W, V, seeds)


class _Members:
    """Some members of a plan, and what its axes say of them."""

    def __init__(self, plan, members):
        self.plan, self.members = plan, np.asarray(members)
        self.places = np.unravel_index(self.members, plan.shape)

    def along(self, table):
        """Axes that change a table."""
        return [i for i, of in enumerate(self.plan.paths) if any(p[0] == table for p, _ in of)]

    def keys(self, table):
        """What axes change of a table: the words of each key, and the key."""
        return [(path, key) for of in self.plan.paths for path, key in of if path[0] == table]

    def alike(self, along):
        """Members with the same values along some axes: the first of each kind, whose kind (n,)."""
        if not along:
            return np.zeros(1, np.intp), np.zeros(len(self.members), np.intp)
        number = np.ravel_multi_index(
            [self.places[i] for i in along], [self.plan.shape[i] for i in along]
        )
        _, first, which = np.unique(number, return_index=True, return_inverse=True)
        return first, which

    def shared(self, table: str, make: Callable[[Any], Any]) -> Shared:
        """What `make` gives of the experiments of members, which differ in a table alone."""
        first, which = self.alike(self.along(table))
        return Shared([make(self._tables(self.members[i], table)) for i in first], which)

    def values(self, key):
        """What an axis says of a key, of each member (n,); None where there is none."""
        for axis, place in zip(self.plan.axes, self.places):
            if key in axis.keys:
                of = axis.keys.index(key)
                return np.array([value[of] for value in axis.values])[place]
        return None

    def _tables(self, member, table):
        """The experiment with what a member's settings say of one table."""
        tables, settings = self.plan.tables, self.plan.settings(member)
        for path, key in self.keys(table):
            tables = set_at(tables, path, settings[key], key)
        return tables

    def layer_metrics(self, family):
        """Layer metrics where axes set numbers of their stiffness alone, none of them wrong."""
        paths = self.keys("metric")
        if not paths or not all(path[1:-1] == ("stiffness",) for path, _ in paths):
            return None
        metric = family.metric(self._tables(self.members[0], "metric"))
        if type(metric) is not LayerMetric:
            return None
        first, which = self.alike(self.along("metric"))
        stiffness = np.tile(metric.stiffness, (len(first), 1))
        for (*_, layer), key in paths:
            numbers = self.values(key)
            if numbers.dtype.kind not in "if":
                return None
            stiffness[:, layer] = numbers[first]
        if not (stiffness > 0).all():
            return None
        return Shared(LayerMetrics(family.potential.network, stiffness), which)


def _parameters(plan, family, of, seeds):
    """W (n, D) of members."""
    if plan.W0 is not None and plan.W0.ndim > 1:
        W = np.array([family.given(plan.W0[plan.indices(member)]) for member in of.members])
    elif plan.W0 is not None:
        W = np.tile(family.given(plan.W0), (len(of.members), 1))
    elif any("W0" in axis.keys for axis in plan.axes):
        first, which = of.alike([i for i, axis in enumerate(plan.axes) if "W0" in axis.keys])
        given = [plan.settings(of.members[i])["W0"] for i in first]
        W = np.array([family.given(np.atleast_1d(value)) for value in given])[which]
    else:
        W = np.array([family.begun(seed) for seed in seeds.values])[seeds.which]
    scale = of.values("W0.scale")
    if scale is not None:
        W *= scale.astype(W.dtype)[:, None]
    for (_, *place), key in of.keys("W0"):
        if place and place != ["scale"]:
            if place[0] >= W.shape[1]:
                raise FlownetError(f"the axis {key!r}: W has {W.shape[1]} parameters.")
            W[:, place[0]] = of.values(key)
    return W
