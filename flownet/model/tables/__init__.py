"""Potentials and metrics as plain tables, the words of an experiment file, and back."""

from ._tables import (
    in_full,
    metric_from,
    metric_table,
    potential_from,
    refuse_other_program,
    tables_of,
    tables_or_program,
)

__all__ = [
    "in_full",
    "metric_from",
    "metric_table",
    "potential_from",
    "refuse_other_program",
    "tables_of",
    "tables_or_program",
]
