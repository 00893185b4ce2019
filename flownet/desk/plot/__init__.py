"""Figures of runs: `flownet.plot.loss(run)`, `.breakdown(run)`, `.report(run)`; each a Figure.

Lines differ in brightness and in dashes, so that they can be told apart in grey.
"""

from ._breakdown import breakdown, comparison
from ._loss import loss
from ._report import report

__all__ = ["breakdown", "comparison", "loss", "report"]
