"""Results say what made them: the call, its options, the version, and the data."""

import pickle

import numpy as np
import pytest

import flownet as fn

DATA = fn.data.load("iris")


@pytest.fixture(scope="module")
def potential():
    return fn.Potential(fn.Network([4, 3, 3]), fn.CrossEntropy(), DATA)


@pytest.fixture(scope="module")
def run(potential):
    return fn.train(potential, fn.Aristotle(0.1), steps=5, progress=False)


def results(potential, run):
    W = run.parameters[-1]
    well = fn.DoubleWell()
    return {
        "breakdown": fn.breakdown(potential, W, 0.1),
        "departure": fn.departure(run, progress=False),
        "rod": fn.rod(run, at=1),
        "eigenpairs": fn.eigenpairs(potential, W, 2),
        "inertia": fn.inertia(potential, W),
        "spectral_density": fn.spectral_density(potential, W),
        "charges": fn.charges(potential),
        "norm_sharpness": fn.norm_sharpness(potential, W, fn.SignNorm(potential.size), starts=1),
        "action_gap": fn.action_gap(potential, W, 0.1),
        "central_flow": fn.central_flow(potential, fn.Aristotle(0.1), W0=W, steps=1, at=[1.0]),
        "noise": fn.noise(potential, W, batch_size=10),
        "lyapunov": fn.lyapunov(run),
        "minimum": fn.minimum(well, [0.5], progress=False),
    }


def test_every_result_says_what_made_it(potential, run):
    for name, found in results(potential, run).items():
        origin = found.origin
        assert origin.call == name and origin.flownet_version == fn.__version__
        assert origin.sha256 == (None if name == "minimum" else DATA.sha256)
        assert f"flownet {fn.__version__}: {name}(" in str(origin)


def test_options_are_those_of_the_call(potential, run):
    of_step = fn.breakdown(run, at=2, order=4).origin.options
    assert of_step["at"] == 2 and of_step["order"] == 4 and of_step["metric"] is None
    assert "what" not in of_step
    given = fn.breakdown(potential, run.parameters[0], 0.5, metric=fn.Euclidean(27)).origin
    assert given.options["step"] == 0.5 and "Euclidean" in given.options["metric"]
    assert given.options["W"].startswith("array(")


def test_a_pickled_result_does_not_carry_the_data(run):
    found = fn.rod(run, at=1)
    origin = pickle.loads(pickle.dumps(found.origin))
    assert origin.sha256 == DATA.sha256 and len(pickle.dumps(found.origin)) < 1000


def test_runs_and_sweeps_in_memory_and_files(tmp_path, potential, run):
    path = tmp_path / "run.h5"
    stored = fn.train(potential, fn.Aristotle(0.1), steps=5, store=path, progress=False)
    for one in (run, stored, fn.Trajectory.open(path)):
        assert one.origin.call == "train" and one.origin.sha256 == DATA.sha256
        assert one.origin.options["mechanics"]["step"] == 0.1
        assert one.origin.flownet_version == fn.__version__
    flow = fn.flow(potential, W0=run.parameters[0], time=0.1, progress=False)
    assert flow.origin.call == "flow"
    experiment = fn.Experiment.of(potential, fn.Aristotle(0.1), steps=5)
    axes = {"mechanics.step": [0.1, 0.2]}
    for store in (None, tmp_path / "sweep.h5"):
        found = fn.sweep(experiment, axes=axes, store=store)
        assert found.origin.options["axes"][0]["keys"] == ["mechanics.step"]
        assert found.origin.sha256 == DATA.sha256
        assert found.origin.flownet_version == fn.__version__


def test_a_result_that_nobody_asked_for_has_no_origin():
    pairs = fn.Eigenpairs(np.ones(1), np.ones((1, 2)))
    assert pairs.origin is None and fn.GradientNoise.origin is None
