"""Landscapes that users would write, their minima, saddles and derivatives, and others rescaled."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

import flownet as fn


def rosenbrock(W):
    """(1 − x)² + 100(y − x²)²."""
    x, y = W
    valley = y - x * x
    return (1 - x) * (1 - x) + 100 * valley * valley, np.array(
        [-2 * (1 - x) - 400 * x * valley, 200 * valley]
    )


def rosenbrock_second(W, V):
    (x, y), (p, q) = W, V
    H = np.array([(2 - 400 * (y - 3 * x * x)) * p - 400 * x * q, -400 * x * p + 200 * q])
    return H, np.array([2400 * x * p * p - 800 * p * q, -400 * p * p])


def henon_heiles(W):
    """½(x² + y²) + x²y − y³/3 (Hénon, Heiles, Astron. J. 69 (1964) 73)."""
    x, y = W
    return 0.5 * (x * x + y * y) + x * x * y - y * y * y / 3, np.array(
        [x + 2 * x * y, y + x * x - y * y]
    )


def henon_heiles_second(W, V):
    (x, y), (p, q) = W, V
    H = np.array([(1 + 2 * y) * p + 2 * x * q, 2 * x * p + (1 - 2 * y) * q])
    return H, np.array([4 * p * q, 2 * p * p - 2 * q * q])


A = np.array([-200.0, -100.0, -170.0, 15.0])
a, b, c = np.array([[-1.0, -1.0, -6.5, 0.7], [0.0, 0.0, 11.0, 0.6], [-10.0, -10.0, -6.5, 0.7]])
X, Y = np.array([[1.0, 0.0, -0.5, -1.0], [0.0, 0.5, 1.5, 1.0]])


def muller_brown(W):
    """Σ A·exp(a(x−X)² + b(x−X)(y−Y) + c(y−Y)²) (Müller, Brown, Theor. Chim. Acta 53 (1979) 75)."""
    x, y = W[0] - X, W[1] - Y
    e = A * np.exp(a * x * x + b * x * y + c * y * y)
    return np.sum(e), np.array([np.sum(e * (2 * a * x + b * y)), np.sum(e * (b * x + 2 * c * y))])


def muller_brown_second(W, V):
    x, y = W[0] - X, W[1] - Y
    e = A * np.exp(a * x * x + b * x * y + c * y * y)
    slopes = np.array([2 * a * x + b * y, b * x + 2 * c * y])
    bends = np.array([2 * a * V[0] + b * V[1], b * V[0] + 2 * c * V[1]])
    first, second = V @ slopes, V @ bends
    H = (e * (first * slopes + bends)).sum(axis=1)
    T = e * (first * (first * slopes + bends) + second * slopes + first * bends)
    return H, T.sum(axis=1)


@dataclass(frozen=True)
class Landscape:
    """A potential by its function, with what is known of it.

    `second(W, V)` gives H·V and T[V,V]; `start` is a place of no symmetry, `step` one of descent
    from there that is safe, and `steps` of it come to the first minimum.
    """

    name: str
    function: Any
    second: Any
    minima: tuple
    saddles: tuple
    start: tuple
    step: float
    steps: int

    def potential(self, compiled=False, **given):
        """The potential, of a plain function or of one in machine code."""
        function = njit(self.function) if compiled else self.function
        return fn.CustomPotential(2, function, name=self.name, **given)


LANDSCAPES = (
    Landscape(
        "Rosenbrock", rosenbrock, rosenbrock_second, ((1.0, 1.0),), (), (-0.6, 0.7), 1e-3, 40000
    ),
    Landscape(
        "Müller–Brown",
        muller_brown,
        muller_brown_second,
        ((-0.558224, 1.441726), (0.623499, 0.028038), (-0.050011, 0.466694)),
        ((-0.822002, 0.624313), (0.212487, 0.292988)),
        (-0.4, 1.6),
        2e-4,
        2000,
    ),
    Landscape(
        "Hénon–Heiles",
        henon_heiles,
        henon_heiles_second,
        ((0.0, 0.0),),
        ((0.0, 1.0), (np.sqrt(0.75), -0.5), (-np.sqrt(0.75), -0.5)),
        (0.2, 0.3),
        0.1,
        500,
    ),
)


class Own:
    """½‖W‖² by three words."""

    size = 3

    def value(self, W):
        return float(W @ W) / 2

    def differential(self, W):
        return self.value(W), np.array(W)


class HalfSquare:
    """½L² of a potential: its covector is L·dL, its flow that of the rate η(t) = L(t) (TM 22)."""

    def __init__(self, potential):
        self.potential, self.size = potential, potential.size
        self.data, self.dtype = potential.data, potential.dtype

    def value(self, W):
        return 0.5 * self.potential.value(W) ** 2

    def differential(self, W):
        loss, dL = self.potential.differential(W)
        return 0.5 * loss**2, loss * dL

    def on(self, rows):
        return HalfSquare(self.potential.on(rows))


class Rescaled:
    """A potential in coordinates U = W/c."""

    def __init__(self, potential, c):
        self.potential, self.c, self.size = potential, c, potential.size

    def value(self, U):
        return self.potential.value(self.c * U)

    def differential(self, U):
        loss, dL = self.potential.differential(self.c * U)
        return loss, self.c * dL

    def hessian_action(self, U, V):
        return self.c * self.potential.hessian_action(self.c * U, self.c * V)
