"""Pretraining: autoencoders learn, the stack is what they learnt, the rest is as it was; and the
parts of the experiment that asks what it is worth with few labels."""

from itertools import count

import numpy as np
import pretraining as experiment
import pretraining_figure as figure
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
    return fn.pretrain(network, digits, fn.Adam(3e-3), steps=400, batch_size=50, seed=3, threads=1)


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
    close(below.forward(learnt.W0[: below.size], digits.x), np.tanh(h @ W.T + b))


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
    begins = [
        weights.ravel()
        for run in still.runs
        for weights, _ in run.potential.network.unpack(run.parameters[0])
    ]
    begins = [part / part.std() for part in begins] + [network.init(5)[slice(*network.ranges[2])]]
    assert len({part[0] for part in begins}) == 5


def test_seeds(learnt, network, digits):
    """The same seed, the same bits; labels are not looked at; another seed is another network."""
    unlabelled = fn.pretrain(network, digits.x, fn.Adam(3e-3), steps=400, batch_size=50, seed=3)
    np.testing.assert_array_equal(unlabelled.W0, learnt.W0)
    other = fn.pretrain(network, digits.x, fn.Adam(3e-3), steps=5, batch_size=50, seed=4)
    assert (other.W0 != learnt.W0)[: network.ranges[-1][0]].mean() > 0.9


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
        run = fn.train(
            potential,
            fn.Aristotle(0.5),
            steps=60,
            W0=learnt.W0,
            record_every=60,
            metric=fn.LayerMetric(network, [stiffness, stiffness, 1.0]),
        )
        assert run.loss[-1] < 0.9 * run.loss[0]
        moved.append(np.linalg.norm((run.parameters[-1] - learnt.W0)[:begin]))
    assert moved[0] == 0 < 10 * moved[1] < moved[2]


def test_adam_undoes_stiffness(learnt, network, digits):
    """It divides a force by its own size: why the experiment trains by momentum."""
    potential = fn.Potential(network, fn.CrossEntropy(), digits)
    ends = [
        fn.train(
            potential,
            fn.Adam(1e-3, epsilon=1e-30),
            steps=20,
            W0=learnt.W0,
            metric=fn.LayerMetric(network, [s, s, 1.0]),
        ).parameters[-1]
        for s in (64, 1)
    ]
    close(*ends)


def test_it_prints_as_a_table(learnt):
    text = repr(learnt)
    assert all(len(line) <= 100 for line in text.splitlines())
    assert "64-24-64" in text and f"{learnt.after[1]:.4g}" in text
    assert learnt._repr_html_().count("<tr>") == 3


@pytest.mark.parametrize(
    "network, data, options, words",
    [
        (fn.Network([64, 10]), np.zeros((3, 64)), {}, "no hidden layer"),
        (fn.Network([64, 8, 10]), np.zeros((3, 63)), {}, "63 inputs, the network 64"),
        (fn.Network([64, 8, 10]), np.zeros(64), {}, "one sample a row"),
        (fn.Network([64, 8, 10]), np.zeros((3, 64)), {"layers": 2}, "has 1 hidden"),
        (fn.Network([64, 8, 10]), np.zeros((3, 64)), {"layers": 0}, "whole number from 1 up"),
        (fn.Network([64, 8, 10]), np.zeros((3, 64)), {"steps": 1.5}, "steps is 1.5"),
        (fn.Network([64, 8, 10]), np.zeros((3, 64)), {"output": "sigmoit"}, "sigmoid"),
        ([64, 8, 10], np.zeros((3, 64)), {}, "network is a list"),
    ],
)
def test_mistakes(network, data, options, words):
    with told_in_one_line(words):
        fn.pretrain(network, data, fn.Aristotle(0.1), **{"steps": 2, **options})


def test_a_layer_that_diverges_is_named(digits):
    with told_in_one_line("layer 1 diverges at step"):
        fn.pretrain(fn.Network([64, 8, 10], "relu"), digits, fn.Aristotle(50.0), steps=400)


def test_the_digits_are_parted_once():
    """Three parts without a sample in common, the same every time; labels drawn evenly."""
    parts, again = experiment.parts(), experiment.parts()
    assert [part.m for part in parts] == [1000, 297, 500]
    rows = np.concatenate([part.x for part in parts])
    whole = fn.data.load("digits").x
    np.testing.assert_array_equal(rows[np.lexsort(rows.T)], whole[np.lexsort(whole.T)])
    np.testing.assert_array_equal(parts.held_out.x, again.held_out.x)
    few = experiment.few(parts.unlabelled, 3, seed=1)
    assert (np.bincount(few.labels) == 3).all() and len(np.unique(few.x, axis=0)) == 30
    assert (few.x == experiment.few(parts.unlabelled, 3, seed=1).x).all()
    assert (few.x != experiment.few(parts.unlabelled, 3, seed=2).x).any()


def test_a_step_is_chosen_on_the_validation_part():
    """For accuracy and loss apart, in the mean over seeds, whatever the held-out part says."""
    found = np.zeros((len(experiment.STEPS), 2, 2, 2))
    found[:, :, :, 1] = 1.0
    found[2, :, 0, 0], found[2, :, 1, 0] = (0.9, 0.7), (0.5, 0.4)
    found[1, 0, 0, 0] = 1.0  # the best of one seed alone
    found[4, :, 0, 1], found[4, :, 1, 1] = 0.3, 0.8
    found[5, :, 1] = 1.0, 0.0  # the best held out, and no step to choose
    result = experiment.chosen(found)
    assert result.steps == (experiment.STEPS[2], experiment.STEPS[4])
    np.testing.assert_array_equal(result.accuracy, [0.5, 0.4])
    np.testing.assert_array_equal(result.loss, [0.8, 0.8])


def test_a_run_that_diverges_is_never_chosen():
    network, parts = fn.Network([64, 8, 10], "relu"), experiment.parts()
    run = experiment.tuned(
        network,
        experiment.ARMS["free"],
        parts.validation,
        network.init(0),
        1e200,
        20,
        observe=experiment.looks(network, parts, 20),
    )
    assert run.diverged_at is not None
    np.testing.assert_array_equal(experiment.told(run), [[0, np.inf]] * 2)


def test_what_a_run_tells(learnt, network):
    """Accuracy and loss at its end against the equations; each layer's path against its steps."""
    parts, arm = experiment.parts(), experiment.ARMS["stiff (100)"]
    run = experiment.tuned(
        network,
        arm,
        experiment.few(parts.unlabelled, 2, 0),
        learnt.W0,
        0.1,
        6,
        record_every=1,
        observe=experiment.looks(network, parts, 6),
    )
    for part, found in zip((parts.validation, parts.held_out), experiment.told(run)):
        y_hat = network.forward(run.parameters[-1], part.x)
        P = np.exp(y_hat) / np.exp(y_hat).sum(axis=1, keepdims=True)
        close(
            found,
            [
                np.mean(P.argmax(axis=1) == part.labels),
                -np.mean(np.log(P[np.arange(part.m), part.labels])),
            ],
        )
    begin, end = network.ranges[1]
    W = run.parameters[:, begin:end]
    close(
        experiment.lengths(network, run)[1],
        sum(np.sqrt(((W[k + 1] - W[k]) ** 2).sum()) for k in range(6)),
    )


def test_the_experiment_in_small(monkeypatch):
    """All arms at two steps: what stays where, what is paired, a table and a figure."""
    monkeypatch.setattr(experiment, "STEPS", (0.03, 0.3))
    network = fn.Network([64, 12, 8, 10], "sigmoid", dtype="float32")
    budget, done = experiment.Budget(2, (5,), 30, 12), count()
    found = experiment.study(network, experiment.parts(), budget, lambda: next(done))
    assert next(done) == budget.runs
    assert set(found.results) == {(5, arm) for arm in experiment.ARMS}
    lengths = {name: values.mean(axis=0) for name, values in found.lengths.items()}
    assert (lengths["frozen"][:2] == 0).all() and lengths["frozen"][2] > 0
    assert (lengths["stiff (100)"][:2] > 0).all() and (lengths["free"] > 0).all()
    lines = figure.table(found).splitlines()
    assert len(lines) == 2 + 6 and all(len(line) <= 100 for line in lines)
    assert all(len(line) <= 100 for line in figure.path_table(found, 50).splitlines())
    drawn = figure.draw([found], 5)
    assert len(drawn.axes) == 3 and len(drawn.legends[0].get_texts()) == 5
