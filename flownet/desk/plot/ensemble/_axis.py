"""An axis of a sweep as a figure shows it: its places, its scale, its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

_WORDS = {
    "mechanics.step": "step η δt",
    "run.seed": "seed",
    "run.batch_size": "batch size",
    "mechanics.friction": "friction λ",
    "mechanics.mass": "mass m",
    "mechanics.temperature": "temperature T",
    "network.activation": "activation",
    "network.sizes": "sizes of the layers",
    "W0.scale": "scale of W₀",
}
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Shown:
    """One axis.

    Attributes
    ----------
    label : str
    values : ndarray (n,)
        Numbers, or 0 … n−1 where they are words.
    words : list of str
        Of the values, where they are no numbers.
    logarithmic : bool
    """

    label: str
    values: np.ndarray
    words: list[str]
    logarithmic: bool

    def edges(self) -> np.ndarray:
        """Edges (n+1,) of cells around the values."""
        at = np.log(self.values) if self.logarithmic else self.values.astype(float)
        if len(at) == 1:
            at = np.array([at[0] - 0.5, at[0] + 0.5])
        else:
            inner = (at[1:] + at[:-1]) / 2
            at = np.concatenate([[2 * at[0] - inner[0]], inner, [2 * at[-1] - inner[-1]]])
        return np.exp(at) if self.logarithmic else at


def shown_axis(sweep: Any, name: str) -> Shown:
    """An axis of a sweep; a layer's stiffness is shown as the step that it makes of the common."""
    key, values = name, sweep.axes.get(name)
    if values is None:  # several words together, or samples
        axis = next(axis for axis in sweep.plan.axes if axis.name == name)
        key, values = name, np.arange(len(axis))
    path, step = key.split("."), sweep.experiment["mechanics"].get("step")
    if key.startswith("metric.stiffness.") and _is_number(step):
        number = str(int(path[2]) + 1)
        label = f"step of layer {number}, h/g{number.translate(_SUBSCRIPTS)}"
        values = step / values
    else:
        label = _WORDS.get(key, key)
    if values.dtype == object:
        return Shown(label, np.arange(len(values)), [str(v) for v in values], False)
    return Shown(label, values, [], _is_geometric(values))


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_geometric(values):
    """Whether ratios are more alike than differences are."""
    if len(values) < 3 or not (values > 0).all():
        return bool(len(values) == 2 and (values > 0).all() and max(values) > 10 * min(values))
    spread = [np.ptp(np.diff(x)) / abs(np.diff(x)).mean() for x in (np.log(values), values)]
    return bool(spread[0] < spread[1] and max(values) > 3 * min(values))
