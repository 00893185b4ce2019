"""Charges along a recorded run: how far finite steps drove them, and how far they had to.

Along a flow they had to stay where they were: what is left is the error of its integration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ... import _progress
from ..._errors import FlownetError, shown
from ..._table import Table, Tabled
from ...model._check import is_whole
from ...store.trajectory import Trajectory

if TYPE_CHECKING:
    from ..._types import Vector
    from ._charges import Charges


@dataclass(frozen=True, eq=False)
class ChargeDrift(Tabled):
    """How a run moved its charges, or what the integration of a flow did to them.

    Attributes
    ----------
    charges : Charges
    iteration, time : ndarray (T,)
    drift : ndarray (T, K)
        Q(W_k) − Q(W_0) of the recorded parameters.
    predicted : ndarray (T, K)
        Sum of the exact changes of the steps before, Q(step·g^♯dL) each; 0 along a flow.
    rounding : ndarray (K,)
        Unit of errors: ε of the run's precision times the largest size of the charge's terms; of a
        flow what its tolerances allow a step, rtol in place of ε, and atol.
    of_flow : bool
        Whether it is of a flow.
    """

    charges: Charges
    iteration: np.ndarray
    time: np.ndarray
    drift: np.ndarray
    predicted: np.ndarray
    rounding: np.ndarray
    of_flow: bool = False

    @property
    def errors(self) -> Vector:
        """Largest |drift − predicted| of each charge (K,), in units of its rounding."""
        largest = np.abs(self.drift - self.predicted).max(axis=0)
        return np.divide(
            largest, self.rounding, out=np.zeros(largest.shape), where=self.rounding > 0
        )

    @property
    def error(self) -> float:
        """The largest of the errors. Rounding alone leaves about one a step, mostly far less."""
        return float(self.errors.max(initial=0.0))

    def table(self) -> Table:
        """The largest of each kind of charge, as a `Table`; without charges, why there are none."""
        if not len(self.charges):
            return self.charges.table()
        names = self.charges.names

        def largest(of_each):
            parts = self.charges.unpack(np.abs(of_each))
            return [parts[name].max() for name in names]

        along = "a flow" if self.of_flow else f"{self.iteration[-1] - self.iteration[0]} steps"
        return Table(
            f"Charges along {along}, "
            f"time {self.time[0]:.6g} to {self.time[-1]:.6g}; the largest of each kind",
            {
                "charge": (str, names),
                "drift": (".3e", largest(self.drift)),
                "predicted": (".3e", largest(self.predicted)),
                "error": (".1e", largest(self.drift - self.predicted)),
                "in tolerances" if self.of_flow else "in roundings": (".3g", largest(self.errors)),
            },
        )


def drift_along(charges, run, every, progress):
    """`ChargeDrift` of charges along a run; see `Charges.along`."""
    _check(charges, run, every)
    rows = [k for k in range(len(run)) if k % every == 0 or k == len(run) - 1]
    iteration, time, step = run.iteration, run.time, run.step
    drift, predicted = np.zeros((2, len(rows), len(charges)))
    first = charges.value(run.parameters[0])
    total, largest, at = np.zeros(len(charges)), np.zeros(len(charges)), 0
    with (
        _progress.bar(len(run), shown=progress, what="steps of the charges") as show,
        np.errstate(over="ignore", invalid="ignore"),
    ):
        for k in range(len(run)):
            W = run.parameters[k]
            size, value = charges.scale(W), charges.value(W)
            if not (np.isfinite(size).all() and np.isfinite(total).all()):
                break  # a run that diverges: W is finite still, its square is not
            largest = np.maximum(largest, size)
            if k == rows[at]:
                drift[at], predicted[at] = value - first, total
                at += 1
            if k < len(run) - 1 and len(charges) and not run.is_flow:
                at_step = int(iteration[k])
                total = total + _change(charges, run, at_step, W, step[at_step])
            show(k + 1)
    rows = rows[:at]
    return ChargeDrift(
        charges,
        iteration[rows],
        time[rows],
        drift[:at],
        predicted[:at],
        _unit(run, largest),
        run.is_flow,
    )


def _unit(run, size):
    """What rounding does to charges of a size (K,), or a step of a flow within its tolerances."""
    eps = np.finfo(run.parameters.dtype).eps
    if not run.is_flow:
        return eps * size
    words = run.experiment["flow"]
    return max(eps, words["rtol"]) * size + words["atol"] * np.maximum(1.0, np.sqrt(size))


def _change(charges, run, iteration, W, step):
    """Exact change of the charges by the step of an iteration, in float64."""
    potential = run.potential_at(iteration).with_dtype("float64")
    return charges.change(W, potential.differential(W)[1], step)


def _check(charges, run, every):
    if not isinstance(run, Trajectory):
        raise FlownetError(f"charges along {shown(run)}: it has to be a Trajectory.")
    if not is_whole(every, 1):
        raise FlownetError(f"every is {shown(every)}; it has to be a whole number from 1 up.")
    if run.is_flow and (run.mechanics is not None or "field" in run.experiment["flow"]):
        other = run.mechanics or run.experiment["flow"]["field"]
        raise FlownetError(
            f"the flow follows {shown(other)}; charges are what Ẇ = −g^♯dL keeps, the flow without "
            "mechanics and field."
        )
    if not run.is_flow and not run.mechanics.descends:
        raise FlownetError(
            f"the run's mechanics are {run.mechanics!r}; charges are those of Aristotle."
        )
    run.in_one_way("the drift of charges")
    if not run.is_flow and (not len(run) or (np.diff(run.iteration) != 1).any()):
        raise FlownetError(
            "charges along a run want the parameters at every step: record_every=1 keeps all."
        )
    if charges != type(charges)(run.potential, run.metric):
        raise FlownetError(
            "these charges are not those of the run: take "
            "flownet.charges(run.potential, run.metric)."
        )
