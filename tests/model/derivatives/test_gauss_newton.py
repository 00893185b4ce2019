"""Gauss-Newton: against dense matrices and PyTorch's, by its dual, in sums, charts and pickles."""

import pickle

import naive
import numpy as np
import pytest
import twins
from make_curvature_reference import load
from scipy.sparse.linalg import LinearOperator, eigsh
from settings_of_derivatives import dense, small
from tolerance import close, tolerance
from twins import every_activation, every_loss

import flownet as fn
from flownet._errors import FlownetError

STORED = load()


def complex_potential(loss):
    """A complex network 2-3-2 on five samples, widely linear, its outputs read off or not."""
    draw = np.random.default_rng(5).standard_normal((4, 5, 2))
    x = draw[0] + 1j * draw[1]
    if loss == "quadratic":
        net = fn.Network([2, 3, 2], "modrelu", dtype="complex128")
        return fn.Potential(net, fn.Quadratic(), fn.Dataset(x, draw[2] + 1j * draw[3]))
    net = fn.Network([2, 3, 2], "split_tanh", output="abs2", widely_linear=True, dtype="complex128")
    data = fn.Dataset(x, np.eye(2)[[0, 1, 0, 1, 1]])
    return fn.Potential(net, fn.CrossEntropy(temperature=0.7), data)


# ---- against dense matrices ---------------------------------------------------------------------


@every_loss
@every_activation
def test_products_against_the_naive_twin(activation, loss, dtype):
    """JᵀGJ of metrics, temperatures and output activations in turn, one vector and rows of them."""
    case = twins.mixed_case(activation, loss, 74_000, sizes=(2, 3, 2), m=4)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    wanted = naive.gauss_newton(twins.problem(case), W)
    F = p.gauss_newton(W)
    assert isinstance(F, LinearOperator)
    for found, expected in (
        (F @ V.astype(dtype), wanted @ V),
        (F.action(np.stack([V, W])), np.stack([V, W]) @ wanted),
        (F.diagonal(), wanted.diagonal()),
    ):
        assert found.dtype == dtype
        close(found, expected, dtype)
    close(F.loss, p.value(W), dtype)
    np.testing.assert_array_equal(F.dL, p.differential(W)[1])


@every_loss
@every_activation
def test_the_hessian_is_what_loss_and_map_bend(activation, loss, holds):
    """H = F + B to 1e-13 with three products of their own, and on the diagonals."""
    p, _, W, V = small(activation, loss)
    H, F, B = p.hessian(W), p.gauss_newton(W), p.map_bends(W)
    HV = H @ V
    holds("H = F + B", np.abs(HV - F @ V - B @ V).max() / np.abs(HV).max(), 1e-13)
    close(V @ (F @ V), 2 * p.linearized_jet(W, V, 2)[2])
    if not p.couples:
        close(F.diagonal() + B.diagonal(), H.diagonal())
        close(B.trace(), np.trace(dense(B)), scale=np.abs(dense(B)).max())


def test_the_map_bends_nothing_where_it_fits_or_is_straight():
    """B is 0 at zero residual, exactly, and for a map linear in W."""
    net, x = fn.Network([2, 3, 2]), np.random.default_rng(0).standard_normal((5, 2))
    W, V = net.init(seed=0), net.init(seed=1)
    fits = fn.Potential(net, fn.Quadratic(), fn.Dataset(x, net.forward(W, x)))
    np.testing.assert_array_equal(fits.map_bends(W) @ V, np.zeros(net.size))
    linear = fn.Potential(fn.Network([2, 2]), fn.CrossEntropy(), fn.Dataset(x, np.eye(2)[[0] * 5]))
    U = linear.network.init(seed=2)
    np.testing.assert_array_equal(linear.map_bends(U) @ U, np.zeros(linear.size))


@every_loss
def test_complex_networks(loss):
    """On the reals (re, im, …): H = F + B, J and its adjoint, F = JᵀGJ by its dual and diagonal."""
    p = complex_potential(loss)
    W = p.network.init(seed=1)
    F, J, E = p.gauss_newton(W), p.jacobian(W), p.empirical_fisher(W)
    wanted = dense(F)
    close(dense(p.map_bends(W)) + wanted, dense(p.hessian(W)))
    rows = np.array([J.pushforward(e) for e in np.eye(J.shape[1])]).T
    close(np.array([J.pullback(e) for e in np.eye(J.shape[0])]), rows)
    close(F.diagonal(), wanted.diagonal())
    top = np.linalg.eigvalsh(wanted)[::-1]
    close(F.eigenvalues(), np.pad(top, (0, 9))[: len(F.eigenvalues())], scale=top[0] * 10)
    close(p.ntk(W).matrix(), rows @ rows.T)
    close(dense(p.ntk(W)), rows @ rows.T)
    one = [p.on(np.array([s])).differential(W)[1].view(float) for s in range(5)]
    close(dense(E), np.transpose(one) @ one / 5)
    close(E.dual(), np.dot(one, np.transpose(one)) / 5)
    V = p.network.init(seed=2)
    moved = p.network.pushforward(W, p.data.x, V)
    close(J.pushforward(V.view(float)), np.ascontiguousarray(moved).view(float).reshape(-1))


@pytest.mark.parametrize("name", STORED)
def test_against_pytorchs_dense_jacobian(name, holds):
    """Kept in a file: J, and F = JᵀGJ on its diagonal, along V, and its trace."""
    case, kept = twins.PYTORCH[name][0], STORED[name]
    p, (W, V) = twins.potential(case), twins.point(case)
    F = p.gauss_newton(W)
    pairs = [(F @ V, kept["product"]), (F.diagonal(), kept["diagonal"]), (F.trace(), kept["trace"])]
    if "jacobian" in kept:
        J, C = kept["jacobian"], twins.uniforms(74_300, len(kept["jacobian"]))
        pairs.append((p.jacobian(W) @ V, J @ V))
        pairs.append((p.jacobian(W).H @ C, J.T @ C))
        pairs.append((p.ntk(W).matrix(), J @ J.T))
    for found, wanted in pairs:
        off = np.abs(found - wanted).max() / np.abs(wanted).max()
        holds("J, F, NTK by PyTorch's dense Jacobian", off, tolerance("reference"))


# ---- the dual -----------------------------------------------------------------------------------


@every_loss
@every_activation
def test_the_dual_has_the_same_spectrum(activation, loss, holds):
    """Of D = 44 or so m·n_out values are not 0, of a softmax m(n_out − 1), to 1e-11."""
    p, q, W, _ = small(activation, loss, m=3, sizes=(3, 5, 3))
    F, full = p.gauss_newton(W), np.linalg.eigvalsh(naive.gauss_newton(q, W))[::-1]
    found = F.eigenvalues()
    assert len(found) == 9 < p.size
    holds("spectrum of F by its dual", np.abs(found - full[:9]).max() / full[0], 1e-11)
    assert np.abs(full[9:]).max() < 1e-11 * full[0]
    if loss == "cross-entropy":
        assert np.abs(found[6:]).max() < 1e-11 * full[0]
    close(F.dual().trace(), F.trace(), scale=10 * F.trace())


def test_the_spectrum_by_parameters_where_they_are_fewer():
    p, q, W, _ = small("tanh", "cross-entropy", m=20)
    found = p.gauss_newton(W).eigenvalues()
    assert len(found) == p.size < 40
    full = np.linalg.eigvalsh(naive.gauss_newton(q, W))[::-1]
    close(found, full, scale=10 * full[0])
    top = eigsh(p.gauss_newton(W), k=2, return_eigenvectors=False)
    close(np.sort(top)[::-1], full[:2], scale=10 * full[0])


# ---- sums, charts, what is refused --------------------------------------------------------------


def test_sums_and_formulas():
    """A Parabola adds κ, its output being W itself; a prior's Fisher is its curvature."""
    p, _, W, V = small("tanh", "cross-entropy", full=False)
    both = 2 * p + 0.1 * fn.Parabola(p.size, strength=3.0)
    close(both.gauss_newton(W) @ V, 2 * (p.gauss_newton(W) @ V) + 0.3 * V)
    close(both.fisher(W) @ V, 2 * (p.fisher(W) @ V) + 0.3 * V)
    close(both.map_bends(W) @ V, 2 * (p.map_bends(W) @ V))
    close(both.gauss_newton(W).dL, both.differential(W)[1])
    close(both.gauss_newton(W).diagonal(), 2 * p.gauss_newton(W).diagonal() + 0.3)
    with pytest.raises(FlownetError, match=r"offers no fisher\(\)"):
        fn.Quartic(3).fisher(np.ones(3))


def test_it_is_a_tensor_in_every_chart():
    """W′ᵀFW′ in a chart; what the map bends there has the Christoffel term dL·W″ too."""
    p, _, W, V = small("tanh", "quadratic")
    seen = fn.Charted(p, fn.Sinh())
    u, slope = np.arcsinh(W), np.sqrt(1 + W * W)
    F = p.gauss_newton(W)
    close(seen.gauss_newton(u) @ V, slope * (F @ (slope * V)))
    close(seen.map_bends(u) @ V, seen.hessian(u) @ V - slope * (F @ (slope * V)))
    close(seen.gauss_newton(u).dL, seen.differential(u)[1])
    if not p.couples:
        close(seen.gauss_newton(u).diagonal(), slope**2 * F.diagonal())


def test_reals_of_a_complex_potential():
    from flownet.model.potential import real_view

    p = complex_potential("cross-entropy")
    W, V = p.network.init(seed=1), p.network.init(seed=2).view(float)
    view = real_view(p)
    for name in ("gauss_newton", "fisher", "empirical_fisher", "map_bends", "jacobian"):
        found = getattr(view, name)(W.view(float)) @ V
        np.testing.assert_array_equal(found, getattr(p, name)(W) @ V)


def test_pickled_operators_are_made_again():
    p, _, W, V = small("tanh", "quadratic")
    for operator in (p.gauss_newton(W), p.map_bends(W), p.jacobian(W)):
        again = pickle.loads(pickle.dumps(operator))
        np.testing.assert_array_equal(again @ V, operator @ V)


def test_what_is_refused_in_one_line():
    x, y = np.random.default_rng(2).standard_normal((3, 2)), np.eye(2)[[0, 1, 0]]
    net, coupled = fn.Network([2, 3, 2]), np.eye(3) + 0.1
    W = net.init(seed=0)
    for loss in (fn.Quadratic(sample_metric=coupled), fn.CrossEntropy(sample_metric=coupled)):
        with pytest.raises(FlownetError, match="none has a gradient of its own"):
            fn.Potential(net, loss, fn.Dataset(x, y)).empirical_fisher(W)
    with pytest.raises(FlownetError, match="it has no Fisher"):
        fn.Potential(net, fn.CrossEntropy(sample_metric=coupled), fn.Dataset(x, y)).fisher(W)
    plain = fn.Potential(net, fn.Quadratic(), fn.Dataset(x, y))
    with pytest.raises(FlownetError, match="Gauss-Newton operator acts on"):
        plain.gauss_newton(W).action(np.ones(3))
    with pytest.raises(FlownetError, match=r"the Jacobian wants"):
        plain.jacobian(W).pushforward(np.ones(3))
    own = fn.CustomPotential(2, lambda W: (W @ W, 2 * W))
    assert not own.offers("gauss_newton")
    with pytest.raises(FlownetError, match=r"offers no gauss_newton\(\)"):
        own.gauss_newton(np.ones(2))
