"""What a cost does to a state: it pulls the outputs to the truth, by a spring or another force.

The nudged energy is F = E + βC. Of C = ½(o − y)·γ(o − y) the part that pulls is a spring βγ to y;
frozen at the free outputs o₀ it is the steady force −βγ(o₀ − y). Any other pull, such as that of a
cross-entropy, or of outputs that are read off a state, moves with the outputs, sweep by sweep.
"""

from typing import Any, NamedTuple

import numpy as np

from .._errors import FlownetError
from ..kernels.layout import Pull
from ..model.potential import CrossEntropy, Quadratic


class Moving(NamedTuple):
    """The pull of βC, taken anew at the outputs of every sweep."""

    cost: Any
    nudge: complex
    rows: Any

    def at(self, o):
        """The steady pull that it is at outputs o."""
        return self.cost.steady(self.nudge, self.cost.force(o, self.rows), o.dtype)


def cost_of(loss, y, dtype):
    """What pulls, of a loss and the truth."""
    if type(loss) is CrossEntropy:
        return SoftmaxCost(loss, y, dtype)
    return SpringCost(loss, y, dtype)


class SpringCost:
    """The quadratic cost of outputs, sample by sample, in a diagonal metric γ."""

    def __init__(self, loss, y, dtype):
        if type(loss) is not Quadratic:
            raise FlownetError(
                f"the cost is {loss!r}; it has to be flownet.Quadratic() or flownet.CrossEntropy()."
            )
        dtype = np.zeros(0, dtype).real.dtype
        compiled, y, weights = loss.compiled(y, dtype)
        _refuse_coupled(loss)
        if y.dtype.kind == "c":  # real and imaginary parts, as its metric has them
            y = np.concatenate([y.real, y.imag], axis=1)
        gamma = compiled.gamma
        if gamma.size and np.count_nonzero(gamma - np.diag(np.diag(gamma))):
            raise FlownetError(
                "the cost has an output_metric that is not diagonal: each output has a spring of "
                "its own; give one number for each."
            )
        self.y = np.ascontiguousarray(y, dtype)
        self.gamma = np.diag(gamma).copy() if gamma.size else np.ones(y.shape[1], dtype)
        self.weights = weights.astype(np.float64) if weights.size else np.ones(len(y))

    def pull(self, nudge, rows, dtype):
        """The pull of βC."""
        return self.spring(nudge, rows, dtype)

    def values(self, o, rows):
        """C (m,) at outputs o."""
        e = (o - self.y[rows]).astype(np.result_type(o, np.float64))
        return 0.5 * (e * e) @ self.gamma

    def force(self, o, rows):
        """c = ∂C/∂o (m, n_out)."""
        return self.gamma * (o - self.y[rows])

    def spring(self, nudge, rows, dtype):
        """The pull of βC."""
        held = (nudge * self.gamma).astype(dtype)
        return Pull(held * self.y[rows], held)

    def steady(self, nudge, c, dtype):
        """The pull of β⟨c, o⟩, with c as it was."""
        return Pull((-nudge * c).astype(dtype), np.zeros(c.shape[1], dtype))

    def force_series(self, o, rows):
        """Taylor coefficients of c = ∂C/∂o, of those of the outputs, arrays (m, n_out)."""
        return [
            self.gamma * o[0] - self.gamma * self.y[rows],
            *(self.gamma * each for each in o[1:]),
        ]

    def series(self, o, rows):
        """Taylor coefficients (m, K) of C, of those of the outputs, K arrays (m, n_out)."""
        e = [o[0] - self.y[rows], *o[1:]]
        return np.stack(
            [
                self.weights[rows] * sum(0.5 * (e[i] * e[k - i]) @ self.gamma for i in range(k + 1))
                for k in range(len(e))
            ],
            axis=1,
        )


class SoftmaxCost:
    """Cross-entropy of outputs, C = −Σ q·log softmax(o/kT)."""

    def __init__(self, loss, y, dtype):
        _refuse_coupled(loss)
        of_one = CrossEntropy(temperature=loss.temperature, output_metric=loss.output_metric)
        _, q, _ = of_one.compiled(y, dtype)
        self.q, self.temperature = q, loss.temperature
        own = loss.sample_metric
        self.weights = np.ones(len(y)) if own is None else own.astype(np.float64)

    def pull(self, nudge, rows, dtype):
        """The pull of βC."""
        return Moving(self, nudge, rows)

    def values(self, o, rows):
        """C (m,) at outputs o."""
        up = o.astype(np.result_type(o, np.float64)) / self.temperature
        up = up - up.real.max(axis=1, keepdims=True)
        q = self.q[rows].astype(np.float64)
        return q.sum(axis=1) * np.log(np.exp(up).sum(axis=1)) - (q * up).sum(axis=1)

    def force(self, o, rows):
        """c = ∂C/∂o (m, n_out) = (P̂·Σq − q)/kT, of complex outputs too."""
        q = self.q[rows]
        p = np.exp((o - o.real.max(axis=1, keepdims=True)) / self.temperature)
        p = p / p.sum(axis=1, keepdims=True)
        return ((p * q.sum(axis=1, keepdims=True) - q) / self.temperature).astype(o.dtype)

    def steady(self, nudge, c, dtype):
        """The pull of β⟨c, o⟩, with c as it was."""
        return Pull((-nudge * c).astype(dtype), np.zeros(c.shape[1], dtype))

    def force_series(self, o, rows):
        """Taylor coefficients of c = ∂C/∂o, of those of the outputs, arrays (m, n_out).

        Of u = o/kT those of e^u follow from k·e_k = Σ j·u_j·e_{k−j}, those of Z = Σe^u by sums, and
        those of P̂ = e^u/Z from e_k = Σ Z_j·P̂_{k−j}.
        """
        (e, Z), q = self._exponentials(o), self.q[rows]
        p: list[Any] = []
        for k in range(len(o)):
            p.append((e[k] - sum(Z[j] * p[k - j] for j in range(1, k + 1))) / Z[0])
        whole = q.sum(axis=1, keepdims=True)
        found = [whole * each / self.temperature for each in p]
        found[0] = found[0] - q / self.temperature
        return [each.astype(o[0].dtype) for each in found]

    def series(self, o, rows):
        """Taylor coefficients (m, K) of C, of those of the outputs, K arrays (m, n_out).

        Those of log Z follow from k·Z_k = Σ j·log_j·Z_{k−j}.
        """
        (_, Z), q = self._exponentials(o), self.q[rows].astype(np.float64)
        logs: list[Any] = [0.0]  # log Z itself is in C, the first coefficient
        for k in range(1, len(o)):
            lower = sum(j * logs[j] * Z[k - j][:, 0] for j in range(1, k)) / k
            logs.append((Z[k][:, 0] - lower) / Z[0][:, 0])
        whole, of_truth = q.sum(axis=1), [(q * each).sum(axis=1) / self.temperature for each in o]
        rest = [whole * log - truth for log, truth in zip(logs[1:], of_truth[1:])]
        return self.weights[rows, None] * np.stack([self.values(o[0], rows), *rest], axis=1)

    def _exponentials(self, o):
        """Coefficients of e^u (m, n_out) and of their sums (m, 1), up to a factor of both."""
        u = [each.astype(np.float64) / self.temperature for each in o]
        e = [np.exp(u[0] - u[0].max(axis=1, keepdims=True))]
        for k in range(1, len(u)):
            e.append(sum(j * u[j] * e[k - j] for j in range(1, k + 1)) / k)
        return e, [each.sum(axis=1, keepdims=True) for each in e]

    @property
    def y(self):
        """None that outputs could be held at: they are logarithms of probabilities."""
        raise FlownetError(
            "contrastive and coupled learning hold outputs at the truth, which those of a "
            "cross-entropy are not to reach: take a Quadratic cost."
        )


def _refuse_coupled(loss):
    if loss.couples:
        raise FlownetError(
            "the cost has a full (m, m) sample_metric, which couples samples: each relaxes by "
            "itself; give one weight for each."
        )
