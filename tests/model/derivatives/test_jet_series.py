"""Jets whose series are known: polynomials, sums, one logit, and a deep linear chain."""

from math import comb

import mp
import numpy as np
import pytest
import twins
from tolerance import close

import flownet as fn

W6, V6 = twins.uniforms(63_000, 6, low=-2), twins.uniforms(63_001, 6)


def polynomial(*factors):
    """Coefficients of a product of polynomials, lowest first."""
    c = np.ones(1)
    for factor in factors:
        c = np.convolve(c, factor)
    return c


def quartic_series(W, V, alpha, c=0.0):
    """(α/8) Σ ((W + sV)² − c²)²: W² − c² + 2WVs + V²s² squared."""
    return (
        alpha / 8 * sum(polynomial(*[[w * w - c * c, 2 * w * v, v * v]] * 2) for w, v in zip(W, V))
    )


def uv_series(W, V):
    """½f², f = (u + sa)·(v + sb)/√n."""
    (u, v), (a, b) = W.reshape(2, -1), V.reshape(2, -1)
    f = np.array([u @ v, u @ b + a @ v, a @ b]) / np.sqrt(len(u))
    return polynomial(f, f) / 2


SERIES = {
    "parabola": (
        fn.Parabola(6, strength=1.3),
        lambda W, V: 1.3 * np.array([W @ W / 2, W @ V, V @ V / 2, 0, 0]),
    ),
    "quartic": (fn.Quartic(6, alpha=0.7), lambda W, V: quartic_series(W, V, 0.7)),
    "double well": (
        fn.DoubleWell(6, alpha=0.7, c=1.4),
        lambda W, V: quartic_series(W, V, 0.7, 1.4),
    ),
    "uv": (fn.UV(3), uv_series),
}


@pytest.mark.parametrize("order", [0, 1, 2, 3, 4, 7, 20])
@pytest.mark.parametrize("name", SERIES)
def test_analytic_potentials_are_polynomials(name, order, dtype):
    """Every coefficient in closed form; those beyond the fourth are zeros."""
    potential, series = SERIES[name]
    W, V = W6.astype(dtype), V6.astype(dtype)
    expected = np.append(series(W.astype(float), V.astype(float)), np.zeros(16))[: order + 1]
    close(
        potential.jet(W, V, order),
        expected,
        dtype,
        "rounding",
        np.abs(series(abs(W6), abs(V6))).max(),
    )
    assert not potential.jet(W, V, order)[5:].any()


def test_a_sum_has_the_sum_of_the_coefficients(dtype):
    case = twins.mixed_case("sigmoid", "quadratic", 64_000)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    total = 2 * p - 0.5 * fn.Quartic(p.size, alpha=0.3)
    expected = 2 * mp.jet(case, 6).jet
    expected[:5] -= 0.5 * quartic_series(W, V, 0.3)
    close(total.jet(W, V, 6), expected, dtype)


def test_the_exponential_series_of_one_logit():
    """−log P̂ of two classes along a logit is softplus: its series at 0, to order 12."""
    p = fn.Potential(
        fn.Network([1, 2], bias=False),
        fn.CrossEntropy(),
        fn.Dataset(np.ones((1, 1)), np.array([[1.0, 0.0]])),
    )
    bernoulli = {
        0: np.log(2),
        1: 0.5,
        2: 1 / 8,
        4: -1 / 192,
        6: 1 / 2880,
        8: -17 / 645120,
        10: 31 / 14515200,
        12: -691 / 3832012800,
    }
    expected = [bernoulli.get(k, 0.0) for k in range(13)]
    np.testing.assert_allclose(p.jet(np.zeros(2), [0.0, 1.0], 12), expected, rtol=1e-13, atol=1e-18)


def test_the_binomial_series_of_a_deep_linear_chain():
    """Identity layers of one unit each: (1 + s)^d, whose coefficients are binomials."""
    d = 9
    p = fn.Potential(
        fn.Network([1] * (d + 1), "identity", bias=False),
        fn.Quadratic(),
        fn.Dataset(np.ones((1, 1)), np.zeros((1, 1))),
    )
    expected = [comb(2 * d, k) / 2 for k in range(2 * d + 3)]
    close(p.jet(np.ones(d), np.ones(d), 2 * d + 2), expected, kind="rounding")
