"""Averages over every state of a system that can be counted."""

import numpy as np

from ..._errors import FlownetError

_MOST = 2**24  # numbers of states, of all samples


class Counted:
    """Probabilities of all states at one W and the inputs of some samples.

    Attributes
    ----------
    C : ndarray (m, K)
        Cost of each state.
    """

    def __init__(self, system, cost, temperature, W, x, rows):
        self.system, self.T, self.W, m = system, temperature, W, len(x)
        states = system.configurations()
        if m * len(states) * system.states > _MOST:
            raise FlownetError(
                f"{m} samples of {len(states)} states are more than can be counted at once: take "
                "mini-batches."
            )
        self._x, self._s = np.repeat(x, len(states), axis=0), np.tile(states, (m, 1))
        outputs = self._s[:, -system.n_out :].reshape(m, len(states), -1)
        e = outputs - cost.y[rows][:, None, :]
        self.C = 0.5 * (e * e) @ cost.gamma
        self._E = system.energy(W, self._x, self._s).reshape(m, -1)

    def log_weights(self, nudge):
        """−(E + βC)/T (m, K)."""
        return -(self._E + nudge * self.C) / self.T

    def free_energy(self, nudge):
        """𝓕 = −T·ln Z of each sample (m,)."""
        a = self.log_weights(nudge)
        most = a.max(axis=1)
        return -self.T * (most + np.log(np.exp(a - most[:, None]).sum(axis=1)))

    def probabilities(self, nudge=0.0):
        """p (m, K) at a nudge, which may be complex."""
        a = self.log_weights(nudge)
        p = np.exp(a - a.real.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def mean_cost(self, nudge=0.0):
        """⟨C⟩ of each sample (m,)."""
        return (self.probabilities(nudge) * self.C).sum(axis=1)

    def cumulants(self):
        """Mean, variance and third cumulant of C (m, 3)."""
        p = self.probabilities()
        mean = (p * self.C).sum(axis=1)
        apart = self.C - mean[:, None]
        return np.stack([mean, (p * apart**2).sum(axis=1), (p * apart**3).sum(axis=1)], axis=1)

    def covector(self, weights):
        """Σ weights·∂E/∂W (D,) over samples and states, weights being (m, K)."""
        return self.system.covector(self.W, self._x, self._s, weights.ravel())

    def covariance(self, weight):
        """−Σ weight·Cov(C, ∂E)/T (D,)."""
        p = self.probabilities()
        apart = self.C - (p * self.C).sum(axis=1, keepdims=True)
        return self.covector(-weight[:, None] * p * apart / self.T)

    def series(self, order):
        """Shares (order+1, m, K) by which p at a nudge β is a power series in β.

        e^{−βC/T} over its mean: the quotient of two series. The coefficient of ⟨∂E⟩ is a joint
        cumulant of ∂E with C, so many times over −T.
        """
        p = self.probabilities()
        apart = -(self.C - (p * self.C).sum(axis=1, keepdims=True)) / self.T
        above = [np.ones_like(p)]
        for k in range(1, order + 1):
            above.append(above[-1] * apart / k)
        below = [(p * a).sum(axis=1, keepdims=True) for a in above]
        found = []
        for k in range(order + 1):
            found.append(above[k] - sum(below[j] * found[k - j] for j in range(1, k + 1)))
        return [p * share for share in found]
