"""Complex networks on the device, in the simulator, by their planes: those of the CPU."""

import numpy as np
import pytest
from tolerance import close

import flownet as fn

pytestmark = pytest.mark.simulator

REALS = {"complex128": "float64", "complex64": "float32"}
#: hidden activation, output, loss; every activation of complex units and every readout once
CASES = [
    ("modrelu", "identity", "quadratic"),
    ("zrelu", "cayley", "quadratic"),
    ("cardioid", "abs", "cross-entropy"),
    ("tanh", "abs2", "cross-entropy"),
    ("sin", "modrelu", "quadratic"),
    ("cayley", "real", "cross-entropy"),
    ("split_tanh", "abs2", "quadratic"),
]


def _random(rng, *shape):
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def _case(activation, output, loss, dtype="complex128", widely_linear=True):
    """A small potential, W away from kinks and V."""
    rng = np.random.default_rng(len(activation) + 10 * len(output))
    net = fn.Network([2, 2, 2], activation, output=output, dtype=dtype, widely_linear=widely_linear)
    x, y = _random(rng, 3, 2), _random(rng, 3, 2)
    if net.reads_out:
        y = np.abs(y) / np.abs(y).sum(axis=1, keepdims=True)
    metric = {"output_metric": np.array([[2.0, 0.3], [0.3, 1.0]])}
    loss = fn.Quadratic(**metric) if loss == "quadratic" else fn.CrossEntropy(temperature=1.5)
    W, V = (0.7 * _random(rng, net.size).astype(dtype) for _ in range(2))
    for layer in net.parts(V):
        if layer.gate is not None:
            layer.gate.imag = 0
    for layer in net.parts(W):
        if layer.gate is not None:
            layer.gate[:] = 0.2
    cpu = fn.Potential(net, loss, fn.Dataset(x, y))
    return cpu, cpu.on_device("cuda"), W, V


def _reals(z):
    return np.ascontiguousarray(z).view(z.real.dtype)


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize(("activation", "output", "loss"), CASES)
def test_differential_and_map(activation, output, loss, dtype):
    """L, dL; outputs, pullback and pushforward."""
    cpu, cuda, W, _ = _case(activation, output, loss, dtype)
    real, x = REALS[dtype], cpu.data.x
    (here, expected), (there, found) = cpu.differential(W), cuda.differential(W)
    close([there], [here], real)
    close(_reals(found), _reals(expected), real)
    close(_reals(cuda.network.forward(W, x)), _reals(cpu.network.forward(W, x)), real)
    g = cpu.network.forward(W, x)
    close(_reals(cuda.network.pullback(W, x, g)), _reals(cpu.network.pullback(W, x, g)), real)


@pytest.mark.parametrize(("activation", "output", "loss"), CASES)
def test_derivatives(activation, output, loss):
    """Jets to order 3, Hessian and third actions, squares of gradients."""
    cpu, cuda, W, V = _case(activation, output, loss, widely_linear=activation == "modrelu")
    close(cuda.sample_jets(W, V, 3), cpu.sample_jets(W, V, 3))
    here, there = cpu.hessian(W), cuda.hessian(W)
    close([there.loss], [here.loss])
    close(there.action(_reals(V)), here.action(_reals(V)))
    close(there.third_action(_reals(V)), here.third_action(_reals(V)))
    close(there.gradient_squares(), here.gradient_squares())


def test_derivatives_in_single_precision():
    cpu, cuda, W, V = _case("modrelu", "abs", "quadratic", "complex64")
    close(cuda.sample_jets(W, V, 3), cpu.sample_jets(W, V, 3), "float32")
    here, there = cpu.hessian(W), cuda.hessian(W)
    close(there.action(_reals(V)), here.action(_reals(V)), "float32")


def test_layers_from_above_the_lowest():
    cpu, cuda, W, _ = _case("cardioid", "abs", "quadratic")
    for lowest in (1, 2):
        found, expected = (p.differential(W, lowest=lowest)[1] for p in (cuda, cpu))
        close(_reals(found), _reals(expected), scale=1.0)
