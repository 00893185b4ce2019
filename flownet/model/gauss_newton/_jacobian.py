"""The Jacobian J = ∂Ŷ/∂W of a network on its data as an operator: pushforward and pullback."""

import numpy as np
from scipy.sparse.linalg import LinearOperator

from ..._errors import FlownetError
from .. import _check
from ..hessian import NetworkState
from ..network import in_complex, in_reals


class Jacobian(LinearOperator):
    """J (m·n_out, D) at W; `J @ V` pushes forward, `J.H @ C` pulls back, from the state kept at W.

    Outputs of all samples are one vector, sample by sample. Of complex parameters and outputs it
    acts on and gives the reals (re, im, re, im, …) that they are.

    Attributes
    ----------
    loss : float
        L(W).
    dL : ndarray (D,)
    """

    def __init__(self, potential, W, state=None):
        self._state = state or NetworkState(potential, W)
        self._potential, self._as_reals = potential, potential.network.as_reals
        data = self._state.data
        self.m, self.n = data.y.shape
        size = potential.size * (1 + potential.network.is_complex)
        super().__init__(self._state.dtype, (self.m * self.n, size))

    def __reduce__(self):
        return type(self), (self._potential, self._state.given)

    @property
    def loss(self):
        """L(W)."""
        return self._state.loss

    @property
    def dL(self):
        """Covector dL (D,)."""
        return in_reals(self._state.dL)

    def pushforward(self, V):
        """Pushforward (JVP) J·V (m·n_out,) of a displacement (D,)."""
        y = self.push(self._given("V", V, self.shape[1]))
        return in_reals(np.ascontiguousarray(self._as_reals.outputs(y))).reshape(-1)

    def pullback(self, C):
        """Pullback (VJP) Jᵀ·C (D,) of a cotangent (m·n_out,) on the outputs."""
        C = self._given("C", C, self.shape[0]).reshape(self.m, self.n)
        if self._potential.network.output_dtype.kind == "c":
            C = self._as_reals.samples(in_complex(C))
        return self.pull(C)

    def push(self, V):
        """J·V (m, n) as kernels lay outputs out, of a displacement (D,) in reals."""
        s, y = self._state, np.empty((self.m, self.n), self.dtype)
        if self.of_complex:
            V = self._as_reals.displacement(in_complex(V))
        with self._tangent() as t:
            s.kernels.push_at(s.net, s.data, s.W, V, s.at, t, y, s.threads)
        return y

    def pull(self, C):
        """Jᵀ·C (D,) in reals, of a cotangent (m, n) as kernels lay outputs out."""
        s, out = self._state, np.empty_like(self._state.W)
        C = np.ascontiguousarray(C, self.dtype)
        with self._tangent() as t:
            s.kernels.pull_at(s.net, s.data, s.W, C, s.at, t, out, s.threads)
        return in_reals(self._as_reals.covector(out))

    def pull_to_units(self, C):
        """The cotangents G_z (m·units,) of all units, of a cotangent (m, n) on the outputs."""
        s, C = self._state, np.ascontiguousarray(C, self.dtype)
        with self._tangent() as t:
            s.kernels.pull_to_units(s.net, s.data, s.W, C, s.at, t, s.threads)
            return np.array(t.g1)

    @property
    def of_complex(self):
        """Whether parameters are complex, and units pairs."""
        return self._potential.network.is_complex

    def layers(self, units):
        """Of each layer its cotangents (m, k, n_out), inputs (m, n_in) and whether it has a bias.

        `units` are k arrays (m·units,) of cotangents of all units.
        """
        s, a = self._state, self._state.data.x
        kept = s.at.a
        for layer in range(len(s.net.weight)):
            yield np.stack([s.rows(g, layer) for g in units], 1), a, s.net.bias[layer] >= 0
            a = s.rows(kept, layer)

    def _tangent(self):
        s = self._state
        return self._potential.borrowed(
            "tangent of one", lambda: s.kernels.tangent(s.net, s.m, self.dtype)
        )

    def _given(self, name, V, size):
        V = _check.array(name, V)
        if V.dtype.kind not in "biuf" or V.size != size:
            raise FlownetError(
                f"{name} has shape {V.shape} and holds {V.dtype}; the Jacobian wants "
                f"({size},) real numbers there."
            )
        return np.ascontiguousarray(V.reshape(-1), self.dtype)

    def _matvec(self, V):
        return self.pushforward(V)

    def _rmatvec(self, C):
        return self.pullback(C)
