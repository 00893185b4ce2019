"""Elements between two nodes: their voltages, and the currents that they send into nodes."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

SPARSE = 200  # free nodes from which on matrices are sparse


class Branches:
    """Elements of one kind: their voltages are w = K·s + K_u·u, and each has a weight c."""

    def __init__(self, elements, nodes):
        at = {name: i for i, name in enumerate(nodes.names)}
        a, b = ([at.get(end, -1) for end in ends] for ends in _ends(elements))
        T, B = (np.vstack([M, np.zeros(M.shape[1])]) for M in (nodes.of_free, nodes.of_sources))
        self.elements, form = elements, csr_array if len(nodes.free) > SPARSE else np.asarray
        self.K, self.of_sources = form(T[a] - T[b]), form(B[a] - B[b])
        content, moves = np.append(nodes.content, 1.0), T.any(axis=1)
        self.content = np.where(moves[a], content[a], content[b])

    def __len__(self):
        return len(self.elements)

    def numbers(self, word):
        """One number of each element; NaN where it is learnt."""
        return np.array([vars(e)[word] for e in self.elements], float)

    def voltages(self, u, s):
        """w (m, branches) of sources u and free nodes s."""
        return self.along(s) + (self.of_sources @ u.T).T

    def along(self, s):
        """The change of w (m, branches) along a change s (m, n) of the free nodes."""
        return (self.K @ s.T).T

    def into_nodes(self, current):
        """Kᵀ·current (…, n)."""
        return (self.K.T @ current.T).T

    def stiffness(self, c):
        """Kᵀ·diag(c)·K (…, n, n) of curvatures c (…, branches)."""
        if isinstance(self.K, np.ndarray):
            return (self.K.T * c[..., None, :]) @ self.K
        return self.K.T @ (self.K * c[:, None])

    def rows(self, some):
        """K (some, n) of some of them."""
        rows = self.K[some]
        return rows if isinstance(rows, np.ndarray) else rows.toarray()


def _ends(elements):
    return [e.a for e in elements], [e.b for e in elements]
