"""Interventions: the step without one of its parts, and what it delivers per promise left.

Whatever is left out, a smaller step keeps its promise better. So each stands beside the whole step
shortened until it promises as much: a part whose absence does no better is not what broke the step.
"""

from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError
from ..._registry import unknown
from ..._table import Table, Tabled, signed_percent


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
    shortened : float
        The same of the whole step when it is shortened to this promise; NaN where that is none.
    """

    name: str
    linear: float
    second: float
    actual: float
    promise_left: float
    delivery: float
    shortened: float


def _left(share):
    return f"{100 * share:.4g} %"


class Interventions(Tabled, list):
    """The whole step and what is left of it, a list of `Intervention`; also by name."""

    def table(self):
        """What is left of the step, and what it delivers, as a `Table`."""
        whole = abs(self[0].linear) or np.nan
        return Table(
            "",
            {
                "step": (str, [row.name for row in self]),
                "promise left": (_left, [row.promise_left for row in self]),
                "second order": (signed_percent, [row.second / whole for row in self]),
                "delivered": (signed_percent, [row.actual / whole for row in self]),
                "delivery": (".3g", [row.delivery for row in self]),
                "shortened": (".3g", [row.shortened for row in self]),
            },
            [
                "delivery: delivered per promise left; shortened: that of the whole step made so "
                "short"
            ],
        )

    def __getitem__(self, key):
        if isinstance(key, str):
            found = [row for row in self if row.name == key]
            if not found:
                raise FlownetError(unknown("intervention", key, [row.name for row in self]))
            return found[0]
        return super().__getitem__(key)


def interventions(b, k=None):
    """`Interventions`: without the top mode, without the k largest parameters, layer by layer.

    k is by default a hundredth of the parameters that move, at least one.
    """
    taken, x = b.taken, b.taken.x
    k = max(1, np.count_nonzero(x) // 100) if k is None else k
    steps = {"the whole step": taken.delta}
    modes = b.split("eigen")
    if len(modes.curvatures):
        along = (modes.directions[modes.top] @ x) * modes.directions[modes.top]
        steps["its top eigendirection alone"] = taken.bending.displacement(along)
        steps["without its top eigendirection"] = taken.bending.displacement(x - along)
    largest = np.argsort(-np.abs(x), kind="stable")[:k]
    rest = x.copy()
    rest[largest] = 0.0
    components = "largest component" if k == 1 else f"{k} largest components"
    steps[f"without its {components}"] = taken.bending.displacement(rest)
    if taken.potential.network is not None and taken.network.layers > 1:
        parts = [_between(taken.delta, *ends) for ends in taken.network.ranges]
        moved = {layer: part for layer, part in enumerate(parts, 1) if part.any()}
        steps |= {f"layer {layer} alone": part for layer, part in moved.items()}
        steps |= {
            f"all layers but {layer}": taken.delta - part
            for layer, part in moved.items()
            if len(moved) > 1
        }
    return Interventions(_row(b, name, V) for name, V in steps.items())


def _between(delta, begin, end):
    part = np.zeros_like(delta)
    part[begin:end] = delta[begin:end]
    return part


def _row(b, name, V):
    _, linear, second = b.taken.potential.jet(b.taken.W, V, 2)
    actual = b.taken.delivered(V)
    left = float(linear / b.linear) if b.linear else np.nan
    return Intervention(
        name,
        float(linear),
        float(second),
        actual,
        left,
        float(actual / linear) if linear else np.nan,
        float(b.curve(left) / linear) if left > 0 else np.nan,
    )
