"""Sharpness along a run: computed afterwards, observed, and asked for in a file."""

import numpy as np
import pytest
import twins
from quadrics import CASES, Quadric, some_frozen
from tolerance import close

import flownet as fn


@pytest.mark.parametrize(
    "every, rows", [(None, [0, 2, 4, 6, 8, 10, 12]), (4, [0, 4, 8, 12]), (5, [0, 10])]
)
def test_sharpness_along_a_run(every, rows, run):
    """Of the full potential, in the run's metric, as state by state."""
    found = fn.sharpness(run, every=every)
    assert found.iteration.tolist() == rows
    close(found.time, 0.1 * np.array(rows))
    single = [fn.sharpness(run.potential, run.parameters[k // 2], metric=run.metric) for k in rows]
    close(found.value, single, kind="solver")
    plain = fn.sharpness(run, every=12, metric=fn.Euclidean(31)).value
    close(plain[1], fn.sharpness(run.potential, run.parameters[-1]), kind="solver")


def test_sharpness_is_observed_and_resumed_bit_for_bit(tmp_path):
    """Of the whole potential beside mini-batches; a stopped run's values are the same bits."""
    case = CASES["softplus, cross-entropy"]
    potential = twins.potential(case) + 0.1 * fn.Parabola(31)
    metric = fn.LayerMetric(potential.network, [2.0, 0.5])
    diagonal = fn.DiagonalMetric(some_frozen(31))
    held_out = fn.Potential(
        potential.network,
        fn.Quadratic(),
        fn.Dataset(case["arrays"]["x"][:4], case["arrays"]["y"][:4]),
    )
    words = dict(
        W0=twins.point(case)[0],
        batch_size=3,
        metric=metric,
        observe={
            "sharpness": (5, fn.Sharpness(potential, metric)),
            "plain": (10, fn.Sharpness(potential)),
            "diagonal": (10, fn.Sharpness(held_out, diagonal)),
        },
    )
    whole = fn.train(potential, fn.Aristotle(0.05), steps=20, **words)
    fn.train(potential, fn.Aristotle(0.05), steps=8, store=tmp_path / "a.h5", **words)
    again = fn.resume(tmp_path / "a.h5", steps=20)
    for name in ("sharpness", "plain", "diagonal"):
        here, there = whole.observables[name], again.observables[name]
        assert here.value.tobytes() == there.value.tobytes() and len(here.value) > 2
    W, observed = whole.parameters[10], whole.observables
    assert observed["sharpness"].value[2] == fn.sharpness(potential, W, metric=metric)
    assert observed["plain"].value[1] == fn.sharpness(potential, W)
    assert observed["diagonal"].value[1] == fn.sharpness(held_out, W, metric=diagonal)


EXPERIMENT = """
[data]
name = "xor"
[network]
sizes = [2, 3, 1]
[loss]
kind = "quadratic"
[[add]]
kind = "parabola"
scale = 0.3
[metric]
stiffness = [2.0, 0.5]
[mechanics]
kind = "aristotle"
step = 0.1
[run]
steps = 4
[observe.sharpness]
kind = "sharpness"
every = 2
[observe.plain]
kind = "sharpness"
every = 2
metric.kind = "euclidean"
"""


def test_an_experiment_file_observes_sharpness(tmp_path):
    """In the experiment's metric unless it says otherwise, with all terms of the potential."""
    (tmp_path / "a.toml").write_text(EXPERIMENT)
    run = fn.Experiment.load(tmp_path / "a.toml").run(tmp_path / "a.h5")
    in_metric = fn.sharpness(run, every=2)
    close(run.observables["sharpness"].value, in_metric.value, kind="solver")
    close(
        run.observables["plain"].value,
        fn.sharpness(run, metric=fn.Euclidean(13)).value[::2],
        kind="solver",
    )
    again = fn.Experiment.load(tmp_path / "a.h5").run()
    for name in ("sharpness", "plain"):
        np.testing.assert_array_equal(again.observables[name].value, run.observables[name].value)


def test_an_observed_sharpness_that_is_not_there_is_nan():
    """A Hessian that overflows does not stop a run."""
    endless = Quadric(np.diag([np.inf, 1.0, 2.0]))
    run = fn.train(
        fn.Parabola(3),
        fn.Aristotle(0.1),
        steps=3,
        W0=np.ones(3),
        observe={"sharpness": (1, fn.Sharpness(endless))},
    )
    assert np.isnan(run.observables["sharpness"].value).all() and len(run.loss) == 4
