"""Conditions that end a run before its last step, and the best state on its way."""

from ._best import Best, Patience
from ._conditions import EdgeReached, GradientBelow, LossBelow, Reached, StopWhen
from ._stop import Stop
from ._tables import keep_from, keep_table, looked_at, stop_from, stop_tables
from ._watch import Watch, keeper, watches

__all__ = [
    "Best",
    "EdgeReached",
    "GradientBelow",
    "LossBelow",
    "Patience",
    "Reached",
    "Stop",
    "StopWhen",
    "Watch",
    "keep_from",
    "keep_table",
    "keeper",
    "looked_at",
    "stop_from",
    "stop_tables",
    "watches",
]
