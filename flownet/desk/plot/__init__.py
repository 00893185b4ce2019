"""Figures of runs: `flownet.plot.loss(run)`, `.breakdown(run)`, `.report(run)`, of several runs
`.curves(runs)` and `.comparison(runs)` and, of a run beside its flows, `.flows(run, flows)`; each a
Figure. `.film(run, flows, path)` writes an animation. `.sweep(sweep)` draws many runs,
`.bifurcation(found)` where the finite map goes for many steps, `.gdu(found)` increments of
equilibrium propagation beside those of backpropagation through time. Of the landscape `.band(band)`
and `.curve(curve)` draw paths between minima, `.connectedness(found)` the tree of passes, and
`.census(census)` index against loss; `.running(found)` draws evidence against samples.

Each takes `size` and `title` of its figure, and `figure=` or, where it has one panel, `ax=`, to be
drawn into a figure of yours. A notebook shows it as the value of a cell.

Lines differ in brightness and in dashes, so that they can be told apart in grey.
"""

from ._beside import beside
from ._breakdown import breakdown, comparison
from ._curves import curves
from ._film import check_film, film
from ._flows import flows
from ._gdu import gdu
from ._loss import loss
from ._report import report
from .ensemble import bifurcation, sweep
from .landscape import band, census, connectedness, curve, running

__all__ = [
    "band",
    "beside",
    "bifurcation",
    "breakdown",
    "census",
    "check_film",
    "comparison",
    "connectedness",
    "curve",
    "curves",
    "film",
    "flows",
    "gdu",
    "loss",
    "report",
    "running",
    "sweep",
]
