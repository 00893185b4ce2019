"""A map over two axes of a sweep: verdicts, what fails first, or a number of each member."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....ensemble._verdict import CONVERGED
from .._style import MOST, below

#: brightness says which: converged dark, bounded in between, diverged light
VERDICT_INK = ("#1f3b73", "#c7772e", "#f6e3b4")
_CATEGORIES = (
    "#1f3b73", "#8f2d56", "#2a9d8f", "#e07a2f", "#7a7a7a", "#6db3e8", "#a88500", "#d9c2e0",
)  # fmt: skip
_NOTHING_INK = "#f2f2f2"


def named(axis: Any, edges: Any, column: Any, values: Any, inks: Any) -> None:
    """Values that stand for words, in a colour each, those that occur named under the panel."""
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.patches import Patch

    inks = [*inks[: len(column.words)], *_CATEGORIES[len(inks) :]]
    colours = ListedColormap([_NOTHING_INK, *inks[: len(column.words)]])
    norm = BoundaryNorm(np.arange(-1.5, len(column.words)), len(column.words) + 1)
    axis.pcolormesh(*edges, values, cmap=colours, norm=norm, rasterized=True)
    left = "none" if column.name != "verdict" else "not run yet"
    words = {-1: left, **dict(enumerate(column.words))}
    found = [code for code in words if (values == code).any()]
    patches = [
        Patch(facecolor=colours(norm(code)), edgecolor="#555555", label=words[code])
        for code in found
    ]
    below(axis, handles=patches, ncol=3 if len(patches) <= 3 else 2)


def numbers(axis: Any, edges: Any, values: Any, label: str) -> None:
    """Numbers by brightness, with a bar; logarithmic where they span powers of ten."""
    from matplotlib.colors import LogNorm

    values = np.where(np.isfinite(values) & (np.abs(values) < MOST), values, np.nan)
    known = values[np.isfinite(values)]
    wide = known.size and known.min() > 0 and known.max() > 50 * known.min()
    axis.set_facecolor("#d0d0d0")
    norm = LogNorm(known.min(), known.max()) if wide else None
    drawn = axis.pcolormesh(*edges, values, cmap="cividis", norm=norm, rasterized=True)
    unknown = "\ngrey: diverged, or not known" if np.isnan(values).any() else ""
    axis.figure.colorbar(drawn, ax=axis, label=label + unknown)


def convergence(axis: Any, edges: Any, values: Any, verdict: Any) -> None:
    """How fast members converge (dark) or diverge (light), each by its rank, as in 2402.06184."""
    from matplotlib.patches import Patch

    shades = {"converged": ("#0d1b3d", "#7ea3e0"), "diverged": ("#b8651f", "#fff3cf")}
    picture = np.ones((*values.shape, 3))
    for name, (first, last) in shades.items():
        of = (verdict == CONVERGED) == (name == "converged")
        rank = np.zeros(values.shape)
        order = np.abs(values[of]).argsort().argsort()
        rank[of] = order / max(1, order.size - 1)
        picture[of] = _between(first, last, rank[of])
    axis.pcolormesh(*edges, picture, rasterized=True)
    patches = [
        Patch(facecolor=shades["converged"][0], label="converged, the darker the faster"),
        Patch(
            facecolor=shades["diverged"][1], edgecolor="#555555", label="not, the lighter the later"
        ),
    ]
    below(axis, handles=patches)


def _between(first, last, share):
    from matplotlib.colors import to_rgb

    a, b = np.array(to_rgb(first)), np.array(to_rgb(last))
    return a + share[:, None] * (b - a)
