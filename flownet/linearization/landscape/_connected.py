"""Whether minima are joined by low paths: the tree of the lowest passes between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ... import _progress
from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ..._table import Table, Tabled
from ...geometry.curvature import metric_hessian
from ...model._check import is_whole
from ..exits import CriticalPoint, align, barrier, symmetry
from ._band import Band, band
from ._ground import place

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike, Vector, Whole
    from ...model.potential import AnyPotential


class Edge(NamedTuple):
    """A path between minima i and j that joins two groups of them.

    `level` is its highest loss, `rise` how far that lies above the deepest minimum of each group,
    the higher of the two; `path` says "straight" or "band".
    """

    i: int
    j: int
    level: float
    rise: float
    path: str


@dataclass(frozen=True)
class Connectedness(Tabled):
    """A set of minima and the lowest passes known between them.

    Attributes
    ----------
    W : ndarray (n, D)
    loss : ndarray (n,)
    level : ndarray (n, n)
        The highest loss on the lowest path known from each to each, by way of others if that is
        lower; on the diagonal the losses.
    tree : list of Edge
        The n − 1 edges that join all of them at the lowest levels (minimum spanning tree), from
        the lowest edge to the highest.
    bands : dict
        (i, j) to `Band`, of those that were laid.
    floor : float
        Rounding of a level.
    symmetries : str
        What was removed between each two of them.
    """

    W: np.ndarray
    loss: np.ndarray
    level: np.ndarray
    tree: list
    bands: dict[tuple[int, int], Band]
    floor: float
    symmetries: str

    @property
    def rise(self) -> float:
        """The largest rise of an edge."""
        return max((edge.rise for edge in self.tree), default=0.0)

    @property
    def connected(self) -> bool:
        """Whether all are joined without any rise but rounding."""
        return self.rise <= self.floor

    def components(self, level: float) -> list[list[int]]:
        """Minima at or below a level, those together that paths at or below it join."""
        left = [i for i in range(len(self.loss)) if self.loss[i] <= level + self.floor]
        found: list[list[int]] = []
        for i in left:
            home = next((c for c in found if self.level[i, c[0]] <= level + self.floor), None)
            if home is None:
                found.append([i])
            else:
                home.append(i)
        return found

    def table(self) -> Table:
        """The tree, from the lowest edge to the highest, as a `Table`."""
        return Table(
            f"{len(self.loss)} minima, losses {self.loss.min():.6g} to {self.loss.max():.6g}",
            {
                "edge": (str, [f"{edge.i} – {edge.j}" for edge in self.tree]),
                "path": (str, [edge.path for edge in self.tree]),
                "highest loss": (".8g", [edge.level for edge in self.tree]),
                "rise": (".3g", [edge.rise for edge in self.tree]),
            },
            [
                f"symmetries of hidden units removed: {self.symmetries}",
                f"{len(self.bands)} bands laid; levels bound the passes from above",
                "all minima are joined without a rise: one region"
                if self.connected
                else f"the worst edge rises by {self.rise:.4g} above the higher of the two sides' "
                "deepest minima",
            ],
        )


@with_origin
def connectedness(
    potential: AnyPotential,
    minima: Sequence[CriticalPoint | ArrayLike] | Vector,
    *,
    metric: MetricLike | None = None,
    bands: Whole | None = None,
    progress: bool = True,
    **options: float,
) -> Connectedness:
    """Whether minima are joined by low paths, symmetries of hidden units removed: a tree of passes.

    Units of each two minima are matched first (`compare_minima` says what is removed), and the
    straight paths between all of them looked at. Then bands are laid: in place of the worst edge of
    the tree that joins all at the lowest levels, and when each edge of the tree is a band or has no
    rise, round its worst edge, between its two sides, the pair of the lowest straight path first
    (as AutoNEB does; arXiv:1803.00885). It ends when the worst edge cannot be gone round, or when
    as many bands are laid as are allowed.

    Parameters
    ----------
    potential : Potential, Sum or analytic
    minima : sequence of CriticalPoint, or array (n, D)
    metric : LayerMetric or DiagonalMetric, optional
    bands : int, optional
        How many at most; 2n by default, 0 for straight paths alone.
    progress : bool
        A progress bar after two seconds, where the output is a terminal.
    **options
        Numbers of `band`: pivots, most, spring, tolerance, rtol, steps.

    Returns
    -------
    Connectedness

    Raises
    ------
    FlownetError
        For fewer than two minima, or where `band` or `compare_minima` refuse them.
    """
    try:
        places = [place(point) for point in minima]
    except TypeError:
        raise FlownetError(f"minima is {shown(minima)}; it has to be a list of them.") from None
    if len(places) < 2:
        raise FlownetError(f"minima to join: {len(places)} were given, and two are wanted.")
    if not (bands is None or is_whole(bands, 0)):
        raise FlownetError(f"bands is {shown(bands)}; it has to be a whole number from 0 up.")
    operators = [metric_hessian(potential, W, metric) for W in places]
    potential, metric = operators[0].potential, operators[0].metric
    laying = _Laying(potential, metric, [operator.W for operator in operators], options)
    most = 2 * len(places) if bands is None else bands
    with _progress.bar(most, shown=progress, what="bands") as show:
        while len(laying.bands) < most and (pair := laying.next_pair()) is not None:
            laying.lay(*pair)
            show(len(laying.bands))
    return laying.told()


class _Laying:
    """Levels between minima, and the bands that lower them."""

    def __init__(self, potential, metric, W, options):
        self.potential, self.metric, self.W, self.options = potential, metric, W, options
        self.loss = np.array([potential.value(point) for point in W])
        self.level, self.floor, self.bands = np.diag(self.loss), 0.0, {}
        self.pairs = [(i, j) for i in range(len(W)) for j in range(i)]
        for i, j in self.pairs:
            ends = align(potential, W[i], W[j], metric)
            straight = barrier(potential, *ends)
            self._set(i, j, straight.rise + max(self.loss[[i, j]]))
            self.floor = max(self.floor, straight.floor)

    def next_pair(self):
        """The pair whose band may lower the tree most, or None."""
        tree = sorted(spanning_tree(self.level), key=lambda edge: -edge[2])
        rising = [e for e in tree if e[2] > max(self.loss[list(e[:2])]) + self.floor]
        if not rising:
            return None
        for i, j, _ in rising:
            if (i, j) not in self.bands:
                return i, j
        side = _side(tree, rising[0], len(self.W))
        round_it = [
            (i, j) for i, j in self.pairs if side[i] != side[j] and (i, j) not in self.bands
        ]
        return min(round_it, key=lambda pair: self.level[pair], default=None)

    def lay(self, i, j):
        """A band between two minima, matched to each other."""
        A, B = align(self.potential, self.W[i], self.W[j], self.metric)
        words = {"metric": self.metric, "progress": False, **self.options}
        self.bands[i, j] = found = band(self.potential, A, B, **words)
        self._set(i, j, min(self.level[i, j], found.top))

    def _set(self, i, j, level):
        self.level[i, j] = self.level[j, i] = level

    def told(self):
        tree = spanning_tree(self.level)
        edges = [
            Edge(i, j, level, rise, self._path(i, j, level))
            for (i, j, level), rise in zip(tree, rises(tree, self.loss))
        ]
        return Connectedness(
            np.stack(self.W),
            self.loss,
            lowest_levels(tree, self.loss),
            edges,
            self.bands,
            self.floor,
            symmetry(self.potential, self.metric).words,
        )

    def _path(self, i, j, level):
        laid = self.bands.get((i, j))
        return "band" if laid is not None and laid.top <= level else "straight"


def spanning_tree(level):
    """Edges (i, j, level), i > j, of the minimum spanning tree, the lowest first (Kruskal)."""
    n = len(level)
    rows, columns = np.tril_indices(n, -1)
    home, tree = np.arange(n), []
    for k in np.argsort(level[rows, columns], kind="stable"):
        i, j = int(rows[k]), int(columns[k])
        if home[i] != home[j]:
            home[home == home[i]] = home[j]
            tree.append((i, j, float(level[i, j])))
    return tree


def lowest_levels(tree, loss):
    """The highest loss on the way through the tree (n, n), edges from the lowest to the highest."""
    found, home = np.diag(loss).astype(float), np.arange(len(loss))
    for i, j, level in tree:
        one, other = (np.flatnonzero(home == home[k]) for k in (i, j))
        found[np.ix_(one, other)] = found[np.ix_(other, one)] = level
        home[one] = home[j]
    return found


def rises(tree, loss):
    """How far each edge lies above the deepest minimum of either side, the higher one."""
    deepest, home, found = loss.copy(), np.arange(len(loss)), []
    for i, j, level in tree:
        one, other = home[i], home[j]
        found.append(max(0.0, float(level - max(deepest[one], deepest[other]))))
        deepest[one] = min(deepest[one], deepest[other])
        home[home == other] = one
    return found


def _side(tree, cut, n):
    """Whether each minimum is on one side (n,) of the tree without one of its edges."""
    side, home = np.zeros(n, bool), np.arange(n)
    for edge in tree:
        if edge is not cut:
            home[home == home[edge[0]]] = home[edge[1]]
    side[home == home[cut[0]]] = True
    return side
