"""The layer metric: index up and down, frozen layers, and a rescaling of coordinates."""

import numpy as np
import pytest
from tolerance import close
from twins import uniforms

import flownet as fn
from flownet._errors import FlownetError
from flownet.geometry.metric import Ranges

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
    here, there = (
        fn.Potential(net, fn.Quadratic(), fn.Dataset(inputs, y)) for inputs in (x, x / np.sqrt(g))
    )
    with_metric = fn.train(
        here, fn.Aristotle(0.2), W0=W0, steps=50, metric=fn.LayerMetric(net, [g, 1.0])
    )
    rescaled = fn.train(there, fn.Aristotle(0.2), W0=root * W0, steps=50)
    close(with_metric.parameters[:], rescaled.parameters[:] / root)
    close(with_metric.loss, rescaled.loss)


@pytest.mark.parametrize(
    "stiffness", [[1.0], [1.0] * 3, 1.0, [1.0, 0.0], [1.0, -2.0], [1.0, np.nan], "soft"]
)
def test_a_stiffness_for_each_layer_above_0(stiffness):
    with pytest.raises(FlownetError, match="2 numbers above 0, one for each layer"):
        fn.LayerMetric(NET, stiffness)


@pytest.mark.parametrize("method", ["sharp", "flat", "norm2"])
def test_vectors_of_another_size(method):
    with pytest.raises(FlownetError, match=r"shape \(25,\); the metric's is \(26,\)"):
        getattr(FROZEN, method)(np.ones(25))


# ---- orthonormal coordinates --------------------------------------------------------------------

SOME = np.where(np.arange(26) % 5 == 0, np.inf, uniforms(9, 26, low=0.1, high=4.0))
KINDS = {
    "layers": fn.LayerMetric(NET, [0.3, 7.0]),
    "a frozen layer": FROZEN,
    "diagonal": fn.DiagonalMetric(SOME),
    "plain": fn.Euclidean(26),
}


@pytest.mark.parametrize("metric", KINDS.values(), ids=KINDS)
@np.errstate(invalid="raise")
def test_coordinates_in_which_the_metric_is_plain(metric, dtype):
    """x = g^{1/2}V: x·x = g(V, V), back to V, and dL(V) = (g^{-1/2}dL)·x."""
    free = metric.free
    V = np.where(free, uniforms(10, 26), 0).astype(dtype)
    x = metric.coordinates(V)
    assert x.dtype == metric.displacement(x).dtype == dtype
    close(x @ x, metric.norm2(V), dtype, kind="rounding")
    close(metric.displacement(x), V, dtype, kind="rounding")
    dL = uniforms(11, 26).astype(dtype)
    close(metric.displacement(dL) @ x, dL @ V, dtype, kind="rounding", scale=10)
    for moved in (metric.coordinates(dL), metric.displacement(dL)):
        assert (moved[~free] == 0).all() and (moved[free] != 0).all()


def test_what_is_free():
    np.testing.assert_array_equal(FROZEN.free, by_layer(0, 1).astype(bool))
    np.testing.assert_array_equal(fn.DiagonalMetric(SOME).free, np.arange(26) % 5 != 0)
    assert fn.Euclidean(3).free.all()


# ---- one stiffness for each parameter -----------------------------------------------------------


def trained(potential, metric, W0, steps=40, **words):
    return fn.train(potential, fn.Aristotle(0.2), W0=W0, steps=steps, metric=metric, **words)


@pytest.fixture(scope="module")
def potential():
    return fn.Potential(NET, fn.Quadratic(), fn.Dataset(uniforms(12, 9, 3), uniforms(13, 9, 2)))


@pytest.mark.parametrize("stiffness", [[1.0, 1.0], [4.0, 0.5], [np.inf, 2.0]])
def test_a_diagonal_of_two_values_is_a_layer_metric(stiffness, potential):
    """The same bits, step by step."""
    W0 = uniforms(14, 26)
    diagonal = fn.DiagonalMetric(by_layer(*stiffness))
    one = trained(potential, fn.LayerMetric(NET, stiffness), W0)
    two = trained(potential, diagonal, W0)
    np.testing.assert_array_equal(one.parameters[:], two.parameters[:])
    np.testing.assert_array_equal(one.loss, two.loss)


@pytest.mark.parametrize("frozen", [[], [0], [0, 1, 5, 17], range(16), range(25)])
def test_training_in_a_diagonal_metric(frozen, potential):
    """W ← W − h·dL/g one parameter at a time; what is frozen keeps every bit."""
    stiffness = uniforms(15, 26, low=0.3, high=3.0)
    stiffness[list(frozen)] = np.inf
    W = uniforms(16, 26)
    run = trained(potential, fn.DiagonalMetric(stiffness), W)
    for k in range(40):
        np.testing.assert_array_equal(run.parameters[k][list(frozen)], W[list(frozen)])
        close(run.parameters[k], W)
        W = W - 0.2 * potential.differential(W)[1] / stiffness


def test_finite_steps_do_not_see_a_rescaling_of_each_input():
    """Inputs x_b/√g_b and weights √g_b·W_ab in the plain metric: the same finite steps."""
    net = fn.Network([3, 5, 2], bias=False)
    x, y, W0 = uniforms(6, 9, 3), uniforms(7, 9, 2), uniforms(8, net.size)
    g = np.array([0.25, 3.0, 1.5])
    root = np.sqrt(np.concatenate([np.tile(g, 5), np.ones(10)]))
    here, there = (
        fn.Potential(net, fn.Quadratic(), fn.Dataset(inputs, y)) for inputs in (x, x / np.sqrt(g))
    )
    with_metric = trained(here, fn.DiagonalMetric(root**2), W0)
    rescaled = trained(there, None, root * W0)
    close(with_metric.parameters[:], rescaled.parameters[:] / root)
    close(with_metric.loss, rescaled.loss)


@pytest.mark.parametrize(
    "metric",
    [fn.DiagonalMetric(SOME), fn.Euclidean(26), FROZEN],
    ids=["diagonal", "plain", "layers"],
)
def test_a_run_comes_back_with_its_metric(metric, potential, tmp_path):
    """From its file, to be resumed bit for bit or run again."""
    W0 = uniforms(17, 26)
    trained(potential, metric, W0, 10, store=tmp_path / "a.h5")
    whole = trained(potential, metric, W0, 25)
    np.testing.assert_array_equal(
        fn.resume(tmp_path / "a.h5", steps=25).parameters[:], whole.parameters[:]
    )
    found = fn.Trajectory.open(tmp_path / "a.h5").metric
    assert type(found) is type(metric)
    np.testing.assert_array_equal(found.stiffness, metric.stiffness)
    _, _, again, _ = fn.Experiment.load(tmp_path / "a.h5").parts()
    np.testing.assert_array_equal(again.stiffness, metric.stiffness)


def test_a_metric_that_no_file_knows_is_not_taken_for_the_plain_one(potential, tmp_path):
    metric = Ranges([0, 26], [2.0])
    run = trained(potential, metric, uniforms(18, 26), 3, store=tmp_path / "a.h5")
    assert run.metric is metric
    with pytest.raises(FlownetError, match="a program of its own"):
        fn.resume(tmp_path / "a.h5", steps=9)


@pytest.mark.parametrize("stiffness", [[], 1.0, [[1.0]], [1.0, 0.0], [-1.0], [np.nan], "soft"])
def test_a_diagonal_above_0(stiffness):
    with pytest.raises(FlownetError, match="numbers above 0, one for each parameter"):
        fn.DiagonalMetric(stiffness)


def test_a_diagonal_of_another_size(potential):
    with pytest.raises(FlownetError, match="one of 25 parameters, the potential has 26"):
        trained(potential, fn.DiagonalMetric(np.ones(25)), uniforms(19, 26))
