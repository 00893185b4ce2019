"""The Hessian of a complex network's loss: real-linear, an operator on the reals (re, im, …)."""

from functools import cached_property

import numpy as np

from .._errors import FlownetError
from ._network_hessian import NetworkHessian
from ._picture import in_complex, in_reals

_AT_ONCE = 64  # unit displacements whose actions are worked out together


class ComplexHessian(NetworkHessian):
    """H of a `Potential` of a complex network at W (D,), acting on 2D reals.

    A complex displacement V (D,) is taken too, and gives a covector ∂/∂x + i∂/∂y (D,): the pairing
    ⟨V, HV⟩ = Re Σ conj(V)·HV is the same number either way.
    """

    def __init__(self, potential, W):
        self._picture = potential.network.picture
        self._given = W.copy()
        super().__init__(potential, self._picture.point(W))

    def action(self, V):
        """H·V of a displacement, or of each row of V: (2D,) or (R, 2D) real, (D,) … complex."""
        return self._in_kind(self._actions, V)

    def third_action(self, V):
        """T[V,V] = ∇⟨V, HV⟩ of a displacement, or of each row of V, in the same kind."""
        return self._in_kind(self._third_actions, V)

    @cached_property
    def dL(self):
        """Covector dL as reals (2D,)."""
        return in_reals(self._potential.differential(self._given)[1])

    def diagonal(self):
        """H_ii (2D,), Re and Im apart: exact, by unit displacements."""
        return self._by_units(lambda units, rows: (self.action(units)[:, rows].diagonal(),))[0]

    def diagonals(self, V):
        """H_ii, Σ_k T_iik·V_k and T_iii: three arrays (2D,), exact, by unit displacements."""
        V = in_reals(np.asarray(V)).astype(self.dtype)

        def of(units, rows):
            bent = self.third_action(units)
            return self.action(units)[:, rows].diagonal(), bent @ V, bent[:, rows].diagonal()

        return self._by_units(of)

    def _by_units(self, of):
        parts = []
        for begin in range(0, self.shape[0], _AT_ONCE):
            rows = np.arange(begin, min(begin + _AT_ONCE, self.shape[0]))
            units = np.zeros((len(rows), self.shape[0]), self.dtype)
            units[np.arange(len(rows)), rows] = 1
            parts.append(of(units, rows))
        return [np.concatenate(part) for part in zip(*parts)]

    def _in_kind(self, act, V):
        """What an action on planes gives for V, in V's own kind of numbers."""
        V = np.asarray(V)
        reals = in_reals(np.ascontiguousarray(V)) if V.dtype.kind == "c" else V
        if reals.ndim not in (1, 2) or reals.shape[-1] != self.shape[0]:
            D = self.shape[0]
            raise FlownetError(f"V has shape {V.shape}; the Hessian acts on ({D},) or (R, {D}) "
                               f"reals, or half as many complex numbers.")
        rows = reals.astype(self.dtype, copy=False).reshape(-1, self.shape[0])
        moved = np.array([self._picture.displacement(in_complex(row)) for row in rows])
        found = np.array([in_reals(self._picture.covector(row)) for row in act(moved)])
        found = found.reshape(reals.shape).astype(self.dtype, copy=False)
        return in_complex(found) if V.dtype.kind == "c" else found
