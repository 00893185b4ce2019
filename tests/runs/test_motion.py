"""Finite steps: W ← W − step·g^♯dL, recorded; frozen layers, threads, divergence."""

import naive
import numpy as np
import pytest
import twins
from tolerance import close, tolerance

import flownet as fn
from flownet.kernels.cpu.base import threads

THREE_LAYERS = twins.case(60_000, [3, 5, 4, 2], ["tanh", "sin"], "quadratic", m=17)


@pytest.mark.parametrize("name", twins.RUNS)
def test_descent_against_naive_and_stored_pytorch(name):
    """200 steps of the full batch, as Aristotle's twin and torch.optim.SGD take them (TM 39)."""
    case, expected = twins.RUNS[name]
    run = fn.train(
        twins.potential(case),
        fn.Aristotle(case["step"]),
        W0=case["arrays"]["W"],
        steps=max(case["kept"]),
    )
    p = twins.problem(case)
    path, losses = naive.aristotle(
        lambda W: naive.differential(p, W), case["arrays"]["W"], case["step"], max(case["kept"])
    )
    close(run.parameters[:], path)
    close(run.loss, losses)
    close(run.parameters[:][case["kept"]], expected["trajectory"])
    close(run.loss, expected["losses"])


@pytest.mark.parametrize("activation", ["tanh", "softplus"])
@pytest.mark.parametrize("loss", ["quadratic", "cross-entropy"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
def test_descent_against_live_pytorch(loss, activation):
    """torch.optim.SGD on a network that no file has seen."""
    pytest.importorskip("torch")
    case = {
        **twins.case(61_000, [4, 7, 3], [activation], loss, m=20),
        "step": 0.1,
        "kept": [0, 7, 60],
    }
    expected = twins.torch_run(case)
    run = fn.train(twins.potential(case), fn.Aristotle(0.1), W0=case["arrays"]["W"], steps=60)
    close(run.parameters[:][case["kept"]], expected["trajectory"])
    close(run.loss, expected["losses"])


# ---- XOR (TM §3.2) ------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [[2, 1], [2, 3, 1]])
def test_no_linear_network_solves_xor(sizes, xor):
    """L ≥ 1/8: the best linear answer is ½ everywhere, so that L = ½·mean(¼)."""
    potential = fn.Potential(fn.Network(sizes, "identity"), fn.Quadratic(), xor)
    run = fn.train(potential, fn.Aristotle(0.2), steps=2000, seed=1)
    assert run.loss.min() >= (1 - tolerance("rounding")) / 8
    close(run.loss[-1], 1 / 8)


def test_a_hidden_layer_solves_xor(xor_potential, xor):
    """One hidden layer of four units folds the plane: every answer right, the loss near 0."""
    run = fn.train(xor_potential, fn.Aristotle(0.3), steps=5000, seed=0)
    answers = xor_potential.network.forward(run.parameters[-1], xor.x)
    assert run.loss[-1] < 1e-3
    np.testing.assert_array_equal(np.round(answers), xor.y)


# ---- the metric in motion -----------------------------------------------------------------------


def layers_of(potential, W):
    """Parameters of each layer, a list of arrays (…, d)."""
    return [W[..., begin:end] for begin, end in potential.network.ranges]


@pytest.mark.parametrize("batch_size", [None, 5])
@pytest.mark.parametrize("frozen", [{0}, {1}, {2}, {0, 1}, {0, 2}, {0, 1, 2}], ids=str)
def test_frozen_layers_keep_every_bit(frozen, batch_size, dtype):
    """Stiffness ∞: neither weights nor biases move, and the others move as if nothing were odd."""
    potential, W0 = twins.potential(THREE_LAYERS, dtype), THREE_LAYERS["arrays"]["W"].astype(dtype)
    metric = fn.LayerMetric(potential.network, [np.inf if i in frozen else 1.0 for i in range(3)])
    run = fn.train(
        potential, fn.Aristotle(0.1), W0=W0, steps=20, metric=metric, batch_size=batch_size
    )
    free = np.concatenate(
        [
            np.full(end - begin, i not in frozen)
            for i, (begin, end) in enumerate(potential.network.ranges)
        ]
    )
    W = W0
    for k, row in enumerate(run.parameters[:]):
        np.testing.assert_array_equal(row[~free], W0[~free])
        close(row, W, dtype)
        W = np.where(free, row - 0.1 * run.potential_at(k).differential(row)[1], W0)
    assert (run.parameters[-1] != W0)[free].all()


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_stiffness_one_hundred_moves_a_hundredth(layer):
    """ΔW = −step·dL/g: from one point, the stiff layer's first step is a hundredth, no other's."""
    potential, W0 = twins.potential(THREE_LAYERS), THREE_LAYERS["arrays"]["W"]
    stiff = fn.LayerMetric(potential.network, np.where(np.arange(3) == layer, 100.0, 1.0))
    plain, slow = (
        fn.train(potential, fn.Aristotle(0.1), W0=W0, steps=1, metric=g).parameters[:]
        for g in (None, stiff)
    )
    for i, (free, held) in enumerate(zip(layers_of(potential, plain), layers_of(potential, slow))):
        close((held[1] - held[0]) * (100 if i == layer else 1), free[1] - free[0])


def test_the_plain_metric_is_no_metric(xor_potential):
    """`fn.Euclidean` says what is meant without a metric."""
    plain = fn.Euclidean(xor_potential.size)
    runs = [fn.train(xor_potential, fn.Aristotle(0.1), steps=3, metric=g) for g in (None, plain)]
    np.testing.assert_array_equal(runs[0].parameters[:], runs[1].parameters[:])


# ---- the same bits ------------------------------------------------------------------------------


@pytest.mark.skipif(threads.most() < 2, reason="one thread is all there is here")
@pytest.mark.parametrize("batch_size", [64, None])
@pytest.mark.parametrize("hidden", [64, 400])
def test_threads_do_not_change_a_bit(hidden, batch_size, dtype):
    """Shards and panels are cut by shapes alone; 784-400-10 moves its parameters in parallel."""
    net = fn.Network([784, hidden, 10], dtype=dtype)
    data = fn.Dataset(twins.uniforms(1, 150, 784), np.eye(10)[np.arange(150) % 10])
    potential = fn.Potential(net, fn.CrossEntropy(), data)

    def run(count):
        return fn.train(potential, fn.Aristotle(0.1), steps=6, batch_size=batch_size, threads=count)

    with threads.limited(1):
        alone = run(None)
    for other in (run(1), run(2)):
        np.testing.assert_array_equal(other.parameters[:], alone.parameters[:])
        np.testing.assert_array_equal(other.loss, alone.loss)


@pytest.mark.skipif(threads.most() < 2, reason="one thread is all there is here")
def test_threads_do_not_change_a_derivative(dtype):
    """L, dL and the jet of 5000 samples: the same bits on one thread and on two."""
    case = twins.case(62_000, [20, 30, 4], ["tanh"], "cross-entropy", m=5000)
    potential, (W, V) = twins.potential(case, dtype), twins.point(case)

    def all_of_them(count):
        with threads.limited(count):
            return potential.value(W), *potential.differential(W), potential.jet(W, V)

    for one, two in zip(all_of_them(1), all_of_them(2)):
        np.testing.assert_array_equal(one, two)


class Program:
    """A potential that no table can say: a network's, one call at a time."""

    def __init__(self, potential):
        self.size, self.data, self.dtype = potential.size, potential.data, potential.dtype
        self.network, self.value = potential.network, potential.value
        self.differential, self.on = potential.differential, potential.on


@pytest.mark.parametrize("batch_size", [None, 5])
def test_a_program_of_ones_own_takes_the_same_steps(batch_size):
    """Whatever offers differential(W) can be followed; so can a sum of two networks' potentials."""
    potential, W0 = twins.potential(THREE_LAYERS), THREE_LAYERS["arrays"]["W"]
    metric = fn.LayerMetric(potential.network, [1.0, np.inf, 4.0])
    words = dict(W0=W0, steps=30, metric=metric, batch_size=batch_size, seed=2, record_every=7)
    expected = fn.train(potential, fn.Aristotle(0.1), **words)
    for other in (Program(potential), 0.25 * potential + 0.75 * potential):
        run = fn.train(other, fn.Aristotle(0.1), **words)
        np.testing.assert_array_equal(run.iteration, expected.iteration)
        close(run.parameters[:], expected.parameters[:])
        close(run.loss, expected.loss)


# ---- divergence is a result ---------------------------------------------------------------------


@pytest.mark.parametrize("record_every", [1, 10])
def test_a_diverging_run_ends_at_its_last_finite_row(record_every):
    """|W| doubles on the parabola at h = 3: L overflows first, at k = 512 with W0 = 1."""
    run = fn.train(
        fn.Parabola(), fn.Aristotle(3.0), W0=[1.0], steps=2000, record_every=record_every
    )
    assert run.diverged_at == len(run.loss) == len(run.step) == 512
    np.testing.assert_array_equal(run.loss, 0.5 * 4.0 ** np.arange(512))
    np.testing.assert_array_equal(run.iteration, sorted({*range(0, 512, record_every), 511}))
    np.testing.assert_array_equal(run.parameters[:, 0], (-2.0) ** run.iteration)


def test_parameters_that_overflow_before_the_loss():
    """`diverged_at` is the first iteration whose parameters are not finite, too."""
    run = fn.train(fn.Parabola(), fn.Aristotle(1e300), W0=[1e10], steps=9)
    assert (run.diverged_at, run.loss.tolist(), run.parameters[:].tolist()) == (1, [5e19], [[1e10]])


@pytest.mark.parametrize("steps", [0, 5])
def test_a_run_may_diverge_before_its_first_step(steps):
    """L(W0) = ∞ leaves no row at all."""
    run = fn.train(fn.Parabola(), fn.Aristotle(0.1), W0=[1e200], steps=steps)
    assert (run.diverged_at, len(run.loss)) == (0, 0)


def test_a_run_may_diverge_at_its_last_row():
    """Entry N of the loss is looked at too."""
    run = fn.train(fn.Parabola(), fn.Aristotle(3.0), W0=[1.0], steps=512)
    assert (run.diverged_at, len(run.loss), len(run.parameters)) == (512, 512, 512)


def test_a_diverging_network(digits_potential):
    """A step far too long for a network: finite rows, and the rest is silence."""
    potential = digits_potential + fn.Quartic(digits_potential.size)
    run = fn.train(potential, fn.Aristotle(50.0), steps=500)
    assert 0 < run.diverged_at == len(run.loss)
    assert np.isfinite(run.loss).all() and np.isfinite(run.parameters[:]).all()
