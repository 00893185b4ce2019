"""The metric that couples layers of equal shape: g_[ij] not diagonal in i, j (TM 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import kind
from ._coupling import coupling
from ._layer import check_network
from ._metric import Metric
from ._ranges import Ranges

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from ..._types import Vector
    from ...model.network import Network

_SYMMETRIC = 1e-12  # relative: what rounding may leave between g_ij and g_ji
_POSITIVE = 1e-13  # of the largest eigenvalue: below it the inverse is noise


@dataclass(frozen=True)
class Stack:
    """Ranges of W of one extent that are coupled: where each begins, and g_[ij] in four forms."""

    begins: np.ndarray
    extent: int
    flat: np.ndarray  # g_[ij] (n, n)
    sharp: np.ndarray  # g^[ij]
    root: np.ndarray  # g^{1/2}, symmetric
    inverse_root: np.ndarray

    def times(self, matrix, V, out):
        """Write matrix·V of the stack's ranges of V (D,) into those of `out`."""
        rows = np.stack([V[begin : begin + self.extent] for begin in self.begins])
        for begin, row in zip(self.begins, matrix.astype(V.real.dtype) @ rows):
            out[begin : begin + self.extent] = row


class CoupledRanges(Metric):
    """g_[ij] (n, n) between n ranges of W, bounds[i] … bounds[i+1]; coupled ones of one extent.

    It is factorised once, here: one symmetric eigendecomposition of each stack of coupled ranges.
    """

    is_compiled = True

    def __init__(self, bounds: ArrayLike, stiffness: ArrayLike) -> None:
        self.bounds = np.asarray(bounds, np.int64)
        self.size = int(self.bounds[-1])
        self.stiffness = np.asarray(stiffness, np.float64)
        together = [np.array(found) for found in _coupled(self.stiffness)]
        own = self.stiffness.diagonal().copy()
        for ranges in together:
            own[ranges] = 1.0
        self._rest = Ranges(self.bounds, own)
        self.stacks = [self._stack(ranges) for ranges in together]

    def _stack(self, ranges):
        g = self.stiffness[np.ix_(ranges, ranges)]
        values, U = np.linalg.eigh(g)
        if not values[0] > _POSITIVE * values[-1]:
            raise FlownetError(
                f"the metric of the coupled layers {_and(ranges)} is not positive: its least "
                f"eigenvalue is {values[0]:.3g}, its largest {values[-1]:.3g}; a coupling has to "
                "stay below √(g_ii·g_jj)."
            )
        forms = (g, *((U * values**power) @ U.T for power in (-1, 0.5, -0.5)))
        return Stack(self.bounds[ranges], int(np.diff(self.bounds)[ranges[0]]), *forms)

    @property
    def coupled(self) -> Vector:
        """Which of the ranges (n,) are coupled to others."""
        return ((self.stiffness != 0) & ~np.eye(len(self.stiffness), dtype=bool)).any(axis=1)

    @property
    def own(self) -> Vector:
        """g_ii (D,), the stiffness of each parameter moved by itself."""
        return np.repeat(self.stiffness.diagonal(), np.diff(self.bounds))

    @property
    def free(self) -> Vector:
        """Mask (D,) of the components that may move."""
        return self._rest.free

    def sharp(self, dL: Vector) -> Vector:
        """Direction g^♯dL (D,), g^[ij] dL_j."""
        return self._apply(lambda stack: stack.sharp, self._rest.sharp, self._vector("dL", dL))

    def flat(self, V: Vector) -> Vector:
        """Covector g♭V (D,), g_[ij] V^j; 0 where a frozen component does not move."""
        return self._apply(lambda stack: stack.flat, self._rest.flat, self._vector("V", V))

    def coordinates(self, V: Vector) -> Vector:
        """Orthonormal coordinates g^{1/2}V (D,) of a displacement; 0 for a frozen component."""
        V = self._vector("V", V)
        return self._apply(lambda stack: stack.root, self._rest.coordinates, V)

    def displacement(self, x: Vector) -> Vector:
        """Displacement g^{-1/2}x (D,) of orthonormal coordinates; 0 for a frozen component."""
        x = self._vector("x", x)
        return self._apply(lambda stack: stack.inverse_root, self._rest.displacement, x)

    def _apply(self, matrix_of, rest, V):
        """One of the four forms on V (D,): that of the stacks, and beside them that of the rest."""
        out = rest(V)
        for stack in self.stacks:
            stack.times(matrix_of(stack), V, out)
        return out

    def real_view(self) -> Metric:
        """The same metric of the 2D reals (re, im, re, im, …) that complex parameters are."""
        return CoupledRanges(2 * self.bounds, self.stiffness)

    @property
    def diagonal(self) -> bool:  # type: ignore[override]
        """Whether no two parameters are coupled."""
        return not self.stacks

    def compiled(self, dtype: DTypeLike) -> Any:
        """What kernels know of it: bounds, inverse stiffness and `Coupling` in a precision."""
        return (
            self._rest.bounds,
            self._rest.inverse,
            coupling([(stack.begins, stack.extent, stack.sharp) for stack in self.stacks], dtype),
        )


@kind("metric", "coupled")
class CoupledMetric(CoupledRanges):
    """A metric that couples layers of equal shape: its length is Σ_ij g_ij ⟨V^i, V^j⟩ (TM 7).

    A move of one layer then costs less together with a like move of another (g_ij < 0), or more
    (g_ij > 0); raising the index, V^i = −Σ_j g^[ij] dL_j, lets a layer follow what another one
    feels. The matrix is inverted once, when the metric is made, by its eigenvalues.

    Parameters
    ----------
    network : Network
    stiffness : array (L, L)
        g_[ij], symmetric and positive, a row for each layer. Its diagonal is what `LayerMetric`
        takes, `inf` there freezes the layer; g_ij ≠ 0 couples the layers i and j.

    Raises
    ------
    FlownetError
        Unless the matrix has a row for each layer, is symmetric and positive, and couples layers of
        one shape alone, none of them frozen.

    Examples
    --------
    >>> import flownet as fn
    >>> net = fn.Network([2, 8, 8, 8, 1])
    >>> metric = fn.CoupledMetric(net, [[1.0, 0.0, 0.0, 0.0],
    ...                                 [0.0, 1.0, -0.5, 0.0],
    ...                                 [0.0, -0.5, 1.0, 0.0],
    ...                                 [0.0, 0.0, 0.0, 1.0]])
    """

    def __init__(self, network: Network, stiffness: ArrayLike) -> None:
        check_network(network)
        g = _matrix(stiffness, network.layers)
        shapes = [f"{n_out}×{n_in}" for n_in, n_out in zip(network.sizes, network.sizes[1:])]
        extents = [end - begin for begin, end in network.ranges]
        for i, j in zip(*np.nonzero(np.triu(g, 1))):
            if shapes[i] != shapes[j] or extents[i] != extents[j]:
                raise FlownetError(
                    f"layers {i + 1} ({shapes[i]}) and {j + 1} ({shapes[j]}) are "
                    "coupled; only layers of equal shape can be."
                )
            if np.isinf(g[[i, j], [i, j]]).any():
                raise FlownetError(
                    f"layers {i + 1} and {j + 1} are coupled and one of them is "
                    "frozen; a frozen layer couples to none: 0 beside its inf."
                )
        super().__init__([0, *(end for _, end in network.ranges)], g)

    def parameters(self) -> dict[str, Any]:
        """What makes this metric again, beside its network."""
        return {"stiffness": self.stiffness.tolist()}

    def __repr__(self):
        return f"CoupledMetric({self.stiffness.tolist()})"


def _matrix(given, layers):
    """Symmetric (L, L) with numbers above 0 on its diagonal."""
    try:
        g = np.array(given, np.float64)
    except (TypeError, ValueError, OverflowError):
        g = np.zeros(0)
    own = g.diagonal() if g.ndim == 2 else np.zeros(0)
    others = g[~np.eye(*g.shape, dtype=bool)] if g.ndim == 2 else np.zeros(0)
    if g.shape != (layers, layers) or not (own > 0).all() or not np.isfinite(others).all():
        raise FlownetError(
            f"stiffness is {shown(given)}; it has to be a matrix ({layers}, "
            f"{layers}), numbers above 0 on its diagonal (inf freezes a layer), "
            "beside it the coupling of two layers."
        )
    with np.errstate(invalid="ignore"):
        apart = np.abs(np.where(np.eye(layers), 0.0, g - g.T)).max()
    if apart > _SYMMETRIC * np.abs(others).max(initial=0.0):
        i, j = np.unravel_index(np.argmax(np.abs(np.where(np.eye(layers), 0.0, g - g.T))), g.shape)
        raise FlownetError(
            f"stiffness is not symmetric: {g[i, j]:g} from layer {i + 1} to "
            f"{j + 1}, {g[j, i]:g} back."
        )
    upper = np.triu(g, 1)
    return np.diag(own) + upper + upper.T


def _coupled(g):
    """Lists of the ranges that hang together by g_ij ≠ 0, of two or more."""
    left, found = set(range(len(g))), []
    while left:
        group, new = set(), {min(left)}
        while new:
            group |= new
            new = {j for i in new for j in np.flatnonzero(g[i]).tolist()} - group
        left -= group
        if len(group) > 1:
            found.append(sorted(group))
    return found


def _and(ranges):
    names = [str(i + 1) for i in ranges]
    return f"{', '.join(names[:-1])} and {names[-1]}"
