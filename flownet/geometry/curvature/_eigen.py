"""Extreme eigenpairs of a symmetric operator: Lanczos with full reorthogonalisation and restarts.

ARPACK (`eigsh`) first multiplies its start by the operator and so never sees an exact kernel, gives
up at the zero operator, and measures its tolerance by each eigenvalue, however small: the lowest
direction of a flat valley is what it misses. Here the tolerance is relative to the largest |λ|.
"""

import numpy as np

from ..._random import stream_key, uniform
from ._lanczos import BREAKDOWN, NoSpectrum, finite_norm, orthogonalise

WHICH = {
    "largest": lambda values: np.argsort(-values, kind="stable"),
    "smallest": lambda values: np.argsort(values, kind="stable"),
    "magnitude": lambda values: np.argsort(-np.abs(values), kind="stable"),
}

_PATIENCE = 10  # actions from a fresh direction that have to change nothing before an answer counts
_ROOM, _BYTES = (48, 512), 1 << 26  # basis vectors kept, within this memory where they are many
_FIRST_STREAM = 1 << 40  # of the start vectors; probes of a density count from 0


def fresh(n, counter):
    """Start vector (n,) in no particular direction; the same at every call."""
    return uniform(0, stream_key("probes", _FIRST_STREAM + counter), n) - 0.5


def extreme(operator, k, which, start, rtol, most):
    """The k largest, smallest or greatest eigenvalues (k,), descending, and unit vectors (k, n).

    A pair counts when ‖Hv − λv‖ ≤ rtol·max|λ|; `most` actions are allowed. When the Krylov space
    ends, and for k > 1 once more at the end, a fresh direction comes in, for the further copies
    of a multiple eigenvalue, of which one vector sees only one.
    """
    search = _Search(operator, k, WHICH[which], start)
    found = None
    while search.actions < most:
        search.act()
        if not search.due():
            continue
        values, S, residuals = search.ritz()
        converged = len(values) == k and (residuals <= rtol * search.scale).all()
        if search.whole or (converged and search.tried):
            known = found is not None and (abs(values - found) <= rtol * search.scale).all()
            if search.whole or k == 1 or known or search.spaces > k:
                order = np.argsort(-values, kind="stable")
                return values[order], search.vectors(S[:, order])
            found = values
            search.lock(values, S)
    raise NoSpectrum(
        f"{k} {which} eigenvalue{'s' * (k > 1)} of {operator.shape[0]} did not "
        f"converge in {search.actions} Hessian actions (rtol={rtol:g}); a larger "
        "rtol, or a start nearer to them, may do."
    )


class _Search:
    """A basis that grows by one action at a time; H·basis = T·basis + rest·e_last."""

    def __init__(self, operator, k, order, start):
        self.operator, self.k, self.order, self.n = operator, k, order, operator.shape[0]
        room = np.clip(_BYTES // (8 * self.n), *_ROOM)
        self.room = min(self.n, max(3 * k, int(room)))
        self.basis, self.T = np.empty((self.room, self.n)), np.zeros((self.room, self.room))
        self.rest, self.size, self.beta = start, 0, np.linalg.norm(start)
        self.scale, self.actions = 0.0, 0
        self.spaces, self.age = 0, 0  # Krylov spaces that came to an end, actions in this one

    def act(self):
        """One more basis vector, one action of the operator."""
        if self.size == self.room:
            self._restart()
        j, self.size = self.size, self.size + 1
        self.basis[j] = self.rest / self.beta
        image = self.operator.matvec(self.basis[j])
        self.T[: j + 1, j], self.rest = orthogonalise(self.basis[: j + 1], image)
        self.T[j, :j] = self.T[:j, j]
        self.scale = max(self.scale, finite_norm(image))
        self.beta = np.linalg.norm(self.rest)
        self.actions, self.age = self.actions + 1, self.age + 1
        if self.beta <= BREAKDOWN * self.scale and not self.whole:
            self.renew()

    @property
    def whole(self):
        """Whether the basis is all of space."""
        return self.size == self.n

    @property
    def tried(self):
        """Whether enough was seen from the last fresh direction."""
        return self.age >= _PATIENCE or self.spaces > self.k

    def due(self):
        """Whether it is time to look: the more seldom, the larger the basis."""
        return (
            self.whole
            or self.size == self.room
            or (self.size >= self.k and self.size % max(1, self.size // 8) == 0)
        )

    def ritz(self):
        """Wanted Ritz values, their vectors in the basis, and their residuals."""
        values, S = np.linalg.eigh(self.T[: self.size, : self.size])
        chosen = self.order(values)[: self.k]
        return values[chosen], S[:, chosen], self.coupling * np.abs(S[-1, chosen])

    @property
    def coupling(self):
        """‖rest‖ where it goes on from the last basis vector, 0 for a fresh direction."""
        return self.beta if self.age else 0.0

    def vectors(self, S):
        """Unit vectors (·, n) of columns in the basis."""
        found = S.T @ self.basis[: self.size]
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    def renew(self):
        """Go on from a fresh direction, orthogonal to the basis."""
        self.spaces, self.age = self.spaces + 1, 0
        vector = fresh(self.n, self.spaces)
        self.rest = orthogonalise(self.basis[: self.size], vector / np.linalg.norm(vector))[1]
        self.beta = np.linalg.norm(self.rest)

    def lock(self, values, S):
        """Keep pairs that have converged, and look for others from a fresh direction."""
        self._keep(values, S)
        self.renew()

    def _restart(self):
        """Keep the best Ritz vectors: the wanted, and half as many again as there is room for."""
        values, S = np.linalg.eigh(self.T)
        best = self.order(values)[: (self.k + self.room) // 2]
        self._keep(values[best], S[:, best])

    def _keep(self, values, S):
        self.basis[: len(values)] = S.T @ self.basis[: self.size]
        self.T[:] = 0
        self.T[range(len(values)), range(len(values))] = values
        self.size = len(values)
