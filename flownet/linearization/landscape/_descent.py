"""How a chain comes down: let down, pivots put in, hills climbed, critical points polished."""

from dataclasses import dataclass, replace

import numpy as np

from ...geometry.curvature import eigenpairs
from ..exits import critical_near
from . import _chain
from ._relax import relax

_COARSE = 100.0  # times the tolerance, but of pivots that climb
STANDS_OUT = 1e-3  # of the range of the chain: a hill that is climbed
_BUMP = 0.05  # of the chain's length, by which it is pushed


@dataclass(frozen=True)
class Rest:
    """A chain at rest, and the critical points on its hills (True) and in its hollows (False)."""

    chain: object
    stations: list

    @property
    def top(self):
        """The highest station on a hill, with its place in the chain, or None."""
        hills = [(i, point) for i, is_hill, point in self.stations if is_hill]
        return max(hills, key=lambda hill: hill[1].loss, default=None)


class Descent:
    """What the chain is let down by, and the steps that are left of all."""

    def __init__(self, ground, shares, most, tolerance, slope, steps, words, show):
        self.ground, self.shares, self.most, self.tolerance = ground, shares, most, tolerance
        self.slope, self.left, self.words, self.show = slope, steps, words, show
        self.steps = self.gradients = 0

    def let_down(self, X):
        """Pivots let down, inserted and on hills made to climb, until no hill hides in a gap."""
        while True:
            chain = self._relaxed(X, _COARSE * self.slope)
            losses = self.ground.values(_chain.dense(chain.X))
            X, grew = self._inserted(chain.X, _chain.too_wide(losses, self.tolerance))
            if grew:
                continue
            held = _chain.hills(chain.losses, STANDS_OUT * np.ptp(losses))
            chain = self._relaxed(X, self.slope, held)
            losses = self.ground.values(_chain.dense(chain.X))
            hidden = losses.max() - chain.losses.max() > STANDS_OUT * np.ptp(losses)
            highest = np.array([losses.argmax() // _chain.GAP])
            X, grew = self._inserted(chain.X, highest[: int(hidden)])
            if not grew:
                return self._polished(chain, held, np.ptp(losses))

    def _inserted(self, X, where):
        """The chain with a pivot more in these gaps as far as more may be, and whether any was."""
        where = where[: max(0, self.most - len(X))]
        if not where.size or self.left <= 0:
            return X, False
        X, self.shares = _chain.inserted(X, self.shares, where)
        return X, True

    def _polished(self, chain, held, range_):
        """The chain with the critical points next to its hills and hollows in their places."""
        ground, X, losses = self.ground, chain.X.copy(), chain.losses.copy()
        hollows = _chain.hollows(losses, STANDS_OUT * range_)
        stations = []
        for i, is_hill in sorted([*((i, True) for i in held), *((i, False) for i in hollows)]):
            point = critical_near(ground.potential, ground.W(X[i]), ground.metric)
            stations.append((i, is_hill, point))
            if near(point, chain.X):
                X[i], losses[i] = ground.x(point.W), point.loss
        return Rest(replace(chain, X=X, losses=losses), stations)

    def _relaxed(self, X, slope, held=()):
        before = self.steps
        chain = relax(
            self.ground,
            X,
            self.shares,
            tolerance=slope,
            calm=_COARSE * self.slope,
            steps=self.left,
            held=held,
            show=lambda step: self.show(before + step),
            **self.words,
        )
        self.steps, self.left = self.steps + chain.steps, self.left - chain.steps
        self.gradients += chain.gradients
        return chain


def aside(ground, found):
    """The chain pushed to where its top falls away to the side, or None of a top that does not."""
    if found.top is None or not found.top[1].index > 1:
        return None
    i, point = found.top
    X = found.chain.X
    k = int(point.index)
    pairs = eigenpairs(ground.potential, point.W, k, metric=ground.metric, which="smallest")
    directions = np.stack([ground.x(ground.start + V) for V in pairs.vectors])
    tangent = _chain.tangents(X, found.chain.losses)[i - 1]
    across = directions - (directions @ tangent)[:, None] * tangent
    side = across[np.linalg.norm(across, axis=1).argmax()]
    s = _chain.arc(X)
    bump = np.sin(np.pi * s / s[-1])[:, None] * _BUMP * s[-1]
    return X + bump * side / np.linalg.norm(side)


def near(point, X):
    """Whether a polish ended no further from its pivot than half a gap of the chain."""
    return point.kind != "not reached" and 2 * point.polish_length <= _chain.gaps(X).mean()
