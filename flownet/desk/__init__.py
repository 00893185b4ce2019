"""The desk: experiment files, the shell, figures, reports."""

from . import plot
from ._experiment import Experiment

__all__ = ["Experiment", "plot"]
