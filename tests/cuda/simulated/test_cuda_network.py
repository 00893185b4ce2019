"""Forward pass, losses and pullback of the device, in the simulator: naive twins, and the CPU's."""

import naive
import numpy as np
import pytest
from tolerance import close
from twins import LOSSES, mixed_case, point, potential, problem

import flownet as fn
from flownet.kernels.cuda.network import work

pytestmark = pytest.mark.simulator


def _both(activation, loss, dtype, **words):
    """A potential on the device and its naive twin, at a point."""
    case = mixed_case(activation, loss, 300, **words)
    return potential(case, dtype).on_device("cuda"), problem(case), point(case)[0]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", fn.ACTIVATIONS)
def test_differential_is_that_of_the_naive_twin(activation, loss, dtype):
    """Biases, temperature, output activation and both metrics go round."""
    here, p, W = _both(activation, loss, dtype)
    expected, slope = naive.differential(p, W)
    value, dL = here.differential(W.astype(dtype))
    close(value, expected, dtype)
    close(dL, slope, dtype)
    assert here.value(W.astype(dtype)) == value


@pytest.mark.parametrize("loss", LOSSES)
def test_samples_in_chunks(loss, dtype, monkeypatch):
    """More samples than are kept at once: covectors add up from chunk to chunk."""
    monkeypatch.setattr(work, "_LEAST", 3)
    monkeypatch.setattr(work, "_BYTES", 0)
    here, p, W = _both("tanh", loss, dtype, full=False, m=8)
    expected, slope = naive.differential(p, W)
    value, dL = here.differential(W.astype(dtype))
    close(value, expected, dtype)
    close(dL, slope, dtype)
    x = p.x.astype(dtype)
    y_hat = naive.forward(W=W, x=p.x, **p.net)
    close(here.network.forward(W, x), y_hat, dtype)
    g = np.random.default_rng(2).normal(size=y_hat.shape).astype(dtype)
    expected = naive.pullback(W=W, x=p.x, cotangent=np.float64(g), **p.net)
    close(here.network.pullback(W, x, g), expected, dtype)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_mini_batch_and_layers_that_rest(loss):
    """Some samples in another order, and no covector below the layer `lowest`."""
    case = mixed_case("sigmoid", loss, 500, full=False)
    cpu = potential(case)
    here, W, rows = cpu.on_device("cuda"), point(case)[0], np.array([4, 0, 3])
    for lowest in range(4):
        value, dL = here.differential_on(rows, W, lowest=lowest)
        expected, slope = cpu.differential_on(rows, W, lowest=lowest)
        close(value, expected)
        close(dL, slope)


@pytest.mark.parametrize("far", [30.0, 800.0])
def test_a_class_that_leads_by_far_keeps_its_covector(far, dtype):
    """Where 1 − P̂ would cancel, as on the CPU."""
    net = fn.Network([2, 3], dtype=dtype)
    data = fn.Dataset(np.eye(2), np.array([[0.0, 1, 0], [1, 0, 0]]))
    cpu = fn.Potential(net, fn.CrossEntropy(), data)
    W = np.zeros(net.size, dtype)
    W[0] = far
    (value, dL), (expected, slope) = cpu.on_device("cuda").differential(W), cpu.differential(W)
    np.testing.assert_allclose(value, expected, rtol=1e-14)
    np.testing.assert_allclose(dL, slope, rtol=1e-6 if dtype == "float32" else 1e-13)


def test_the_same_bits_twice():
    here, _, W = _both("gelu", "cross-entropy", "float64")
    (one, first), (two, second) = here.differential(W), here.differential(W)
    assert one == two
    assert np.array_equal(first, second)
