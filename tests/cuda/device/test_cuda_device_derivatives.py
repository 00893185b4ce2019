"""Derivatives, diagonals, complex networks and flows of real sizes on a device, beside the CPU's.

`./scripts/test --gpu` runs these, where there is one.
"""

import numpy as np
import pytest
from tolerance import close

import flownet as fn

pytestmark = pytest.mark.gpu

LOSSES = [fn.Quadratic(), fn.CrossEntropy(temperature=0.7)]
_WORSE = 10  # than one sum: third derivatives are sums of products of many


def _case(activation, loss, dtype="float64", sizes=(7, 33, 40, 5), m=700):
    """A potential on both devices, and W and V; widths are no multiples of tiles."""
    rng = np.random.default_rng(3)
    y = rng.uniform(0.1, 1, size=(m, sizes[-1]))
    data = fn.Dataset(rng.normal(size=(m, sizes[0])), y / y.sum(axis=1, keepdims=True))
    cpu = fn.Potential(fn.Network(list(sizes), activation, dtype=dtype), loss, data)
    W, V = cpu.network.init(1), rng.normal(size=cpu.size).astype(dtype)
    return cpu, cpu.on_device("cuda"), W, V / np.linalg.norm(V)


def _close(found, expected, dtype="float64"):
    scale = _WORSE * np.abs(expected).max()
    close(found, expected, dtype, scale=scale)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("activation", fn.ACTIVATIONS)
def test_derivatives(activation, loss, dtype):
    cpu, cuda, W, V = _case(activation, loss, dtype)
    _close(cuda.sample_jets(W, V, 6), cpu.sample_jets(W, V, 6), dtype)
    here, there = cpu.hessian(W), cuda.hessian(W)
    rows = np.stack([V, W])
    _close(there.action(rows), here.action(rows), dtype)
    _close(there.third_action(rows), here.third_action(rows), dtype)
    x = cpu.data.x
    _close(cuda.network.pushforward(W, x, V), cpu.network.pushforward(W, x, V), dtype)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("activation", fn.ACTIVATIONS)
def test_diagonals(activation, loss, dtype):
    cpu, cuda, W, V = _case(activation, loss, dtype)
    here, there = cpu.hessian(W), cuda.hessian(W)
    found, expected = ([h.diagonal(), *h.diagonals(V)] for h in (there, here))
    scale = np.abs(expected[0]).max()
    for a, b in zip(found, expected):
        close(a, b, dtype, scale=_WORSE * max(scale, np.abs(b).max()))
    _close(there.gradient_squares(), here.gradient_squares(), dtype)


def test_samples_in_blocks_and_pushes_in_groups():
    """More samples than a block has, and wider layers than pushes go at once."""
    cpu, cuda, W, V = _case("tanh", LOSSES[1], sizes=(20, 1100, 10), m=5000)
    here, there = cpu.hessian(W), cuda.hessian(W)
    _close(there.third_action(V), here.third_action(V))
    _close(there.diagonal(), here.diagonal())
    _close(cuda.jet(W, V, 9), cpu.jet(W, V, 9))


@pytest.mark.parametrize("dtype", ["complex128", "complex64"])
@pytest.mark.parametrize("output", ["identity", "abs2"])
@pytest.mark.parametrize("activation", fn.COMPLEX_ACTIVATIONS)
def test_complex_networks(activation, output, dtype):
    rng, real = np.random.default_rng(4), np.dtype(dtype).type(0).real.dtype
    net = fn.Network(
        [6, 21, 13, 4], activation, output=output, dtype=dtype, widely_linear=output == "abs2"
    )
    x, y = (rng.normal(size=(90, n, 2)).view(complex)[..., 0] for n in (6, 4))
    cpu = fn.Potential(net, fn.Quadratic(), fn.Dataset(x, abs(y) if net.reads_out else y))
    W = net.init(2)
    V = 0.3 * net.init(3)
    for layer in net.parts(W):
        if layer.gate is not None:
            layer.gate[:] = 0.1
    cuda = cpu.on_device("cuda")
    (here, expected), (there, found) = cpu.differential(W), cuda.differential(W)
    assert there == pytest.approx(here, rel=1e-12 if dtype == "complex128" else 1e-5)
    _close(found.view(real), expected.view(real), real)
    _close(cuda.sample_jets(W, V, 3), cpu.sample_jets(W, V, 3), real)
    moved = V.view(real)
    here, there = cpu.hessian(W), cuda.hessian(W)
    _close(there.action(moved), here.action(moved), real)
    _close(there.third_action(moved), here.third_action(moved), real)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_flows(activation, digits):
    cpu = fn.Potential(fn.Network([64, 16, 10], activation), fn.CrossEntropy(), digits)
    words = {"W0": cpu.network.init(0), "time": 0.5, "at": [0.25, 0.5], "rtol": 1e-6}
    here, there = (fn.flow(cpu, device=device, **words) for device in ("cpu", "cuda"))
    scale = {"tanh": 1e3, "relu": 1e5}[activation]  # steps differ in their last digits, kinks are
    close(there.parameters[:], here.parameters[:], scale=scale)  # known to a share of rtol
    close(there.loss[:], here.loss[:], scale=scale)


def test_splits_of_a_step(digits, holds):
    """Every term and every split of a breakdown to 1e-10 of what was promised."""
    cpu = fn.Potential(fn.Network([64, 16, 10], "tanh"), fn.CrossEntropy(), digits)
    W, names = cpu.network.init(0), ("second_self", "third_self", "third_two")
    here, there = (fn.breakdown(cpu, W, 0.5, device=device) for device in ("cpu", "cuda"))
    for basis in ("parameters", "neurons", "layers"):
        for name in names:
            found, expected = (getattr(b.split(basis), name) for b in (there, here))
            apart = abs(found - expected) / abs(here.linear)
            holds(f"splits of a breakdown, {basis} / what was promised", apart, 1e-10)
    assert fn.sharpness(cpu.on_device("cuda"), W) == pytest.approx(fn.sharpness(cpu, W), rel=1e-9)
