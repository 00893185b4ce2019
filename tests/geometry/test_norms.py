"""Norms that are no metric: dual lengths, the way down, polar factors, and sharpness in them."""

import itertools

import numpy as np
import pytest
from twins import uniforms

import flownet as fn
from flownet.geometry.norm._polar import express, pushed, steps_of

NET = fn.Network([4, 5, 3])
POTENTIAL = fn.Potential(NET, fn.CrossEntropy(), fn.data.load("iris"))
W0 = NET.init(seed=0)
D = NET.size
NORMS = {
    "sign": fn.SignNorm(D),
    "coordinate": fn.CoordinateNorm(D),
    "one layer": fn.BlockNorm(NET),
    "one neuron": fn.BlockNorm(NET, "neurons"),
    "every neuron": fn.BlockNorm(NET, "neurons", combine="max", radii=[2.0, 0.5]),
    "spectral": fn.SpectralNorm(NET),
    "one matrix": fn.SpectralNorm(NET, combine="sum"),
    "each by its own": fn.SpectralNorm(NET, "rms", combine="squares"),
    "without biases": fn.SpectralNorm(NET, "muon", biases=False),
    "frozen": fn.SpectralNorm(NET, [0.0, 1.0]),
}
every_norm = pytest.mark.parametrize("norm", NORMS.values(), ids=NORMS)


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


@every_norm
def test_a_norm_keeps_its_contract(norm):
    fn.testing.check_metric(norm, POTENTIAL)


@every_norm
@pytest.mark.parametrize("dtype", ["complex128", "complex64"])
def test_the_way_down_of_complex_numbers(norm, dtype):
    """⟨dL, V⟩ = ‖dL‖_*² = ‖V‖², by Re Σ conj(dL)·V; a common phase turns V along."""
    dL = (uniforms(2, D) + 1j * uniforms(3, D)).astype(dtype)
    V, eps = norm.sharp(dL), float(np.finfo(dtype).eps)
    assert V.dtype == dL.dtype
    assert np.vdot(dL, V).real == pytest.approx(norm.dual(dL) ** 2, rel=50 * eps)
    assert norm.norm2(V) == pytest.approx(norm.dual(dL) ** 2, rel=50 * eps)
    turn = dL.dtype.type(np.exp(0.3j))
    np.testing.assert_allclose(
        norm.sharp(turn * dL), turn * V, rtol=0, atol=100 * eps * norm.dual(dL)
    )


def test_closed_forms_of_small_covectors():
    dL = np.array([3.0, -4.0, 0.0, 1.0])
    net = fn.Network([2, 2], bias=False)
    expected = {
        fn.SignNorm(4): (8.0, [1, -1, 0, 1]),
        fn.CoordinateNorm(4): (4.0, [0, -1, 0, 0]),
        fn.BlockNorm(net, "neurons", combine="sum"): (5.0, [0.6, -0.8, 0, 0]),
        fn.BlockNorm(net, "neurons", combine="max"): (6.0, [0.6, -0.8, 0, 1]),
        fn.BlockNorm(net, combine="max", radii=[2.0]): (2 * 26**0.5, 2 * dL / 26**0.5),
    }
    for norm, (dual, steepest) in expected.items():
        assert norm.dual(dL) == pytest.approx(dual, rel=1e-14)
        np.testing.assert_allclose(norm.steepest(dL), steepest, rtol=0, atol=1e-15)
    G = dL.reshape(2, 2)
    spectral = fn.SpectralNorm(net)
    assert spectral.dual(dL) == pytest.approx(np.linalg.norm(G, "nuc"), rel=1e-14)
    P = spectral.steepest(dL).reshape(2, 2)
    np.testing.assert_allclose(P @ P.T, np.eye(2), atol=1e-15)
    np.testing.assert_allclose(G @ P.T, P @ G.T, atol=1e-14)  # symmetric: P is G's polar factor


# ---- polar factors ------------------------------------------------------------------------------


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


# ---- sharpness ----------------------------------------------------------------------------------


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


# ---- refused ------------------------------------------------------------------------------------

SIGN = NORMS["sign"]
REFUSED = {
    "flow": (lambda: fn.flow(POTENTIAL, W0=W0, time=1.0, metric=SIGN), "has no flow"),
    "newton": (lambda: fn.train(POTENTIAL, fn.Newton(0.1), steps=2, metric=SIGN), "wants a metric"),
    "adam": (lambda: fn.train(POTENTIAL, fn.Adam(0.1), steps=2, metric=SIGN), "wants a metric"),
    "runge-kutta": (
        lambda: fn.train(POTENTIAL, fn.RungeKutta(), steps=2, metric=SIGN),
        "wants a metric",
    ),
    "sharpness": (lambda: fn.sharpness(POTENTIAL, W0, metric=SIGN), "norm_sharpness"),
    "charges": (lambda: fn.charges(POTENTIAL, SIGN), "is a norm and no metric"),
    "departure": (
        lambda: fn.departure(fn.train(POTENTIAL, fn.Aristotle(1e-3), steps=2, metric=SIGN)),
        "no flow to depart from",
    ),
    "lyapunov": (
        lambda: fn.lyapunov(POTENTIAL, fn.Aristotle(0.1), W0=W0, steps=3, metric=SIGN),
        "no tangent map",
    ),
    "minimum": (lambda: fn.minimum(POTENTIAL, W0, metric=SIGN), "no spectrum"),
    "chart": (lambda: fn.PulledBack(fn.Sinh(), SIGN), "has to be a constant one of W"),
    "root": (lambda: SIGN.coordinates(W0), "no root"),
    "curve": (
        lambda: fn.noise(POTENTIAL, W0, 5, metric=SIGN),
        "noise wants one with a stiffness",
    ),
    "radii": (lambda: fn.SpectralNorm(NET, [1.0]), "radii is .* 2 numbers from 0 up"),
    "names": (lambda: fn.SpectralNorm(NET, "moun"), "radii is 'moun'"),
    "all frozen": (lambda: fn.BlockNorm(NET, radii=[0, 0]), "and not all"),
    "combine": (lambda: fn.BlockNorm(NET, combine="mean"), "unknown combine 'mean'"),
    "polar": (lambda: fn.SpectralNorm(NET, polar="qr"), "unknown polar 'qr'"),
    "network": (lambda: fn.SpectralNorm(3), "has to be a flownet.Network"),
    "size": (lambda: fn.SignNorm(0), "whole number above 0"),
    "matrix": (lambda: fn.polar([1.0, 2.0]), r"a matrix \(n, k\)"),
    "method": (lambda: fn.polar([[1.0]], "QR"), "unknown method 'QR'"),
}  # fmt: skip


@pytest.mark.parametrize("call, line", REFUSED.values(), ids=REFUSED)
def test_what_a_norm_cannot_do_is_refused_in_one_line(call, line):
    with pytest.raises(fn.FlownetError, match=line) as refused:
        call()
    assert "\n" not in str(refused.value)
