"""Sums of potentials: `potential + 0.01 * fn.Parabola(net.size)`."""

import operator

import numpy as np

from ..._errors import FlownetError, shown
from .._check import array, is_real
from ._contract import AnyPotential
from ._own import as_potential


class Sum(AnyPotential):
    """A sum Σ scale·L(W) of potentials of the same parameters."""

    def __init__(self, terms):
        for scale, _ in terms:
            if not is_real(scale):
                raise FlownetError(f"scale is {shown(scale)}; it has to be a finite number.")
        self.terms = [(float(scale), as_potential(potential)) for scale, potential in terms]
        sizes = sorted({potential.size for _, potential in self.terms})
        if len(sizes) > 1:
            raise FlownetError(f"potentials of {sizes[0]} and {sizes[1]} parameters do not add.")
        real = next((p for _, p in self.terms if p.real_only), None)
        if real is not None and self.dtype is not None and self.dtype.kind == "c":
            raise FlownetError(
                f"{real!r} is one of real numbers; it does not add to a potential "
                "of complex ones, but a Parabola does."
            )

    @property
    def device(self):
        """Whose kernels its terms work with."""
        return self.terms[0][1].device

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
        return next((p.network for _, p in self.terms if p.network is not None), None)

    @property
    def data(self):
        """Data of the term that has some, or None."""
        return next((p.data for _, p in self.terms if p.data is not None), None)

    def offers(self, *names):
        """Whether every term offers all of these."""
        return super().offers(*names) and all(term.offers(*names) for _, term in self.terms)

    def atoms(self):
        """Terms as pairs (scale, potential)."""
        return list(self.terms)

    def project(self, W):
        """What each of its terms asks for."""
        for _, term in self.terms:
            term.project(W)

    def value(self, W):
        """L(W), a float."""
        return sum(scale * potential.value(W) for scale, potential in self.terms)

    def differential(self, W, *, lowest=0):
        """L(W) and the covector dL (D,); that of a network down to its layer `lowest`, from 0."""
        W = np.asarray(array("W", W), self.dtype)
        return self._added(lambda term: term.differential(W, lowest=lowest))

    def differential_on(self, rows, W, *, lowest=0):
        """L(W) and dL (D,) of the sum, its network's term on some samples alone."""
        W = np.asarray(array("W", W), self.dtype)
        return self._added(lambda term: term.differential_on(rows, W, lowest=lowest))

    def _added(self, differential):
        """Σ scale·(L, dL) of the terms."""
        parts = [(scale, differential(term)) for scale, term in self.terms]
        return (
            sum(scale * loss for scale, (loss, _) in parts),
            sum(np.asarray(dL).dtype.type(scale) * dL for scale, (_, dL) in parts),
        )

    def jet(self, W, V, order=2):
        """Taylor coefficients c (order+1,) of s ↦ L(W + sV)."""
        return sum(scale * potential.jet(W, V, order) for scale, potential in self.terms)

    def jet_error(self, W, V, order=2):
        """By how much the methods of its terms may put each coefficient off."""
        return sum(abs(scale) * potential.jet_error(W, V, order) for scale, potential in self.terms)

    @property
    def jet_order(self):
        """The highest order of its jets."""
        return min(potential.jet_order for _, potential in self.terms)

    def programs(self):
        """What a file keeps of terms that no table can make again."""
        return [program for _, potential in self.terms for program in potential.programs()]

    def linearized_jet(self, W, V, order=2):
        """Taylor coefficients c (order+1,) of the loss along a straight line of outputs."""
        return sum(scale * potential.linearized_jet(W, V, order) for scale, potential in self.terms)

    def hessian(self, W):
        """H at W as a `scipy.sparse.linalg.LinearOperator`; of complex W one on its reals."""
        from ..hessian import SumHessian  # scipy's operators take a tenth of a second

        return SumHessian(self.terms, np.asarray(array("W", W), self.dtype))

    def gauss_newton(self, W):
        """Gauss-Newton at W; of a formula, whose outputs are W itself, its Hessian."""
        return self._operator("gauss_newton", W)

    def fisher(self, W):
        """Fisher information at W; of a Parabola, a Gaussian prior's, its Hessian."""
        return self._operator("fisher", W)

    def empirical_fisher(self, W):
        """Empirical Fisher at W of the one term that has samples."""
        return self._operator("empirical_fisher", W)

    def map_bends(self, W):
        """What the maps bend, H less Gauss-Newton, at W."""
        return self._operator("map_bends", W)

    def _operator(self, name, W):
        """Σ scale·A of the terms' operators of a name."""
        from ..gauss_newton import SumAction

        W = np.asarray(array("W", W), self.dtype)
        return SumAction([(s, operator.methodcaller(name, W)(p)) for s, p in self.terms])

    def difference(self, W, V):
        """L(W + V) − L(W), term by term."""
        return sum(scale * potential.difference(W, V) for scale, potential in self.terms)

    def with_dtype(self, dtype):
        """The same sum in another precision."""
        return Sum([(scale, potential.with_dtype(dtype)) for scale, potential in self.terms])

    def on_device(self, device):
        """The same sum with the kernels of a device, or the line that says why not."""
        if isinstance(device, str) and device == self.device:
            return self
        return Sum([(scale, potential.on_device(device)) for scale, potential in self.terms])

    def on(self, rows):
        """The sum with its network's term on some samples alone."""
        return Sum([(scale, potential.on(rows)) for scale, potential in self.terms])

    def __repr__(self):
        return " + ".join(f"{scale:g}·[{potential!r}]" for scale, potential in self.terms)
