"""Loss and observables of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._style import TIME, below, line, losses, panels, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ...store.trajectory import Trajectory


@styled
def loss(run: Trajectory) -> Figure:
    """Loss against time, with losses observed beside it; other observables in a second panel."""
    kinds = {name: table["kind"] for name, table in run.experiment.get("observe", {}).items()}
    same = [name for name in kinds if kinds[name] == "loss"]
    others = [
        name for name in kinds if kinds[name] != "loss" and run.observables[name].value.ndim == 1
    ]
    figure, axes = panels(1 + bool(others), (6.4 + 5 * bool(others), 4.2))
    losses(axes[0], run)
    for i, name in enumerate(same, 1):
        line(axes[0], i, run.observables[name].time, run.observables[name].value, name)
    for i, name in enumerate(others):
        observed = run.observables[name]
        line(axes[1], i, observed.time, observed.value, name, marker="o", markersize=3)
    if others:
        axes[1].set(
            xlabel=TIME, ylabel=others[0] if len(others) == 1 else "value", title="Observables"
        )
    for axis in axes:
        below(axis)
    return figure
