"""Charges along every kind of run, as observables of it and in experiment files."""

import numpy as np
import pytest
from mistakes import told_in_one_line
from settings_of_charges import only_rounding, small
from twins import case, point

import flownet as fn
from flownet import FlownetError


def test_every_kind_of_run(tmp_path):
    """From a file, every n-th row, and of a run that diverges while its squares still exist."""
    pot, W0 = small("relu"), point(case(43000, [3, 4, 2], ["relu"], "quadratic"))[0]
    run = fn.train(pot, fn.Aristotle(0.05), steps=20, W0=W0, store=tmp_path / "run.h5")
    charges = fn.charges(pot)
    whole = charges.along(fn.Trajectory.open(tmp_path / "run.h5"))
    sparse = charges.along(run, every=8)
    assert sparse.iteration.tolist() == [0, 8, 16, 20]
    np.testing.assert_array_equal(sparse.predicted, whole.predicted[[0, 8, 16, 20]])
    np.testing.assert_array_equal(sparse.drift, whole.drift[[0, 8, 16, 20]])
    lost = charges.along(fn.train(pot, fn.Aristotle(50.0), steps=500, W0=W0))
    assert np.isfinite(lost.drift).all() and np.abs(lost.drift).max() > 1e100
    assert only_rounding(lost)


def test_observed_along_a_run_and_after_a_resume(tmp_path):
    """An observable like any other; a run's file knows it, its metric and its regulator."""
    pot = small("relu", loss="cross-entropy")
    metric = fn.LayerMetric(pot.network, [2.0, 0.5])
    charges = fn.charges(pot, metric)
    words = dict(metric=metric, observe={"Q": (10, charges), "L": (7, pot)})
    fn.train(pot, fn.Aristotle(0.1), steps=20, store=tmp_path / "a.h5", **words)
    whole = fn.train(pot, fn.Aristotle(0.1), steps=35, **words)
    assert whole.experiment["observe"]["Q"] == {"every": 10, "kind": "charges"}
    again = fn.resume(tmp_path / "a.h5", steps=35)
    Q = again.observables["Q"]
    assert Q.iteration.tolist() == [0, 10, 20, 30, 35]
    values = [charges.value(whole.parameters[k]) for k in Q.iteration]
    np.testing.assert_array_equal(Q.value, values)
    np.testing.assert_array_equal(Q.value, whole.observables["Q"].value)


def test_other_charges_than_the_runs_are_a_function(tmp_path):
    """Those of another metric or without the regulator cannot be made again from the run's file."""
    pot = small("relu")
    decayed = pot + 0.01 * fn.Parabola(pot.size)
    run = fn.train(
        decayed,
        fn.Aristotle(0.1),
        steps=4,
        observe={"Q": (2, fn.charges(pot))},
        store=tmp_path / "a.h5",
    )
    assert run.experiment["observe"]["Q"]["kind"] == "function"
    assert run.observables["Q"].value.shape == (3, 4)
    with pytest.raises(FlownetError, match="pass it on again"):
        fn.resume(tmp_path / "a.h5", steps=8)
    assert fn.resume(tmp_path / "a.h5", steps=8, observe={"Q": fn.charges(pot)}).finished


EXPERIMENT = """
[data]
name = "xor"
[network]
sizes = [2, 4, 1]
activation = "relu"
[loss]
kind = "quadratic"
[metric]
stiffness = [2.0, 0.5]
[mechanics]
kind = "aristotle"
step = 0.1
[run]
steps = 20
[observe.balance]
kind = "charges"
every = 10
"""


def test_observed_by_an_experiment_file(tmp_path):
    """`kind = "charges"` means those of the run, in its metric."""
    path = tmp_path / "experiment.toml"
    path.write_text(EXPERIMENT)
    run = fn.Experiment.load(path).run(tmp_path / "run.h5")
    charges = fn.charges(run.potential, run.metric)
    rows = run.parameters[:][[0, 10, 20]]
    np.testing.assert_array_equal(run.observables["balance"].value, list(map(charges.value, rows)))
    again = fn.Experiment.load(tmp_path / "run.h5").run()
    np.testing.assert_array_equal(
        again.observables["balance"].value, run.observables["balance"].value
    )


@pytest.mark.parametrize(
    "change, line",
    [
        (("every = 10", 'every = 10\nsplit = "test"'), "takes no split"),
        (('"relu"', '"tanh"'), "no charge to observe: hidden 1 .tanh."),
        (('"charges"', '"charge"'), "did you mean 'charges'"),
    ],
)
def test_an_experiment_file_that_asks_too_much(change, line, tmp_path):
    path = tmp_path / "experiment.toml"
    path.write_text(EXPERIMENT.replace(*change))
    with told_in_one_line(line):
        fn.Experiment.load(path).run()
