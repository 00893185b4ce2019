"""Figures of runs: `flownet.plot.loss(run)`, `.breakdown(run)`, `.report(run)`, `.flows(run, flows)`;
each a Figure. `.film(run, flows, path)` writes an animation.

Lines differ in brightness and in dashes, so that they can be told apart in grey.
"""

from ._breakdown import breakdown, comparison
from ._film import film
from ._flows import flows
from ._loss import loss
from ._report import report

__all__ = ["breakdown", "comparison", "film", "flows", "loss", "report"]
