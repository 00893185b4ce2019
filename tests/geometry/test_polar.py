"""Polar factors, by every method and to its order."""

import numpy as np
import pytest
from twins import uniforms

import flownet as fn
from flownet.geometry.norm._polar import express, pushed, steps_of


def of_values(sigma, n=7, complex_=False):
    """A matrix (n, k) of singular values (k,), and its polar factor."""
    k = len(sigma)
    raw = [uniforms(5, n, k), uniforms(6, k, k)]
    if complex_:
        raw = [raw[0] + 1j * uniforms(7, n, k), raw[1] + 1j * uniforms(8, k, k)]
    U, V = (np.linalg.qr(part)[0] for part in raw)
    return (U * sigma) @ V.conj().T, U @ V.conj().T


@pytest.mark.parametrize("complex_", [False, True])
@pytest.mark.parametrize("method", ["svd", "polar-express", "newton-schulz", "newton-schulz-5"])
def test_every_method_finds_the_polar_factor(method, complex_):
    for sigma in ([1.0, 0.5, 0.2], [2e3, 40.0, 7.0], [1.0, 1.0, 1.0]):
        G, P = of_values(sigma, complex_=complex_)
        np.testing.assert_allclose(fn.polar(G, method), P, rtol=0, atol=2e-14)
        np.testing.assert_allclose(fn.polar(G.T, method), P.T, rtol=0, atol=2e-14)


def test_the_steps_have_their_orders(holds):
    """1 − σ′ = (3/2)(1 − σ)² of the cubic, (5/2)(1 − σ)³ of the quintic."""
    for method, order, constant in (("newton-schulz", 2, 1.5), ("newton-schulz-5", 3, 2.5)):
        errors = []
        for e in (1e-2, 5e-3, 2.5e-3):
            X, P = of_values([1 - e, 1 - e, 1 - e])
            off = P - pushed(X, steps_of(method)[:1])
            errors.append(np.linalg.norm(off, 2))
        slope = np.diff(np.log(errors)) / np.log(0.5)
        off = np.abs(slope - order).max(), abs(errors[-1] / 2.5e-3**order / constant - 1)
        holds(f"Newton–Schulz: order less {order}", off[0], 0.01)
        holds(f"Newton–Schulz: constant by {constant}, less 1", off[1], 0.01)


def test_the_minimax_steps_reach_what_remez_promises():
    """Each error is the least maximum on the interval left: equal at both ends and in between."""
    for least, count, reached in ((0.1, 4, 3e-12), (0.01, 5, 1.3e-6), (0.001, 7, 5e-10)):
        sigma = np.geomspace(least, 1, 4001)
        for a, b, c in express(least)[:count]:
            sigma = a * sigma + b * sigma**3 + c * sigma**5
        assert 0.2 * reached < np.abs(1 - sigma).max() < reached
    a, b, c = express(0.1)[0]
    x = np.linspace(0.1, 1, 100_001)
    off = 1 - (a * x + b * x**3 + c * x**5)
    turns = off[np.r_[0, 1 + np.flatnonzero(np.diff(np.sign(np.diff(off)))), -1]]
    np.testing.assert_allclose(turns * [1, -1, 1, -1], off[0], rtol=1e-6)


def test_muons_polynomial_is_no_polar_factor():
    """σ₀ ≥ .003 end in [.68, 1.2025] and stay there: its fixed point repels."""
    for s in np.geomspace(0.003, 1, 40):
        value = s
        for a, b, c in steps_of("muon"):
            value = a * value + b * value**3 + c * value**5
        assert 0.68 < value < 1.2025
    G, P = of_values([1.0, 0.5, 0.2])
    assert 0.05 < np.abs(fn.polar(G, "muon") - P).max() < 0.35


def test_a_matrix_of_lower_rank_gives_a_partial_isometry():
    G, _ = of_values([3.0, 1.0, 0.0])
    P = fn.polar(G)
    np.testing.assert_allclose(np.linalg.svd(P)[1], [1, 1, 0], atol=1e-14)
    assert np.vdot(G, P) == pytest.approx(4.0, rel=1e-14)
    assert not fn.polar(np.zeros((3, 2))).any() and not fn.polar(np.zeros((3, 2)), "muon").any()
