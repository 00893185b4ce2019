"""Complex networks: against the same network written as a real one, and what they promise."""

import complex_twin
import numpy as np
import pytest
from complex_cases import every_case, made, normal
from mistakes import told_in_one_line
from scipy.sparse.linalg import eigsh
from tolerance import close

import flownet as fn
from flownet.model.network import in_reals


@every_case
def test_against_the_network_of_pairs(name):
    """Differential, jets, H·V, T[V,V] and all diagonals against a real network in 100 digits."""
    potential, loss, W, V = made(name)
    c, *expected = complex_twin.derivatives(potential.network, loss, potential.data, W, V)
    value, dL = potential.differential(W)
    close(potential.jet(W, V, 3), c)
    close([value, potential.value(W)], [c[0], c[0]])
    H = potential.hessian(W)
    found = [
        in_reals(dL),
        in_reals(potential.hessian_action(W, V)),
        in_reals(potential.third_action(W, V)),
        *H.diagonals(in_reals(V)),
    ]
    for got, want in zip(found, expected):
        close(got, want, scale=max(np.abs(want).max(), 1e-3))
    close(H.diagonal(), found[3], kind="rounding")


@every_case
def test_single_precision(name):
    """complex64 numbers are those of complex128 to single precision, and stay complex64."""
    potential, _, W, V = made(name)
    narrow = made(name, dtype="complex64")[0]
    for of in (lambda p: p.differential(W)[1], lambda p: p.hessian_action(W, V)):
        assert of(narrow).dtype == np.complex64
        close(in_reals(of(narrow)), in_reals(of(potential)), "float32")


@every_case
@pytest.mark.parametrize("m", [3, 40], ids=["tiny", "panels"])
def test_adjoint_identity(name, m):
    """Re⟨JV, G⟩ = Re⟨V, JᵀG⟩, and dL is the pullback of the loss's covector."""
    potential, _, W, V = made(name, sizes=(3, 5, 4, 2), m=m)
    net, x = potential.network, potential.data.x
    G = np.random.default_rng(0).normal(size=(m, 2)).astype(net.output_dtype)
    if G.dtype.kind == "c":
        G += 1j * np.random.default_rng(1).normal(size=(m, 2))
    left = np.vdot(net.pushforward(W, x, V), G).real
    right = np.vdot(V, net.pullback(W, x, G)).real
    assert abs(left - right) < 1e-12 * max(1, abs(left))
    if potential.loss.kind == "quadratic":
        errors = (net.forward(W, x) - potential.data.y) / m
        close(in_reals(net.pullback(W, x, errors)), in_reals(potential.differential(W)[1]))
    else:
        assert abs(potential.jet(W, V, 1)[1] - np.vdot(V, potential.differential(W)[1]).real) < (
            1e-12
        )


def test_convention_of_the_covector():
    """L = |z|² gives 2z, as in PyTorch; JAX's gradient is its conjugate 2z̄."""
    net = fn.Network([1, 1], bias=False, dtype="complex128")
    potential = fn.Potential(net, fn.Quadratic(), fn.Dataset([[1.0 + 0j]], [[0.0 + 0j]]))
    z = np.array([3.0 - 4.0j])
    loss, dL = potential.differential(z)
    assert (loss, dL[0]) == (12.5, z[0])  # ½|z|²
    assert fn.Parabola(1, strength=2.0).differential(z)[1] == 2 * z


def test_split_layers_are_a_real_network():
    """A split_tanh network is a real tanh network of twice the width with tied weights."""
    potential, _, W, _ = made("split_tanh", sizes=(3, 4, 2), m=9)
    real, (x, y) = fn.Network([6, 8, 4], "tanh"), (potential.data.x, potential.data.y)
    planes = [np.concatenate([rows.real, rows.imag], axis=1) for rows in (x, y)]
    u = real.init(0)
    for (weights, bias), (w, b) in zip(real.unpack(u), potential.network.unpack(W)):
        weights[:] = np.block([[w.real, -w.imag], [w.imag, w.real]])
        bias[:] = np.concatenate([b.real, b.imag])
    twin = fn.Potential(real, fn.Quadratic(), fn.Dataset(*planes))
    assert abs(twin.value(u) - potential.value(W)) < 1e-14


def test_spectrum_of_the_real_operator():
    """eigsh on the operator of 2D reals gives the sharpness, and its directions are complex."""
    potential, _, W, _ = made("cardioid", sizes=(3, 4, 2), m=9)
    H = potential.hessian(W)
    assert H.shape == (2 * W.size, 2 * W.size) and H.dtype == np.float64
    dense = H @ np.eye(len(H.dL))
    close(dense, dense.T)
    top = np.linalg.eigvalsh(dense)[-1]
    assert eigsh(H, 1, which="LA")[0][0] == pytest.approx(top, rel=1e-10)
    pairs = fn.eigenpairs(potential, W, k=2)
    assert pairs.values[0] == pytest.approx(top, rel=1e-8) == fn.sharpness(potential, W)
    v = pairs.vectors[0]
    assert v.dtype == np.complex128 and np.vdot(v, v).real == pytest.approx(1)
    close(in_reals(potential.hessian_action(W, v)), top * in_reals(v), scale=1e6)


def test_phases_are_a_symmetry():
    """Without biases modReLU layers turn with their inputs, and |z|² does not see it."""
    net = fn.Network([4, 6, 3], "modrelu", output="abs2", bias=False, dtype="complex128")
    random = np.random.default_rng(2)
    W, x = net.init(3), normal(random, 5, 4)
    turned = x * np.exp(1j * random.uniform(0, 7, (5, 1)))
    close(net.forward(W, turned), net.forward(W, x), kind="rounding")
    cardioid = fn.Network([4, 6, 3], "cardioid", output="abs2", bias=False, dtype="complex128")
    assert (
        np.abs(
            cardioid.forward(W[: cardioid.size], turned) - cardioid.forward(W[: cardioid.size], x)
        ).max()
        > 0.1
    )


def test_initial_weights():
    """E|w|² is the rule's variance, every phase alike, and layers are independent."""
    for init, variance in (("lecun-normal", 1 / 80), ("he-uniform", 2 / 80)):
        net = fn.Network([80, 120, 1], "cardioid", init=init, dtype="complex128")
        w = net.parts(net.init(5))[0].weights
        assert np.mean(np.abs(w) ** 2) == pytest.approx(variance, rel=0.05)
        assert abs(np.mean(w**2)) < 0.05 * variance
    wide = fn.Network([80, 120, 1], "cardioid", widely_linear=True, dtype="complex128")
    first = wide.parts(wide.init(5))[0]
    total = np.abs(first.weights) ** 2 + np.abs(first.conjugate) ** 2
    assert np.mean(total) == pytest.approx(1 / 80, rel=0.05)
    assert (
        abs(np.vdot(first.weights, first.conjugate))
        < 0.05 * np.vdot(first.weights, first.weights).real
    )


def test_hermitian_output_metric():
    """½ Re(ē·γe) with a Hermitian γ, against the sum itself."""
    random = np.random.default_rng(8)
    gamma = np.array([[2.0, 0.5 - 1j], [0.5 + 1j, 3.0]])
    net = fn.Network([3, 2], dtype="complex128")
    data = fn.Dataset(normal(random, 6, 3), normal(random, 6, 2))
    potential = fn.Potential(net, fn.Quadratic(output_metric=gamma), data)
    e = net.forward(net.init(0), data.x) - data.y
    assert potential.value(net.init(0)) == pytest.approx(
        np.mean(np.einsum("sa,ab,sb->s", e.conj(), gamma, e).real) / 2, rel=1e-14
    )


def test_sums_with_a_parabola():
    """κ·½‖W‖² adds to a complex potential; what has no meaning there is refused."""
    potential, _, W, V = made("tanh")
    total = potential + 0.5 * fn.Parabola(potential.size)
    close(in_reals(total.hessian_action(W, V)), in_reals(potential.hessian_action(W, V) + 0.5 * V))
    assert total.value(W) == pytest.approx(potential.value(W) + 0.25 * np.vdot(W, W).real)
    run = fn.train(total, fn.Aristotle(0.1), W0=W, steps=2)
    close(in_reals(run.parameters[1]), in_reals(W - 0.1 * total.differential(W)[1]))
    with told_in_one_line("a Parabola does"):
        potential + fn.Quartic(potential.size)


MISTAKES = {
    "a real activation": (lambda: fn.Network([2, 3, 1], "relu", dtype="complex128"), "split_relu"),
    "a complex activation": (lambda: fn.Network([2, 3, 1], "cardioid"), "activation"),
    "a readout inside": (lambda: fn.Network([2, 3, 1], "abs2", dtype="complex128"), "activation"),
    "widely linear reals": (lambda: fn.Network([2, 1], widely_linear=True), "complex128"),
    "complex data": (
        lambda: fn.Potential(fn.Network([2, 1]), fn.Quadratic(), fn.Dataset([[1j, 1.0]], [[1.0]])),
        "x is complex",
    ),
    "probabilities of complex outputs": (
        lambda: fn.Potential(
            fn.Network([2, 2], dtype="complex128"),
            fn.CrossEntropy(),
            fn.Dataset([[1j, 1.0]], [[1.0, 0.0]]),
        ),
        "output='abs2'",
    ),
    "a complex metric of samples": (lambda: fn.Quadratic(sample_metric=[1j, 1.0]), "sample_metric"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    """What was wrong, and what would be right."""
    act, words = MISTAKES[mistake]
    with told_in_one_line(words):
        act()
