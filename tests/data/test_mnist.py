"""The real MNIST, where its files are at hand."""

import pytest
from checkout import SCRIPTS, SHARED

import flownet as fn

EXPERIMENT = SCRIPTS / "experiments" / "mnist.toml"


@pytest.mark.skipif(not (SHARED / "mnist").is_dir(), reason="the MNIST files are not here")
def test_ten_epochs_reach_97_5_percent(monkeypatch):
    """784-128-10 tanh, mini-batches of 64, float32: held-out accuracy after ten epochs."""
    monkeypatch.setenv("FLOWNET_DATA", str(SHARED))
    experiment = fn.Experiment.load(EXPERIMENT)
    assert experiment.tables["network"]["sizes"] == [784, 128, 10]
    run = experiment.run()
    accuracy = run.observables["test_accuracy"]
    assert accuracy.iteration[-1] == 10 * 938 == experiment.tables["run"]["steps"]
    assert accuracy.value[-1] >= 0.975
