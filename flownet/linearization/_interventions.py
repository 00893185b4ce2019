"""Interventions: the step without one of its parts, and what it delivers per promise left."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Intervention:
    """A step with something left out.

    Attributes
    ----------
    name : str
    linear, second, actual : float
        Terms of what is left.
    promise_left : float
        Share of the whole step's promise.
    delivery : float
        Delivered over promised of what is left: 1 along a straight slope, below 0 uphill.
    """

    name: str
    linear: float
    second: float
    actual: float
    promise_left: float
    delivery: float


class Interventions(list):
    """The whole step and what is left of it, a list of `Intervention`."""

    def __str__(self):
        from ._split_tables import interventions

        return interventions(self)

    def __getitem__(self, key):
        if isinstance(key, str):
            return next(row for row in self if row.name == key)
        return super().__getitem__(key)


def interventions(b, k=None):
    """`Interventions`: without the top mode, without the k largest parameters, layer by layer.

    k is by default a hundredth of the parameters that move, at least one.
    """
    place, x = b.place, b.place.x
    moved = np.count_nonzero(x)
    k = max(1, moved // 100) if k is None else k
    steps = {"the whole step": place.delta}
    modes = b.split("eigen")
    if len(modes.curvatures):
        u = modes.directions[modes.top]
        steps["without its top eigendirection"] = place.bending.displacement(x - (u @ x) * u)
    largest = np.argsort(-np.abs(x), kind="stable")[:k]
    rest = x.copy()
    rest[largest] = 0.0
    steps[f"without its {k} largest components"] = place.bending.displacement(rest)
    if getattr(place.potential, "network", None) is not None and place.network.layers > 1:
        parts = [_between(place.delta, *ends) for ends in place.network.ranges]
        for layer, part in enumerate(parts, 1):
            steps[f"layer {layer} alone"] = part
        for layer, part in enumerate(parts, 1):
            steps[f"all layers but {layer}"] = place.delta - part
    return Interventions(_row(b, name, V) for name, V in steps.items())


def _between(delta, begin, end):
    part = np.zeros_like(delta)
    part[begin:end] = delta[begin:end]
    return part


def _row(b, name, V):
    _, linear, second = b.place.potential.jet(b.place.W, V, 2)
    actual = b.place.delivered(V)
    return Intervention(name, float(linear), float(second), actual,
                        float(linear / b.linear) if b.linear else np.nan,
                        float(actual / linear) if linear else np.nan)
