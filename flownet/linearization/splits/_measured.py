"""Beyond Taylor: parameters moved one at a time, and all subsets of layers."""

from dataclasses import dataclass, field

import numpy as np

from ..._errors import FlownetError
from ..._table import Table, percent
from ..step import mean_and_error, picks
from ._split import BesidePromise

MOST_PARAMETERS = 2000  # moved one by one; of more, a sample
MOST_LAYERS = 12  # 4096 subsets


@dataclass(frozen=True)
class OneAtATime(BesidePromise):
    """Every parameter moved alone, from the same W, to all orders.

    Attributes
    ----------
    total : float
        Σ_i [L(W + δ_i e_i) − L(W)].
    error : float
        Its standard error, 0 where every parameter was moved.
    actual : float
        What all of them delivered together.
    changes : ndarray (D,) or None
        The summands, where every parameter was moved.
    """

    total: float
    error: float
    actual: float
    promise: float
    changes: np.ndarray | None = field(repr=False)

    @property
    def exact(self):
        """Whether every parameter was moved."""
        return self.changes is not None

    @property
    def together(self):
        """What they delivered together beyond what each does alone."""
        return self.actual - self.total

    def table(self):
        """Every parameter alone, against all together, as a `Table`."""
        error = None if self.exact else self.share(self.error)
        return Table(
            "",
            {
                "moved": (str, ["every parameter alone", "all together"]),
                "of the promise": self._shares([self.total, self.actual]),
                "± error": (percent, [error, None]),
            },
        )


def one_at_a_time(b, sample=None, seed=0):
    """`OneAtATime`; `sample` parameters are drawn where D exceeds MOST_PARAMETERS, or on request.

    What bends is drawn, parameter i with a chance in proportion to δ_i²; the promise is known.
    """
    taken = b.taken
    moved = np.flatnonzero(taken.delta)
    if sample is None and len(moved) <= MOST_PARAMETERS:
        changes = np.zeros(len(taken.delta))
        for i in moved:
            changes[i] = taken.delivered(_alone(taken.delta, i))
        return OneAtATime(float(changes.sum()), 0.0, b.actual, b.linear, changes)
    chance = taken.delta**2 / np.sum(taken.delta**2)
    bends = [
        (taken.delivered(_alone(taken.delta, i)) - taken.dL[i] * taken.delta[i]) / chance[i]
        for i in picks(seed, sample or MOST_PARAMETERS, chance)
    ]
    mean, error = mean_and_error(bends)
    return OneAtATime(float(b.linear + mean), float(error), b.actual, b.linear, None)


def _alone(delta, i):
    alone = np.zeros(len(delta))
    alone[i] = delta[i]
    return alone


@dataclass(frozen=True)
class LayerSubsets(BesidePromise):
    """What every subset of layers delivers, and what it adds to its own subsets.

    Subset S is the number Σ 2^l over its layers l. delivered(S) = Σ_{T⊆S} interaction(T).

    Attributes
    ----------
    layers : int
    delivered : ndarray (2^L,)
        L(W + δ_S) − L(W).
    interactions : ndarray (2^L,)
        Σ_{T⊆S} (−1)^{|S|−|T|} delivered(T), by inclusion and exclusion (Möbius).
    """

    layers: int
    delivered: np.ndarray
    interactions: np.ndarray
    promise: float

    @property
    def by_size(self):
        """Interactions of all subsets of 0, 1, …, L layers, summed (L+1,)."""
        sizes = [bin(subset).count("1") for subset in range(len(self.delivered))]
        return np.bincount(sizes, self.interactions, self.layers + 1)

    def table(self):
        """Interactions by the number of layers, as a `Table`."""
        sizes = [*map(str, range(1, self.layers + 1)), "all"]
        values = [*self.by_size[1:], self.delivered[-1]]
        return Table("", {"layers together": (str, sizes), "of the promise": self._shares(values)})


def layer_subsets(b):
    """`LayerSubsets` of a breakdown, of a network of at most MOST_LAYERS layers."""
    taken, ranges = b.taken, b.taken.network.ranges
    if len(ranges) > MOST_LAYERS:
        raise FlownetError(
            f"{len(ranges)} layers have {2.0 ** len(ranges):.3g} subsets; at most "
            f"{MOST_LAYERS} layers are looked at."
        )
    delivered = np.zeros(1 << len(ranges))
    for subset in range(1, len(delivered)):
        V = np.zeros_like(taken.delta)
        for layer, (begin, end) in enumerate(ranges):
            if subset >> layer & 1:
                V[begin:end] = taken.delta[begin:end]
        delivered[subset] = taken.delivered(V)
    return LayerSubsets(len(ranges), delivered, _moebius(delivered, len(ranges)), b.linear)


def _moebius(values, layers):
    """Inclusion and exclusion in place of 3^L sums: one difference for each layer."""
    found = values.copy()
    for layer in range(layers):
        without, with_it = np.moveaxis(found.reshape(-1, 2, 1 << layer), 1, 0)
        with_it -= without
    return found
