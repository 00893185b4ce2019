"""Files of a small run, finished and stopped: what is damaged and forged."""

import pytest
from small_run import POTENTIAL, W

import flownet as fn
from flownet.store.writing import rewrite_experiment


@pytest.fixture
def path(tmp_path):
    """A run of 40 steps."""
    fn.train(POTENTIAL, fn.Newton(0.1), steps=40, W0=W, store=tmp_path / "run.h5", progress=False)
    return tmp_path / "run.h5"


@pytest.fixture
def stopped(path):
    """A run that is at step 30 of 60."""
    observe = {"n": (10, lambda state: 0.0)}
    words = {"W0": W, "observe": observe, "progress": False, "overwrite": True}
    run = fn.train(POTENTIAL, fn.Newton(0.1), steps=30, store=path, **words)
    rewrite_experiment(path, run.store.experiment.replace("steps = 30", "steps = 60"))
    return path
