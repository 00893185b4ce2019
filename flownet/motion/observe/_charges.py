"""Charges of the run's own potential, as an observable."""

from __future__ import annotations

from ..._registry import kind
from ...geometry.charges import Charges
from ._observable import Observable, refuse_data


@kind("observable", "charges")
class OfCharges(Observable):
    """All charges (K,) at the state.

    Parameters
    ----------
    charges : Charges
    """

    of_run = True

    def __init__(self, charges: Charges) -> None:
        self.charges = charges

    def __call__(self, state):
        return self.charges(state)

    def table(self, potential, metric):
        """Its table: those of the run's own potential, or a function."""
        own = self.charges == Charges(potential, metric)
        return {"kind": self.kind} if own else super().table(potential, metric)

    @classmethod
    def from_table(cls, name, table, potential, metric):
        """Charges of the run's own potential."""
        refuse_data(
            table,
            f"the observable {name!r} takes no {{}}: charges are those of the run's own "
            "potential, whatever the data.",
        )
        return cls(Charges(potential, metric))
