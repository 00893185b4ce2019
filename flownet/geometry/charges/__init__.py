"""Charges: what the flow keeps and a finite step changes by a known amount."""

from ._charges import Charges, charges
from ._drift import ChargeDrift

__all__ = ["ChargeDrift", "Charges", "charges"]
