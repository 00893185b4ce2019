"""Sharpness in a norm: closed forms, searches, upper bounds, and the edge at two over it."""

import itertools

import numpy as np
import pytest
from norms_of_network import NET, NORMS, POTENTIAL, W0, D, every_norm
from twins import uniforms

import flownet as fn


def bowl(H):
    """½W·HW, of a symmetric matrix."""
    action = lambda W, V: H @ V  # noqa: E731
    return fn.CustomPotential(
        len(H), lambda W: (0.5 * W @ H @ W, H @ W), value=lambda W: 0.5 * W @ H @ W,
        hessian_action=action,
    )  # fmt: skip


def curved(n, seed=1):
    """A positive matrix (n, n) over one decade and a half."""
    Q = np.linalg.qr(uniforms(seed, n, n))[0]
    return (Q * np.geomspace(0.1, 3, n)) @ Q.T


def test_sharpness_of_closed_forms():
    one = fn.norm_sharpness(fn.Parabola(6, strength=2.0), np.zeros(6), fn.SignNorm(6))
    assert one.exact and one.value == pytest.approx(12.0, rel=1e-12)
    diagonal = np.array([1.0, 4.0, 0.5, 2.0])
    signs = fn.norm_sharpness(bowl(np.diag(diagonal)), np.zeros(4), fn.SignNorm(4))
    assert signs.exact and signs.value == pytest.approx(diagonal.sum(), rel=1e-12)
    single = fn.norm_sharpness(bowl(np.diag(diagonal)), np.zeros(4), fn.CoordinateNorm(4))
    assert single.exact and single.value == 4.0
    assert np.abs(single.direction).tolist() == [0, 1, 0, 0]
    plain = fn.norm_sharpness(bowl(np.diag(diagonal)), np.zeros(4), fn.Euclidean(4))
    assert plain.exact and plain.value == pytest.approx(4.0, rel=1e-12)
    assert plain.critical_step == 2 / plain.value


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_searches_find_the_ground_state_of_signs(seed):
    """Against all 2^n sign vectors; beyond 14 parameters it is called a lower bound."""
    for n, exact in ((7, True), (15, False)):
        H = curved(n, seed)
        signs = np.array([(1, *rest) for rest in itertools.product((1, -1), repeat=n - 1)])
        most = np.einsum("ri,ij,rj->r", signs, H, signs).max()
        found = fn.norm_sharpness(bowl(H), np.zeros(n), fn.SignNorm(n))
        assert found.exact == exact and found.value == pytest.approx(most, rel=1e-12)
        assert ("lower bound" in str(found)) == (not exact) and found.value <= found.upper


def of_bound(H, norm):
    """Value and upper bound of S in a norm, of ½W·HW with too many parameters for all signs."""
    found = fn.norm_sharpness(bowl(H), np.zeros(len(H)), norm)
    assert not found.exact and found.value <= found.upper and "an upper bound" in str(found)
    assert found.critical_step == 2 / found.value
    return found.value, found.upper


def test_the_upper_bound_is_the_semidefinite_one_in_closed_forms(holds):
    """Of rank one, and of rows of weights, it is S; of a ring of 15 it is 15(2 + 2cos π/15).

    Σ(x_i − x_{i+1})² of signs is 56 at most, as one of 15 pairs is alike.
    """
    w = np.geomspace(0.1, 10, 20)
    value, upper = of_bound(np.outer(w, w), fn.SignNorm(20))
    assert value == pytest.approx(w.sum() ** 2, rel=1e-12)
    holds("bound of S: signs, H of rank one", abs(upper / w.sum() ** 2 - 1), 1e-5)
    ring = 2 * np.eye(15) - np.roll(np.eye(15), 1, 0) - np.roll(np.eye(15), -1, 0)
    value, upper = of_bound(np.kron(np.diag([1.0, 10.0]), ring), fn.SignNorm(30))
    assert value <= 56 * 11
    wanted = 11 * 15 * (2 + 2 * np.cos(np.pi / 15))
    holds("bound of S: signs, two rings", abs(upper / wanted - 1), 1e-3)
    spectral = fn.SpectralNorm(fn.Network([6, 4], bias=False), [0.5])
    value, upper = of_bound(np.diag(np.repeat([1.0, 2.0, 5.0, 0.1], 6)), spectral)
    assert value == pytest.approx(8.1 / 4, rel=1e-9)
    holds("bound of S: spectral, rows of weights", abs(upper / (8.1 / 4) - 1), 1e-4)
    radii = fn.BlockNorm(fn.Network([2, 2, 2], bias=False), combine="sum", radii=[2.0, 0.5])
    value, upper = of_bound(np.diag([1.0, 2.0, 1.0, 1.0, 3.0, 4.0, 5.0, 6.0]), radii)
    assert value == pytest.approx(8.0, rel=1e-9)
    holds("bound of S: one layer of two radii", abs(upper / 8.0 - 1), 1e-5)


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_of_signs_and_no_bend_down_the_bound_is_within_half_pi(seed, holds):
    H = curved(16, seed)
    signs = np.array([(1, *rest) for rest in itertools.product((1, -1), repeat=15)])
    most = np.einsum("ri,ij,rj->r", signs, H, signs).max()
    upper = of_bound(H, fn.SignNorm(16))[1]
    assert upper >= most
    holds("bound of S: signs, over S, H ⪰ 0", upper / most, np.pi / 2)


@pytest.mark.parametrize("name", ["sign", "spectral", "every neuron", "without biases"])
def test_on_a_network_both_bounds_are_near(name, holds):
    """However the layers lie in space, for its P is as covariant as the norm."""
    found = fn.norm_sharpness(POTENTIAL, W0, NORMS[name])
    holds("bound of S: of a network, over what is found", found.upper / found.value, 1.06)
    assert found.upper < 0.3 * fn.sharpness(POTENTIAL, W0) * NORMS[name].reach2


def test_bounds_of_complex_frozen_and_unsaid_parameters():
    """|d_i| ≤ 1 of each complex one: of curvature 1 in all directions S is D, and so its bound."""
    net = fn.Network([2, 3], bias=False, dtype="complex128")
    data = fn.Dataset(np.sqrt(2) * np.eye(2) + 0j, np.ones((2, 3)) + 0j)  # ½‖W − …‖²
    found = fn.norm_sharpness(fn.Potential(net, fn.Quadratic(), data), net.init(0), fn.SignNorm(6))
    assert found.value == pytest.approx(6.0) == found.upper and not found.exact
    some = fn.SpectralNorm(NET, [0.0, 1.0], biases=False)
    found = fn.norm_sharpness(fn.Parabola(D), W0, some)
    assert found.value == pytest.approx(3.0) == found.upper  # of W₂ (3, 5) alone


@every_norm
def test_the_direction_has_length_1_and_meets_that_curvature(norm):
    found = fn.norm_sharpness(POTENTIAL, W0, norm, starts=3)
    d = found.direction
    assert norm.length(d) == pytest.approx(1.0, rel=1e-12)
    assert d @ POTENTIAL.hessian_action(W0, d) == pytest.approx(found.value, rel=1e-10)
    assert fn.sharpness(POTENTIAL, W0) * norm.reach2 * (1 + 1e-2) >= found.value
    assert not found.exact and "lower bound" in str(found) and float(found) == found.value


@pytest.mark.parametrize("name", ["sign", "spectral"])
def test_two_over_the_sharpness_is_the_edge(name, holds):
    """From the maximising d a step is W ← (1 − hS)W: it decays to hS/2 = .999, grows from 1.001.

    Where it does neither is between the two, by the line through their rates of growth.
    """
    net = fn.Network([5, 4], bias=False)
    H = curved(20)
    norm = {"sign": fn.SignNorm(20), "spectral": fn.SpectralNorm(net)}[name]
    potential = bowl(H)
    found, rates = fn.norm_sharpness(potential, np.zeros(20), norm, starts=20), {}
    for half in (0.9, 0.999, 1.001, 1.1):
        step = 2 * half / found.value
        run = fn.train(
            potential, fn.Aristotle(step), W0=1e-3 * found.direction, steps=6, metric=norm
        )
        growth = np.log([norm.length(W) for W in run.parameters]) @ np.array([-1, 0, 0, 0, 0, 0, 1])
        rates[half] = growth / 6
        off = abs(rates[half] - np.log(abs(1 - 2 * half)))
        holds(f"{name} norm: rate of growth, log|1 − hS|", off, 1e-3)
        assert (growth > 0) == (half > 1)
    edge = 0.999 - 0.002 * rates[0.999] / (rates[1.001] - rates[0.999])
    holds(f"{name} norm: hS/2 at the threshold, less 1", abs(edge - 1), 1e-3)


def test_complex_parameters_have_a_sharpness_in_a_norm():
    net = fn.Network([2, 3, 1], "split_tanh", dtype="complex128")
    data = fn.Dataset(uniforms(3, 5, 2) + 1j * uniforms(4, 5, 2), uniforms(5, 5, 1) + 0j)
    potential, norm = fn.Potential(net, fn.Quadratic(), data), fn.SpectralNorm(net)
    found = fn.norm_sharpness(potential, net.init(0), norm, starts=2)
    assert found.direction.dtype == complex and norm.length(found.direction) == pytest.approx(1)
    assert found.value > fn.sharpness(potential, net.init(0)) * 0.9
