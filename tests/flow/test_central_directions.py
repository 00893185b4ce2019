"""Central flows with several directions at the edge, in closed form."""

import numpy as np
import pytest
from valleys import bowl, of_formulas

import flownet as fn
from flownet.geometry.norm import _sharpness


def of_curvatures(M, c):
    """½Σ_k (My)_k·p_k(x) − c·y, p the products x_i² or x_i x_j: valleys that bend each other.

    M (n, n) with n = 2: p = (x₁², x₂²); with n = 3: p = (x₁², x₂², 2x₁x₂), a matrix of curvatures.
    """
    n = len(M)

    def matrix(y):
        z = M @ y
        return np.array([[z[0], z[2] if n == 3 else 0.0], [z[2] if n == 3 else 0.0, z[1]]])

    def products(u, v):
        both = [u[0] * v[0], u[1] * v[1], u[0] * v[1] + u[1] * v[0]]
        return M.T @ both[:n]

    def differential(W):
        x, y = W[:2], W[2:]
        bent = matrix(y) @ x
        return x @ bent / 2 - c @ y, np.concatenate([bent, products(x, x) / 2 - c])

    def hessian(W, V):
        (x, y), (u, v) = (W[:2], W[2:]), (V[:2], V[2:])
        return np.concatenate([matrix(y) @ u + matrix(v) @ x, products(x, u)])

    def third(W, V):
        u, v = V[:2], V[2:]
        return np.concatenate([2 * matrix(v) @ u, products(u, u)])

    return of_formulas(2 + n, differential, hessian, third)


def test_two_directions_of_descent_at_the_edge_in_closed_form(holds):
    """Valleys whose floors bend each other, M = [[1, κ], [κ, 1]]: MΣ = 2c holds both at 2/h.

    Then nothing moves but x ↔ −x, an orbit of the run itself. A departure (ξ, υ) from it is turned
    by K = h·diag(√Σ)·M, |μ| = 1 + σ_max(K)² of two steps.
    """
    h, kappa, c = 0.1, 0.3, np.array([0.02, 0.03])
    M = np.array([[1, kappa], [kappa, 1]])
    potential, sigma = of_curvatures(M, c), np.linalg.solve(M, 2 * c)
    edge = np.linalg.solve(M, [2 / h, 2 / h])
    flow = fn.central_flow(
        potential, fn.Aristotle(h), W0=[0, 0, *(edge - 0.1)], steps=400, at=[0, 200, 400]
    )
    assert flow.directions.tolist() == [0, 2, 2]
    holds(
        "two directions: both at the edge", np.abs(flow.parameters[-1, 2:] / edge - 1).max(), 1e-6
    )
    holds("two directions: tr Σ", abs(flow.variance[-1] / sigma.sum() - 1), 1e-6)
    mu = 1 + np.linalg.svd(h * np.sqrt(sigma)[:, None] * M)[1][0] ** 2
    holds("two directions: |μ| less 1", abs((flow.multiplier[-1] - 1) / (mu - 1) - 1), 1e-5)
    orbit = np.concatenate([np.sqrt(sigma), edge])
    run = fn.train(potential, fn.Aristotle(h), W0=orbit, steps=10)
    np.testing.assert_allclose(np.abs(run.parameters), np.tile(orbit, (11, 1)), atol=1e-12)
    assert flow.lasts == pytest.approx(2 / np.log(mu), rel=1e-4) and flow.holds
    assert "|μ| at most 1.000" in flow.condition and "  2 " in str(flow)


def test_directions_that_see_each_other_are_looked_at_for_every_sign(holds):
    """½x·Yx − tr CY, Y symmetric: Σ = 2C, no orbit closes, and along √2(√c₁, ±√c₂) the tangent map
    of a step turns by KKᵀ = 2h²[[c₁ + c₂, ±√c₁c₂], [±√c₁c₂, c₁ + c₂]]."""
    h, c = 0.1, np.array([0.02, 0.03])
    potential = of_curvatures(np.eye(3), np.array([*c, 0.0]))
    flow = fn.central_flow(potential, fn.Aristotle(h), W0=[0, 0, 19.9, 19.9, 0], steps=300)
    assert flow.directions[-1] == 2
    holds("two directions: tr Σ", abs(flow.variance[-1] / (2 * c.sum()) - 1), 1e-6)
    mu = 1 + 2 * h**2 * (c.sum() + np.sqrt(c.prod()))
    holds("two directions: |μ| less 1", abs((flow.multiplier[-1] - 1) / (mu - 1) - 1), 1e-5)


@pytest.mark.parametrize("memory", [0.8, pytest.param(0.95, marks=pytest.mark.slow)])
def test_several_directions_of_rmsprop_at_the_edge_in_closed_form(memory, holds):
    """On a bowl at rest each variance is η²/4, of one ν for all their sum, and |μ| is β₂.

    Of one parameter, with x = 2|W|/η and n = √ν/(Hη/2): x′ = x(2/n′ − 1), n′² = β₂n² + (1 − β₂)x²,
    whose tangent map at 1 has the determinant β₂, and no real eigenvalues.
    """
    eta = 0.01
    steps = 100 if memory == 0.8 else 300
    words = dict(steps=steps, at=[steps])
    for H in (np.diag([1.0, 3.0, 2.0]), np.array([[1.0, 0.5], [0.5, 2.0]])):
        W0 = 0.02 * np.ones(len(H))
        flow = fn.central_flow(bowl(H), fn.RMSProp(eta, memory), W0=W0, **words)
        assert flow.directions[-1] == (3 if len(H) == 3 else 1)
        off = np.abs(flow.variance[-1] / (len(H) * eta**2 / 4) - 1)
        holds("RMSProp at rest: tr Σ of the flow, Dη²/4", off, 1e-5)
        holds("RMSProp at rest: |μ| less β₂", abs(flow.multiplier[-1] - memory), 1e-6)
        assert f"orbit W ± δ, |μ| at most {memory:.5f}" in flow.condition and flow.holds
    for H, mu in (([2.0, 1.0], memory), ([2.0, 2.0], 1.0)):  # which of alike ones moves is free
        flow = fn.central_flow(bowl(np.diag(H)), fn.ScalarRMSProp(eta, memory), W0=[0.02, 0.01],
                               **words)  # fmt: skip
        assert flow.directions[-1] == (2 if mu == 1 else 1)
        holds("RMSProp at rest: tr Σ, one ν, η²/4", abs(flow.variance[-1] * 4 / eta**2 - 1), 1e-5)
        holds("RMSProp at rest: |μ| less β₂", abs(flow.multiplier[-1] - mu), 1e-6)


@pytest.mark.slow
def test_rmsprop_in_more_dimensions_rests_at_the_semidefinite_bound(monkeypatch, holds):
    """Every coordinate oscillates by η²/4 where all are held, in several directions at once."""
    Q = np.linalg.qr(np.cos(np.arange(16.0).reshape(4, 4) ** 1.3))[0]
    H, eta = (Q * [4.0, 2.0, 1.0, 0.5]) @ Q.T, 0.02
    flow = fn.central_flow(bowl(H), fn.RMSProp(eta, 0.98), W0=np.ones(4), steps=6000, at=[6000])
    assert flow.variance[-1] == pytest.approx(4 * eta**2 / 4, rel=1e-3)
    assert flow.directions[-1] >= 1 and flow.over_edge[-1] == pytest.approx(1.0, abs=1e-4)
    half = np.sum(np.sqrt(flow.square[-1]) / eta)  # tr P is half the bound on S of signs
    signs = fn.norm_sharpness(bowl(H), np.zeros(4), fn.SignNorm(4))
    assert signs.exact and half >= signs.value / 2 * (1 - 1e-4)
    monkeypatch.setattr(_sharpness, "_FEW", 2)  # signs are not all looked at, and S is bounded
    bound = fn.norm_sharpness(bowl(H), np.zeros(4), fn.SignNorm(4)).upper
    holds("RMSProp at rest: 2 tr P, bound of S of signs", abs(2 * half / bound - 1), 1e-3)
