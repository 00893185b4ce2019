"""Valleys and bowls of formulas, along whose edge a central flow is known."""

import numpy as np

import flownet as fn


def of_formulas(size, differential, hessian, third):
    """A potential of its own formulas: (L, dL), HV and T[V, V]."""
    return fn.CustomPotential(
        size,
        differential,
        value=lambda W: differential(W)[0],
        hessian_action=hessian,
        third_action=third,
    )


def valley(c):
    """½yx² − cy: a valley along y whose curvature y grows on the way down."""
    return of_formulas(
        2,
        lambda W: (W[1] * W[0] ** 2 / 2 - c * W[1], np.array([W[1] * W[0], W[0] ** 2 / 2 - c])),
        lambda W, V: np.array([W[1] * V[0] + W[0] * V[1], W[0] * V[0]]),
        lambda W, V: np.array([2 * V[0] * V[1], V[0] ** 2]),
    )


def softened(c, q):
    """½(y+z)x² + ¼qx⁴ − cy + ½cz²: along the edge of y + z the flow still moves z."""

    def differential(W):
        x, y, z = W
        value = (y + z) * x * x / 2 + q * x**4 / 4 - c * y + c * z * z / 2
        return value, np.array([(y + z) * x + q * x**3, x * x / 2 - c, x * x / 2 + c * z])

    def hessian(W, V):
        x, y, z = W
        first = (y + z + 3 * q * x * x) * V[0] + x * (V[1] + V[2])
        return np.array([first, x * V[0], x * V[0] + c * V[2]])

    def third(W, V):
        return np.array([2 * V[0] * (V[1] + V[2]) + 6 * q * W[0] * V[0] ** 2, V[0] ** 2, V[0] ** 2])

    return of_formulas(3, differential, hessian, third)


def bowl(H):
    """½W·HW."""
    return of_formulas(
        len(H), lambda W: (W @ H @ W / 2, H @ W), lambda W, V: H @ V, lambda W, V: 0 * V
    )
