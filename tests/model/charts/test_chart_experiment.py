"""A chart and its metric in an experiment file: the run by hand, and mistakes in the words."""

import numpy as np
import pytest
from tolerance import close

import flownet as fn
from flownet._errors import FlownetError

EXPERIMENT = """
data = {name = "digits", limit = 40}
network = {sizes = [64, 3, 10]}
loss = {kind = "cross-entropy"}
chart = {kind = "sinh", scale = 0.05}
metric = {kind = "pulled-back", metric = {stiffness = [2.0, 1.0]}}
mechanics = {kind = "geodesic", step = 0.5, order = 2}
run = {steps = 4}
observe = {right = {kind = "accuracy", every = 4}, sharp = {kind = "sharpness", every = 4}}
"""


def test_a_chart_in_an_experiment_file(tmp_path):
    """The same run as by hand, from the network's own start."""
    path = tmp_path / "a.toml"
    path.write_text(EXPERIMENT)
    run = fn.Experiment.load(path).run()
    net = fn.Network([64, 3, 10])
    inner = fn.Potential(net, fn.CrossEntropy(), fn.data.load("digits", limit=40))
    seen = fn.Charted(inner, fn.Sinh(0.05))
    metric = fn.PulledBack(seen.chart, fn.LayerMetric(net, [2.0, 1.0]))
    hand = fn.train(seen, fn.Geodesic(0.5, 2), W0=seen.init(0), steps=4, metric=metric)
    np.testing.assert_array_equal(run.parameters[:], hand.parameters[:])
    right = np.mean(
        net.forward(seen.to_W(hand.parameters[-1]), inner.data.x).argmax(axis=1)
        == inner.data.labels
    )
    assert run.observables["right"].value[-1] == right
    close(
        run.observables["sharp"].value[-1],
        fn.sharpness(seen, hand.parameters[-1], metric=metric),
        kind="solver",
    )


@pytest.mark.parametrize(
    "old, new, says",
    [
        ("scale = 0.05", "factors = [1.0]", "sinh takes no factors; it takes scale"),
        ('"sinh"', '"sin"', "unknown chart 'sin'; did you mean 'sinh'"),
        ('"sinh", scale = 0.05', '"rescaling"', "the key factors of rescaling is missing"),
        ('kind = "pulled-back", ', "", "layer takes no metric"),
        ('chart = {kind = "sinh", scale = 0.05}', "", "wants a potential in a chart"),
        ("order = 2", "order = 3", "mechanics"),
    ],
)
def test_mistakes_in_an_experiment_file(old, new, says, tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(EXPERIMENT.replace(old, new))
    with pytest.raises(FlownetError, match=says):
        fn.Experiment.load(path).parts()
