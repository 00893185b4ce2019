"""The layer metric: index up and down, frozen layers, and a rescaling of coordinates."""

import numpy as np
import pytest
from tolerance import close
from twins import uniforms

import flownet as fn
from flownet._errors import FlownetError

NET = fn.Network([3, 4, 2])  # layers of 16 and 10 parameters
FROZEN = fn.LayerMetric(NET, [np.inf, 4.0])


def by_layer(first, second, dtype="float64"):
    return np.repeat([first, second], [16, 10]).astype(dtype)


def test_sharp_divides_and_flat_multiplies(dtype):
    """g^♯dL = dL/g and g♭V = gV, biases with their layer's weights, in the vector's dtype."""
    metric, V = fn.LayerMetric(NET, [2.0, 8.0]), uniforms(1, 26).astype(dtype)
    np.testing.assert_array_equal(metric.sharp(V), V / by_layer(2, 8, dtype))
    np.testing.assert_array_equal(metric.flat(V), V * by_layer(2, 8, dtype))
    assert metric.sharp(V).dtype == metric.flat(V).dtype == dtype


def test_raising_undoes_lowering():
    """g^♯g♭V = V, and dL(g^♯dL) = ‖g^♯dL‖²: the promise is the squared length (TM 10)."""
    metric, dL = fn.LayerMetric(NET, [0.3, 7.0]), uniforms(2, 26)
    close(metric.sharp(metric.flat(dL)), dL, kind="rounding")
    close(dL @ metric.sharp(dL), metric.norm2(metric.sharp(dL)), kind="rounding")
    close(metric.norm2(dL), 0.3 * dL[:16] @ dL[:16] + 7 * dL[16:] @ dL[16:], kind="rounding")


def test_the_plain_metric_changes_nothing():
    """g = 1: sharp and flat are the identity."""
    metric, V = fn.Euclidean(5), uniforms(3, 5)
    np.testing.assert_array_equal(metric.sharp(V), V)
    np.testing.assert_array_equal(metric.flat(V), V)
    close(metric.norm2(V), V @ V, kind="rounding")


@np.errstate(invalid="raise")
def test_infinite_stiffness_freezes():
    """A frozen layer has no direction; 0·∞ = 0, but to move it costs an infinite length."""
    dL, still = uniforms(4, 26), by_layer(0, 1) * uniforms(5, 26)
    np.testing.assert_array_equal(FROZEN.sharp(dL), by_layer(0, 0.25) * dL)
    np.testing.assert_array_equal(FROZEN.flat(still), 4 * still)
    close(FROZEN.norm2(still), 4 * still @ still, kind="rounding")
    moved = still.copy()
    moved[3] = -1e-300
    assert FROZEN.norm2(moved) == np.inf and FROZEN.flat(moved)[3] == -np.inf


@np.errstate(invalid="raise")
def test_a_frozen_layer_stays_whatever_its_covector():
    """0·∞ = 0: even an infinite covector gives a frozen layer no direction."""
    np.testing.assert_array_equal(FROZEN.sharp(np.full(26, np.inf))[:16], np.zeros(16))


@pytest.mark.parametrize("g", [0.25, 3.0])
def test_finite_steps_do_not_see_a_rescaling_of_coordinates(g):
    """In √g·W₁ the metric g is plain: inputs shrunk by √g give the same finite steps."""
    net = fn.Network([3, 5, 2], bias=False)
    x, y, W0 = uniforms(6, 9, 3), uniforms(7, 9, 2), uniforms(8, net.size)
    root = np.repeat([np.sqrt(g), 1.0], [15, 10])
    here, there = (fn.Potential(net, fn.Quadratic(), fn.Dataset(inputs, y))
                   for inputs in (x, x / np.sqrt(g)))
    with_metric = fn.train(here, fn.Aristotle(0.2), W0=W0, steps=50,
                           metric=fn.LayerMetric(net, [g, 1.0]))
    rescaled = fn.train(there, fn.Aristotle(0.2), W0=root * W0, steps=50)
    close(with_metric.parameters[:], rescaled.parameters[:] / root)
    close(with_metric.loss, rescaled.loss)


@pytest.mark.parametrize(
    "stiffness", [[1.0], [1.0] * 3, 1.0, [1.0, 0.0], [1.0, -2.0], [1.0, np.nan], "soft"])
def test_a_stiffness_for_each_layer_above_0(stiffness):
    with pytest.raises(FlownetError, match="2 numbers above 0, one for each layer"):
        fn.LayerMetric(NET, stiffness)


@pytest.mark.parametrize("method", ["sharp", "flat", "norm2"])
def test_vectors_of_another_size(method):
    with pytest.raises(FlownetError, match=r"shape \(25,\); the metric's is \(26,\)"):
        getattr(FROZEN, method)(np.ones(25))
