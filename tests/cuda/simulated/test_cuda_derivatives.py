"""Jets, Hessian and third actions on the device, in the simulator: the CPU's and NumPy's."""

import naive
import numpy as np
import pytest
from on_device import ready
from tolerance import close, has_order
from twins import LOSSES, mixed_case, problem

import flownet as fn

pytestmark = pytest.mark.simulator

#: every activation once, with losses and precisions in turn; the tests on a device have them all
CASES = [
    (activation, LOSSES[i % 2], ["float64", "float32"][i // 2 % 2])
    for i, activation in enumerate(fn.ACTIVATIONS)
]


def _case(activation, loss):
    return mixed_case(activation, loss, seed=600, sizes=(2, 3, 2, 2), m=3)


@pytest.mark.parametrize(("activation", "loss", "dtype"), CASES)
def test_jets(activation, loss, dtype):
    """Coefficients of every sample's loss to order 4, and along a straight line of outputs."""
    case = _case(activation, loss)
    cpu, cuda, W, V = ready(case, dtype)
    found = cuda.sample_jets(W, V, 4)
    expected = cpu.sample_jets(W, V, 4)
    close(found, expected, dtype)
    if dtype == "float64":
        close(found.mean(axis=0), naive.jet(problem(case), W, V, 4))
    close(cuda.linearized_jet(W, V, 3), cpu.linearized_jet(W, V, 3), dtype)
    close(cuda.jet(W, V, 0), cpu.jet(W, V, 0), dtype)


@pytest.mark.parametrize(("activation", "loss", "dtype"), CASES)
def test_actions(activation, loss, dtype):
    """L, H·V of two displacements, and T[V,V]."""
    case = _case(activation, loss)
    cpu, cuda, W, V = ready(case, dtype)
    there, here = cuda.hessian(W), cpu.hessian(W)
    close([there.loss], [here.loss], dtype)
    rows = np.stack([V, W])
    close(there.action(rows), here.action(rows), dtype)
    close(there.third_action(V), here.third_action(V), dtype)
    if dtype == "float64":
        close(there.action(V), naive.hessian_action(problem(case), W, V))


@pytest.mark.parametrize(("activation", "loss", "dtype"), CASES)
def test_straight_maps(activation, loss, dtype):
    """Gauss-Newton, both Fishers, the map's bends, J and its adjoint, the tangent kernel."""
    cpu, cuda, W, V = ready(mixed_case(activation, loss, 600, (2, 3, 2, 2), 3, False), dtype)
    rows = np.stack([V, W])
    for name in ("gauss_newton", "fisher", "empirical_fisher", "map_bends"):
        there, here = getattr(cuda, name)(W), getattr(cpu, name)(W)
        scale = 10 * np.abs(cpu.hessian(W).action(rows)).max()
        close(there.action(rows), here.action(rows), dtype, scale=scale)
    for name in ("gauss_newton", "fisher", "empirical_fisher"):
        there, here = getattr(cuda, name)(W), getattr(cpu, name)(W)
        close(there.diagonal(), here.diagonal(), dtype)
        close(there.dual(), here.dual(), dtype)
    for name in ("gauss_newton", "fisher"):
        there, here = getattr(cuda, name)(W), getattr(cpu, name)(W)
        scale = 10 * np.abs(here.christoffel(V)).max() + np.abs(here.action(V)).max()
        close(there.christoffel(V), here.christoffel(V), dtype, scale=scale)
    there, here, C = cuda.jacobian(W), cpu.jacobian(W), np.arange(6.0)
    close(there @ V, here @ V, dtype)
    close(there.H @ C, here.H @ C, dtype)


def test_straight_maps_of_complex_networks():
    """Pairs of units: a modReLU with biases of its own, and outputs that are read off."""
    draw = np.random.default_rng(5).standard_normal((2, 3, 2))
    data = fn.Dataset(draw[0] + 1j * draw[1], np.eye(2)[[0, 1, 1]])
    net = fn.Network([2, 2, 2], "modrelu", output="abs2", dtype="complex128")
    p = fn.Potential(net, fn.CrossEntropy(), data)
    W, V = net.init(seed=1), net.init(seed=2).view(float)
    for name in ("gauss_newton", "empirical_fisher", "map_bends"):
        close(getattr(p.on_device("cuda"), name)(W) @ V, getattr(p, name)(W) @ V)
    found = p.on_device("cuda").gauss_newton(W).christoffel(V)
    close(found, p.gauss_newton(W).christoffel(V))


def test_pushforward(dtype):
    case = _case("tanh", "quadratic")
    cpu, cuda, W, V = ready(case, dtype)
    x = cpu.data.x
    close(cuda.network.pushforward(W, x, V), cpu.network.pushforward(W, x, V), dtype)


def test_a_jet_in_pieces(monkeypatch):
    """Samples that do not fit in at once, the last of them fewer."""
    from flownet.kernels.cuda.derivative import buffers

    cpu, cuda, W, V = ready(mixed_case("sigmoid", "cross-entropy", seed=612, m=5, full=False))
    monkeypatch.setattr(buffers, "_JET", 2 * 5 * 4)  # two samples to order 3 of five units
    close(cuda.sample_jets(W, V, 3), cpu.sample_jets(W, V, 3))


def test_third_actions_in_blocks(monkeypatch):
    from flownet.kernels import cuda as entries

    cpu, cuda, W, V = ready(mixed_case("gelu", "quadratic", seed=611, m=5, full=False))
    monkeypatch.setattr(cuda.kernels, "BLOCK_ROWS", 2)
    rows = np.stack([V, W])
    close(cuda.hessian(W).third_action(rows), cpu.hessian(W).third_action(rows))
    assert entries.BLOCK_ROWS > 2


def test_taylor_remainders():
    """What jets leave out of L(W + sV) falls like the next power of s."""
    _, cuda, W, V = ready(_case("tanh", "cross-entropy"))
    steps = np.array([0.02, 0.01, 0.005])
    c = cuda.jet(W, V, 2)
    values = [cuda.jet(W + s * V, V, 0)[0] for s in steps]
    has_order(values - np.polyval(c[::-1], steps), steps, 3)


def test_the_hessian_is_symmetric():
    """⟨U, HV⟩ = ⟨HU, V⟩, and both are the polarised second coefficient."""
    _, cuda, W, V = ready(_case("softplus", "cross-entropy"))
    U = np.cos(np.arange(W.size))
    HU, HV = cuda.hessian(W).action(np.stack([U, V]))
    close(U @ HV, HU @ V)
    close(cuda.jet(W, U + V, 2)[2] - cuda.jet(W, U - V, 2)[2], 2 * (U @ HV))
