"""Second and third order split by layers or by neurons, against a Hessian of rank one."""

from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError
from ..._table import Table, signed_percent
from ._split import Split

_MOST_BLOCKS = 4096  # a matrix of 128 MiB
_MOST_ROWS = 12
_BATCH = 1 << 24  # numbers in a batch of displacements, 128 MiB


@dataclass(frozen=True)
class BlockSplit(Split):
    """Terms of a step by blocks a, b of parameters: layers, or neurons with their own weights.

    Attributes
    ----------
    basis : str
    names : list of str (A,)
    linear : ndarray (A,)
        dL(δ_a), what each block promised.
    matrix : ndarray (A, A)
        ½H(δ_a, δ_b), summing to the second order.
    second, second_self, second_pairs : float
    third, third_self, third_two, third_triplets : float
        T(δ_a, δ_b, δ_c)/6 with all, two or none of the blocks the same; NaN where not asked for.
    rank_one : float
        Σp², p the shares of the promise: `second_self / second` if H were dL ⊗ dL.
    """

    basis: str
    names: list
    linear: np.ndarray
    matrix: np.ndarray
    third: float
    third_self: float
    third_two: float

    @property
    def promise(self):
        """First order, the sum of what the blocks promised."""
        return float(self.linear.sum())

    @property
    def second(self):
        """Second order, the sum of the matrix."""
        return float(self.matrix.sum())

    @property
    def second_self(self):
        """Sum of the diagonal."""
        return float(np.trace(self.matrix))

    @property
    def rank_one(self):
        """Share of the self terms in the second order of a Hessian ∝ dL ⊗ dL."""
        return float(np.sum(self.linear**2) / self.promise**2) if self.promise else np.nan

    def table(self):
        """Blocks with the largest terms, and the sums against a Hessian of rank one: a `Table`."""
        rows = self.matrix.sum(axis=1)
        largest = np.argsort(-np.abs(rows), kind="stable")[:_MOST_ROWS]
        return Table(
            "",
            {
                self.basis: (str, [self.names[a] for a in largest]),
                "promised": self._shares(self.linear[largest]),
                "second order": self._shares(rows[largest]),
                "of which self": self._shares(np.diag(self.matrix)[largest]),
            },
            self._notes(len(rows) - len(largest)),
        )

    def _notes(self, left):
        def share(value):
            return signed_percent(self.share(value))

        whole = self.second_self / self.second if self.second else np.nan
        notes = [f"… and {left} more"] if left else []
        notes += [
            f"second order: self {share(self.second_self)}, pairs {share(self.second_pairs)} of "
            "the promise",
            f"self terms are {whole:.3g} of it; of a Hessian ∝ dL⊗dL they would be "
            f"{self.rank_one:.3g}",
        ]
        if np.isfinite(self.third):
            notes.append(
                f"third order: self {share(self.third_self)}, two {share(self.third_two)}, "
                f"triplets {share(self.third_triplets)}"
            )
        return notes


def by_blocks(b, basis, third=None):
    """`BlockSplit` of a breakdown; third order by default where it takes at most 64 actions."""
    taken = b.taken
    names, labels = _layers(taken) if basis == "layers" else _neurons(taken)
    count = len(names)
    if count > _MOST_BLOCKS:
        raise FlownetError(f"{count} {basis}: their matrix is split for at most {_MOST_BLOCKS}.")
    matrix = np.empty((count, count))
    step = max(1, _BATCH // len(labels))
    for first in range(0, count, step):
        chosen = np.arange(first, min(first + step, count))
        parts = np.where(labels == chosen[:, None], taken.delta, 0.0)
        for a, bend in zip(chosen, taken.hessian.action(parts)):
            matrix[a] = np.bincount(labels, bend * taken.delta, count) / 2
    twist = (
        _third(taken, labels, count) if (count <= 64 if third is None else third) else [np.nan] * 3
    )
    return BlockSplit(
        basis,
        names,
        np.bincount(labels, taken.dL * taken.delta, count),
        (matrix + matrix.T) / 2,
        *twist,
    )


def _third(taken, labels, count):
    """T(δ,δ,δ)/6, its part of one block, its part of exactly two equal blocks."""
    P1 = B = 0.0
    for a in range(count):
        part = np.where(labels == a, taken.delta, 0.0)
        twist = taken.hessian.third_action(part)
        P1, B = P1 + twist @ part, B + twist @ taken.delta
    whole = taken.hessian.third_action(taken.delta) @ taken.delta
    return float(whole / 6), float(P1 / 6), float((B - P1) / 2)


def _layers(taken):
    ranges = taken.network.ranges
    return (
        [f"layer {i + 1}" for i in range(len(ranges))],
        np.repeat(np.arange(len(ranges)), [end - begin for begin, end in ranges]),
    )


def _neurons(taken):
    """A neuron is a unit with its incoming weights and its bias."""
    network = taken.network
    names = [
        f"layer {layer} unit {i + 1}"
        for layer, n_out in enumerate(network.sizes[1:], 1)
        for i in range(n_out)
    ]
    return names, network.unit_labels
