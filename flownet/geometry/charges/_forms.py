"""The forms a charge takes: a balance between two layers, quadratic, and sums of outputs, linear.

A quadratic charge is Q = WᵀgAW of a symmetry W → W + εAW with gA symmetric. The flow keeps it, as
Q̇ = −2 dL(AW) = 0; of a finite step V = −step·g^♯dL the same term vanishes, and Q(W+V) − Q(W) = Q(V)
is left. A linear charge n·gW of a shift W → W + εn is kept by finite steps too: dL(n) = 0.
"""

from dataclasses import dataclass

import numpy as np

MATRIX, NEURONS, TOTAL = "matrix", "neurons", "total"


@dataclass(frozen=True)
class Layer:
    """A layer within W: weights (n_out, n_in) from `begin` on, then its bias; its stiffness, and
    whether the metric couples it to other layers."""

    begin: int
    n_out: int
    n_in: int
    bias: bool
    stiffness: float = 1.0
    coupled: bool = False

    @property
    def end(self):
        """Where the next layer may begin."""
        return self.begin + self.n_out * (self.n_in + self.bias)

    @property
    def frozen(self):
        """Whether the metric lets the layer move at all."""
        return bool(np.isinf(self.stiffness))

    def split(self, W):
        """Weights (n_out, n_in) and bias (n_out,), 0 where there is none."""
        edge = self.begin + self.n_out * self.n_in
        bias = W[edge : self.end] if self.bias else np.zeros(self.n_out)
        return W[self.begin : edge].reshape(self.n_out, self.n_in), bias


@dataclass(frozen=True)
class Balance:
    """What the layer above hidden units holds less what the layer below holds, in the metric.

    Q = g₂W₂ᵀW₂ − g₁(W₁W₁ᵀ + b₁b₁ᵀ): as a matrix, its diagonal alone (one charge a neuron), or its
    trace alone (one charge; layers that are frozen may lie between).
    """

    name: str
    formula: str
    form: str
    below: Layer
    above: Layer
    linear = False

    @property
    def shape(self):
        """(n, n) symmetric, (n,) or ()."""
        return {MATRIX: 2, NEURONS: 1, TOTAL: 0}[self.form] * (self.below.n_out,)

    @property
    def labels(self):
        """One for each number; of the matrix its upper triangle."""
        if self.form == TOTAL:
            return [self.name]
        n = self.below.n_out
        pairs = zip(*np.triu_indices(n)) if self.form == MATRIX else ((i,) for i in range(n))
        return [f"{self.name} [{', '.join(map(str, at))}]" for at in pairs]

    def value(self, W):
        """Charges of parameters W (D,)."""
        if self.form == MATRIX:
            (w, b), (v, _) = self.below.split(W), self.above.split(W)
            Q = self.above.stiffness * (v.T @ v)
            Q -= self.below.stiffness * (w @ w.T + np.outer(b, b))
            return Q[np.triu_indices(len(Q))]
        above, below = self._squares(W)
        return above - below if self.form == NEURONS else np.array([above.sum() - below.sum()])

    def scale(self, W):
        """Size of the terms that each charge is a difference of: both layers' squared length."""
        return float(sum(part.sum() for part in self._squares(W)))

    def unpack(self, values):
        """Values (…, K) in their shape; the matrix whole."""
        if self.form != MATRIX:
            return values if self.form == NEURONS else values[..., 0]
        whole = np.empty((*values.shape[:-1], *self.shape))
        row, column = np.triu_indices(self.below.n_out)
        whole[..., row, column] = whole[..., column, row] = values
        return whole

    def _squares(self, W):
        """g₂‖w_out‖² and g₁(‖w_in‖² + b²) of each unit."""
        (w, b), (v, _) = self.below.split(W), self.above.split(W)
        return (
            self.above.stiffness * (v * v).sum(axis=0),
            self.below.stiffness * ((w * w).sum(axis=1) + b * b),
        )


@dataclass(frozen=True)
class OutputSums:
    """Sums n·W and n·b of the last layer along a direction n of the outputs the loss cannot see."""

    name: str
    formula: str
    layer: Layer
    direction: tuple
    linear = True

    @property
    def shape(self):
        """(n_in,), and one more for the bias."""
        return (self.layer.n_in + self.layer.bias,)

    @property
    def labels(self):
        """One for each unit below, then the bias."""
        units = [*range(self.layer.n_in), *(["bias"] if self.layer.bias else [])]
        return [f"{self.name} [{unit}]" for unit in units]

    def value(self, W):
        """Charges of parameters W (D,)."""
        w, b = self.layer.split(W)
        n = np.array(self.direction)
        return np.append(n @ w, [n @ b] if self.layer.bias else [])

    def scale(self, W):
        """Size of the terms that the charges sum: the lengths of n and of the layer."""
        return float(
            np.linalg.norm(self.direction) * np.linalg.norm(W[self.layer.begin : self.layer.end])
        )

    def unpack(self, values):
        """Values (…, K) in their shape."""
        return values
