"""Pretraining: autoencoders learn, the stack is what they learnt, the rest is as it was."""

import numpy as np
import pytest
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn

SIZES, ACTIVATIONS = [64, 24, 12, 10], ["sigmoid", "tanh"]


@pytest.fixture(scope="module")
def network():
    return fn.Network(SIZES, ACTIVATIONS)


@pytest.fixture(scope="module")
def learnt(network, digits):
    """Two layers learnt from 300 digits, 400 steps each."""
    return fn.pretrain(network, digits, fn.Adam(3e-3), steps=400, batch_size=50, seed=3)


def test_each_layer_learns_to_give_its_inputs_back(learnt):
    """Better than at first, and than the best constant answer, which knows no single image."""
    assert (learnt.after < 0.2 * learnt.before).all() and (learnt.after < 0.6 * learnt.mean).all()
    for k, run in enumerate(learnt.runs):
        x = run.potential.data.x
        assert run.potential.network.sizes == (SIZES[k], SIZES[k + 1], SIZES[k])
        x_hat = run.potential.network.forward(run.parameters[-1], x)
        close(learnt.after[k], 0.5 * np.mean(np.sum((x_hat - x) ** 2, axis=1)))
        close(learnt.mean[k], 0.5 * np.mean(np.sum((x.mean(axis=0) - x) ** 2, axis=1)))


def test_the_stack_gives_the_encoders_outputs(learnt, network, digits):
    """The inputs of layer k are what the encoders below it make of the images, by the equation;
    and a network without its readout says what the highest encoder says."""
    first, second = learnt.runs
    (W, b), _ = first.potential.network.unpack(first.parameters[-1])
    h = 1 / (1 + np.exp(-(digits.x @ W.T + b)))
    close(second.potential.data.x, h)
    (W, b), _ = second.potential.network.unpack(second.parameters[-1])
    below = fn.Network(SIZES[:3], ACTIVATIONS[:1], output=ACTIVATIONS[1])
    close(below.forward(learnt.W0[:below.size], digits.x), np.tanh(h @ W.T + b))


def test_what_is_not_pretrained_begins_as_ever(learnt, network, digits):
    (begin, end), (lower, _) = network.ranges[-1], network.ranges[1]
    np.testing.assert_array_equal(learnt.W0[begin:end], network.init(3)[begin:end])
    one = fn.pretrain(network, digits, fn.Adam(3e-3), steps=400, batch_size=50, seed=3, layers=1)
    np.testing.assert_array_equal(one.W0[:lower], learnt.W0[:lower])
    np.testing.assert_array_equal(one.W0[lower:], network.init(3)[lower:])


def test_no_step_is_the_networks_own_init(network, digits):
    """Encoders begin where the network does; no decoder begins like another layer."""
    still = fn.pretrain(network, digits, fn.Aristotle(0.1), steps=0, seed=5)
    np.testing.assert_array_equal(still.W0, network.init(5))
    begins = [weights.ravel() for run in still.runs
              for weights, _ in run.potential.network.unpack(run.parameters[0])]
    begins = [part / part.std() for part in begins] + [network.init(5)[slice(*network.ranges[2])]]
    assert len({part[0] for part in begins}) == 5


def test_seeds(learnt, network, digits):
    """The same seed, the same bits; labels are not looked at; another seed is another network."""
    unlabelled = fn.pretrain(network, digits.x, fn.Adam(3e-3), steps=400, batch_size=50, seed=3)
    np.testing.assert_array_equal(unlabelled.W0, learnt.W0)
    other = fn.pretrain(network, digits.x, fn.Adam(3e-3), steps=5, batch_size=50, seed=4)
    assert (other.W0 != learnt.W0)[:network.ranges[-1][0]].mean() > 0.9


def test_precision_and_bias_are_the_networks_own(digits):
    network = fn.Network([64, 8, 10], bias=False, dtype="float32")
    learnt = fn.pretrain(network, digits, fn.Aristotle(0.01), steps=3, output="sigmoid")
    own = learnt.runs[0].potential.network
    assert learnt.W0.dtype == own.dtype == np.float32
    assert own.size == 2 * 64 * 8 and own.output == "sigmoid"


def test_a_frozen_layer_keeps_what_it_learnt(learnt, network, digits):
    """Frozen layers do not move, stiff ones a little, and all of them know the digits."""
    potential, (begin, _) = fn.Potential(network, fn.CrossEntropy(), digits), network.ranges[-1]
    moved = []
    for stiffness in (np.inf, 100.0, 1.0):
        run = fn.train(potential, fn.Aristotle(0.5), steps=60, W0=learnt.W0, record_every=60,
                       metric=fn.LayerMetric(network, [stiffness, stiffness, 1.0]))
        assert run.loss[-1] < 0.9 * run.loss[0]
        moved.append(np.linalg.norm((run.parameters[-1] - learnt.W0)[:begin]))
    assert moved[0] == 0 < 10 * moved[1] < moved[2]


def test_it_prints_as_a_table(learnt):
    text = repr(learnt)
    assert all(len(line) <= 100 for line in text.splitlines())
    assert "64-24-64" in text and f"{learnt.after[1]:.4g}" in text
    assert learnt._repr_html_().count("<tr>") == 3


@pytest.mark.parametrize("network, data, options, words", [
    (fn.Network([64, 10]), np.zeros((3, 64)), {}, "no hidden layer"),
    (fn.Network([64, 8, 10]), np.zeros((3, 63)), {}, "63 inputs, the network 64"),
    (fn.Network([64, 8, 10]), np.zeros(64), {}, "one sample a row"),
    (fn.Network([64, 8, 10]), np.zeros((3, 64)), {"layers": 2}, "has 1 hidden"),
    (fn.Network([64, 8, 10]), np.zeros((3, 64)), {"layers": 0}, "whole number from 1 up"),
    (fn.Network([64, 8, 10]), np.zeros((3, 64)), {"steps": 1.5}, "steps is 1.5"),
    (fn.Network([64, 8, 10]), np.zeros((3, 64)), {"output": "sigmoit"}, "sigmoid"),
    ([64, 8, 10], np.zeros((3, 64)), {}, "network is a list"),
])
def test_mistakes(network, data, options, words):
    with told_in_one_line(words):
        fn.pretrain(network, data, fn.Aristotle(0.1), **{"steps": 2, **options})


def test_a_layer_that_diverges_is_named(digits):
    with told_in_one_line("layer 1 diverges at step"):
        fn.pretrain(fn.Network([64, 8, 10], "relu"), digits, fn.Aristotle(50.0), steps=400)
