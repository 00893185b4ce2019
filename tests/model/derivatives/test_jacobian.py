"""The Jacobian and the tangent kernel: by columns and rows, and how the outputs move."""

import naive
import numpy as np
import twins
from settings_of_derivatives import small
from tolerance import close
from twins import every_activation

import flownet as fn


@every_activation
def test_the_jacobian_and_the_tangent_kernel(activation, dtype):
    """J and Jᵀ by columns and rows; Θ = JJᵀ as products, as a matrix and on its diagonal."""
    case = twins.mixed_case(activation, "quadratic", 74_100, sizes=(2, 3, 2), m=4)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    wanted, C = naive.jacobian(twins.problem(case), W), twins.uniforms(74_200, 8)
    J, theta = p.jacobian(W), p.ntk(W)
    for found, expected in (
        (J @ V, wanted @ V),
        (J.H @ C, wanted.T @ C),
        (theta @ C, wanted @ (wanted.T @ C)),
        (theta.matrix(), wanted @ wanted.T),
        (theta.diagonal(), np.diag(wanted @ wanted.T)),
    ):
        close(found, expected, dtype)
    if dtype == "float64":
        close(theta.eigenvalues(), np.linalg.eigvalsh(wanted @ wanted.T)[::-1])


def test_the_tangent_kernel_moves_the_outputs():
    """Along W − h·dL of a quadratic loss dŶ = −hΘ(Ŷ − Y)/m + O(h²)."""
    p, _, W, _ = small("tanh", "quadratic")
    p = fn.Potential(p.network, fn.Quadratic(), p.data)
    before = p.network.forward(W, p.data.x)
    rate = -p.ntk(W) @ ((before - p.data.y).ravel() / p.data.m)
    h = 1e-6
    after = p.network.forward(W - h * p.differential(W)[1], p.data.x)
    np.testing.assert_allclose((after - before).ravel() / h, rate, atol=1e-5 * np.abs(rate).max())
