"""Epochs are steps, in a call and in an experiment file."""

import numpy as np
import pytest
from cases_of_runs import W0
from mistakes import told_in_one_line

import flownet as fn


@pytest.mark.parametrize("batch_size, steps", [(5, 12), (17, 3), (16, 6), (None, 3)])
def test_epochs_are_steps(batch_size, steps, small):
    """17 samples three times over: by 5 in 4 steps, the last of 2; in full in one."""
    given = dict(W0=W0, batch_size=batch_size)
    run = fn.train(small, fn.Aristotle(0.1), epochs=3, **given)
    whole = fn.train(small, fn.Aristotle(0.1), steps=steps, **given)
    assert len(run.step) == steps
    np.testing.assert_array_equal(run.parameters[:], whole.parameters[:])
    assert len(list(fn.states(small, fn.Aristotle(0.1), epochs=3, **given))) == steps + 1
    if batch_size:
        seen = np.concatenate([run.batches.rows(k) for k in range(steps)])
        assert np.bincount(seen).tolist() == [3] * 17


EPOCHS = {
    "both": ({"steps": 3, "epochs": 3}, "steps=… or epochs=… says it; both are given"),
    "none": ({}, "steps=… or epochs=… says it; none is given"),
    "half": ({"epochs": 0.5}, "epochs is 0.5; it has to be a whole number from 1 up"),
    "no data": ({"epochs": 2, "batch_size": 3}, "batch_size needs a potential with data"),
}


@pytest.mark.parametrize("name", EPOCHS)
def test_epochs_that_are_none(name):
    words, line = EPOCHS[name]
    with told_in_one_line(line):
        fn.train(fn.Parabola(1), fn.Aristotle(0.1), W0=[1.0], **words)


def test_epochs_in_an_experiment_file(tmp_path):
    text = """
[data]
name = "xor"
[network]
sizes = [2, 3, 1]
[loss]
kind = "quadratic"
[mechanics]
kind = "aristotle"
step = 0.1
[run]
epochs = 5
batch_size = 3
"""
    path, store = tmp_path / "run.toml", tmp_path / "run.h5"
    path.write_text(text)
    run = fn.Experiment.load(path).run(store)
    assert len(run.step) == 10 and fn.Experiment.load(store).tables["run"]["steps"] == 10
    path.write_text(text.replace("epochs = 5", "epochs = 5\nsteps = 3"))
    with told_in_one_line(r"\[run\]: steps and epochs are both given"):
        fn.Experiment.load(path)
