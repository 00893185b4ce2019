"""Figures of runs: `flownet.plot.loss(run)`, `.breakdown(run)`, `.report(run)` and, of a run beside
its flows, `.flows(run, flows)`; each a Figure. `.film(run, flows, path)` writes an animation.

Lines differ in brightness and in dashes, so that they can be told apart in grey.
"""

from ._beside import beside
from ._breakdown import breakdown, comparison
from ._film import check_film, film
from ._flows import flows
from ._loss import loss
from ._report import report

__all__ = ["beside", "breakdown", "check_film", "comparison", "film", "flows", "loss", "report"]
