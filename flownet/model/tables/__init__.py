"""Potentials and metrics as plain tables, the words of an experiment file, and back."""

from ._tables import metric_from, metric_table, potential_from, tables_of

__all__ = ["metric_from", "metric_table", "potential_from", "tables_of"]
