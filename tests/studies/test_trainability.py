"""The map of trainability beside that of the paper's program, run in JAX on the same data."""

import numpy as np
import pytest
from checkout import REFERENCE, SCRIPTS

import flownet as fn

EXPERIMENT = SCRIPTS / "experiments" / "trainability.toml"
BY_JAX = REFERENCE / "trainability.npz"


@pytest.mark.slow
def test_verdicts_are_those_of_the_paper():
    # each fourth pixel in both directions of 64 × 64
    experiment = fn.Experiment.load(EXPERIMENT)
    words = experiment.tables["sweep"]["axes"]
    axes = {
        key: np.geomspace(of["from"], of["to"], of["count"])[::4].tolist()
        for key, of in words.items()
    }
    found = experiment.sweep(axes=axes)
    with np.load(BY_JAX) as kept:
        converged, measure = kept["converged"][::4, ::4], kept["convergence"][::4, ::4]
    same = converged == (found.verdict == 0)
    assert same.mean() >= 0.99
    # what does not depend on the last bit of any step is the same number
    smooth = converged & (np.array(found["convergence"]) < -100)
    apart = np.abs(found["convergence"] / measure - 1)[smooth]
    assert np.median(apart) < 1e-6 and np.isfinite(found["convergence"]).all()
