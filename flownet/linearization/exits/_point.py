"""Where a flow or Newton's steps end: what is known of the point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._table import Table, Tabled, short


@dataclass(frozen=True)
class CriticalPoint(Tabled):
    """Where dL vanishes: where a flow or Newton's steps end.

    Attributes
    ----------
    W : ndarray (D,)
    loss : float
    gradient : float
        ‖dL‖ in the metric, √(dL·g^♯dL).
    rounding : float
        What rounding alone would make of it.
    kind : str
        "minimum", "saddle", or "not reached" within the time allowed.
    index : int or float
        Number of negative directions; NaN where it was not reached.
    flat : int or float
        Number of directions with |λ| ≤ `floor`, of whose sign nothing can be said.
    floor : float
        1e-8 of the largest |λ| met.
    time : float
        Of the flow before the polish began.
    polish_steps : int
        Newton steps.
    polish_length : float
        Distance in the metric from the end of the flow to W.
    """

    W: np.ndarray
    loss: float
    gradient: float
    rounding: float
    kind: str
    index: float
    flat: float
    floor: float
    time: float
    polish_steps: int
    polish_length: float

    @property
    def words(self) -> str:
        """What it is, in words."""
        flat = f", {self.flat:.0f} flat" if self.flat > 0 else ""
        return (
            f"saddle, index {self.index:.0f}{flat}" if self.kind == "saddle" else (self.kind + flat)
        )

    def table(self) -> Table:
        """What it is, as a `Table` of one row."""
        return Table(
            "critical point",
            {
                "what it is": (str, [self.words]),
                "loss": (".10g", [self.loss]),
                "‖dL‖": (".1e", [self.gradient]),
                "rounding of ‖dL‖": (".1e", [self.rounding]),
                "|λ| of a flat direction": ("≤ {:.1e}".format, [self.floor]),
                "time of the flow to it": (short, [self.time]),
                "Newton steps": (short, [self.polish_steps]),
                "their length": (".2g", [self.polish_length]),
            },
            upright=True,
        )
