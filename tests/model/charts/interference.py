"""Interference of complex weights: a potential of their phases that is known in all orders."""

import numpy as np
from twins import uniforms

import flownet as fn


class Interference:
    """L = ½Σ|a·W − b|² of complex weights W, dL = ∂L/∂x + i ∂L/∂y = Aᴴ(AW − b)."""

    dtype, data = np.dtype(complex), None

    def __init__(self, A, b):
        self.A, self.b, self.size = A, b, A.shape[1]

    def value(self, W):
        return float(np.linalg.norm(self.A @ W - self.b) ** 2 / 2)

    def differential(self, W):
        return self.value(W), np.conj(self.A.T) @ (self.A @ W - self.b)

    def jet(self, W, V, order):
        error, change = self.A @ W - self.b, self.A @ V
        c = [self.value(W), np.vdot(error, change).real, np.linalg.norm(change) ** 2 / 2]
        return np.array((c + [0.0] * order)[: order + 1])

    def hessian(self, W):
        return Bilinear(self, W)


class Bilinear:
    """Its Hessian AᴴA on the reals re, im, re, im, …, with no third derivative."""

    def __init__(self, potential, W):
        self.A, (self.loss, dL) = potential.A, potential.differential(W)
        self.dL = dL.view(float)

    def action(self, V):
        return (np.conj(self.A.T) @ (self.A @ V.view(complex))).view(float)

    def third_action(self, V):
        return np.zeros_like(V)


def phased(modulus=1.0, free=None):
    A = uniforms(16, 7, 4) + 1j * uniforms(17, 7, 4)
    b = uniforms(18, 7) - 1j * uniforms(19, 7)
    chart = fn.Phases(modulus, free)
    return fn.Charted(Interference(A, b), chart), uniforms(20, chart.size or 4, low=-2, high=2)
