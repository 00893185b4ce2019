"""Sums of potentials: `potential + 0.01 * fn.Parabola(net.size)`."""

import numbers

import numpy as np

from ..._errors import FlownetError
from ..hessian import SumHessian
from ..network import in_complex, in_reals


class Summable:
    """What every potential has: sums, multiples, and what follows from its jet.

    A potential offers `size`, `dtype`, `value(W)`, `differential(W)`, `jet(W, V, order)`,
    `hessian(W)` and `atoms()`, the terms of its sum as pairs (scale, potential).
    """

    def pushforward(self, W, V):
        """dL(V), the change of L to first order along V (D,): a float."""
        return float(self.jet(W, V, 1)[1])

    def difference(self, W, V):
        """L(W + V) − L(W), what a displacement V (D,) delivers: a float."""
        return float(self.value(np.asarray(W) + V) - self.value(W))

    def hessian_action(self, W, V):
        """H·V, exact, of a displacement V (D,) or of each row of V (R, D); the same shape."""
        return self._of_reals(self.hessian(W).action, V)

    def third_action(self, W, V):
        """T[V,V] = ∇⟨V, HV⟩ (D,), exact: how the curvature along V changes."""
        return self._of_reals(self.hessian(W).third_action, V)

    def _of_reals(self, act, V):
        """What an operator on reals makes of V; of complex numbers through their reals."""
        V = np.asarray(V)
        if V.dtype.kind != "c":
            return act(V)
        if self.dtype is None or self.dtype.kind != "c":
            raise FlownetError("V is complex; the potential's parameters are real.")
        return in_complex(act(in_reals(np.ascontiguousarray(V, self.dtype))))

    def hessian_diagonal(self, W):
        """H_ii (D,), exact."""
        return self.hessian(W).diagonal()

    def diagonals(self, W, V):
        """H_ii, its change Σ_k T_iik·V_k along V (D,), and T_iii: three arrays (D,), exact."""
        return self.hessian(W).diagonals(V)

    def __add__(self, other):
        if not isinstance(other, Summable):
            return NotImplemented
        return Sum(self.atoms() + other.atoms())

    def __radd__(self, other):
        return self if isinstance(other, numbers.Real) and other == 0 else NotImplemented  # sum()

    def __neg__(self):
        return -1.0 * self

    def __truediv__(self, scale):
        if isinstance(scale, numbers.Real) and scale == 0:
            raise FlownetError("a potential cannot be divided by 0.")
        return (1.0 / scale) * self

    def __mul__(self, scale):
        if not isinstance(scale, numbers.Real):
            return NotImplemented
        if not np.isfinite(scale):
            raise FlownetError(f"a potential cannot be scaled by {scale}.")
        return Sum([(scale * factor, atom) for factor, atom in self.atoms()])

    __rmul__ = __mul__

    def __sub__(self, other):
        return self + (-1.0) * other


def differential(potential, W, lowest):
    """L(W) and dL (D,), of a network's term down to its layer `lowest`, counted from 0."""
    if lowest and getattr(potential, "stops", False):
        return potential.differential(W, lowest=lowest)
    return potential.differential(W)


class Sum(Summable):
    """A sum Σ scale·L(W) of potentials of the same parameters."""

    stops = True  # its pullback stops at a layer if told so

    def __init__(self, terms):
        self.terms = [(float(scale), potential) for scale, potential in terms]
        sizes = sorted({potential.size for _, potential in self.terms})
        if len(sizes) > 1:
            raise FlownetError(f"potentials of {sizes[0]} and {sizes[1]} parameters do not add.")
        real = next((p for _, p in self.terms if getattr(p, "real_only", False)), None)
        if real is not None and self.dtype is not None and self.dtype.kind == "c":
            raise FlownetError(
                f"{real!r} is one of real numbers; it does not add to a potential "
                "of complex ones, but a Parabola does."
            )

    @property
    def size(self):
        """D, the number of parameters."""
        return self.terms[0][1].size

    @property
    def dtype(self):
        """Precision of the parameters: that of the network, if there is one."""
        kinds = [potential.dtype for _, potential in self.terms if potential.dtype is not None]
        return kinds[0] if kinds else None

    @property
    def network(self):
        """Network of the term that has one, or None."""
        return next((n for _, p in self.terms if (n := getattr(p, "network", None))), None)

    @property
    def data(self):
        """Data of the term that has some, or None."""
        return next((d for _, p in self.terms if (d := getattr(p, "data", None))), None)

    def atoms(self):
        """Terms as pairs (scale, potential)."""
        return list(self.terms)

    def value(self, W):
        """L(W), a float."""
        return sum(scale * potential.value(W) for scale, potential in self.terms)

    def differential(self, W, *, lowest=0):
        """L(W) and the covector dL (D,); that of a network down to its layer `lowest`, from 0."""
        W = np.asarray(W, self.dtype)
        parts = [(scale, differential(potential, W, lowest)) for scale, potential in self.terms]
        return (
            sum(scale * loss for scale, (loss, _) in parts),
            sum(np.asarray(dL).dtype.type(scale) * dL for scale, (_, dL) in parts),
        )

    def jet(self, W, V, order=2):
        """Taylor coefficients c (order+1,) of s ↦ L(W + sV)."""
        return sum(scale * potential.jet(W, V, order) for scale, potential in self.terms)

    def bends(self, W, V, order=2):
        """Taylor coefficients c (order+1,) of the loss along a straight line of outputs."""
        return sum(scale * potential.bends(W, V, order) for scale, potential in self.terms)

    def hessian(self, W):
        """H at W as a `scipy.sparse.linalg.LinearOperator`; of complex W one on its reals."""
        return SumHessian(self.terms, np.asarray(W, self.dtype))

    def difference(self, W, V):
        """L(W + V) − L(W), term by term."""
        return sum(scale * potential.difference(W, V) for scale, potential in self.terms)

    def with_dtype(self, dtype):
        """The same sum in another precision."""
        return Sum([(scale, potential.with_dtype(dtype)) for scale, potential in self.terms])

    def on(self, rows):
        """The sum with its network's term on some samples alone."""
        return Sum([(scale, p.on(rows) if hasattr(p, "on") else p) for scale, p in self.terms])

    def __repr__(self):
        return " + ".join(f"{scale:g}·[{potential!r}]" for scale, potential in self.terms)
