"""Potentials and metrics as plain tables, the words of an experiment file, and back."""

from ._tables import (
    metric_from,
    metric_table,
    potential_from,
    refuse_other_program,
    tables_of,
    tables_or_program,
)

__all__ = [
    "metric_from",
    "metric_table",
    "potential_from",
    "refuse_other_program",
    "tables_of",
    "tables_or_program",
]
