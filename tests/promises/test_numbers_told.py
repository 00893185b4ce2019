"""Numbers that cannot lie: what diverges says where, what was searched for how near it came."""

import subprocess
import sys

import numpy as np
import pytest

import flownet as fn

MECHANICS = {
    "aristotle": fn.Aristotle(1000.0),
    "newton": fn.Newton(1000.0),
    "a policy": fn.Aristotle("exponential:1000:0.999"),
    "a function": fn.Aristotle(lambda k: 1000.0),
}


@pytest.mark.parametrize("mechanics", MECHANICS.values(), ids=MECHANICS)
@pytest.mark.parametrize("record_every", [1, 7])
def test_a_run_diverges_in_the_step_in_which_it_does(mechanics, record_every):
    """The loss is ½W²: it is beyond all numbers when W is beyond their root."""
    run = fn.train(
        fn.Parabola(1), mechanics, W0=[1.0], steps=400, record_every=record_every, progress=False
    )
    every = fn.train(fn.Parabola(1), mechanics, W0=[1.0], steps=400, progress=False)
    k = run.diverged_at
    assert run.finished and k == every.diverged_at and 0 < k < 400
    assert np.isfinite(run.loss).all() and np.isfinite(run.parameters[:]).all()
    assert len(every.loss) == k and every.iteration[-1] <= k
    last = every.parameters[-1]
    assert np.isfinite(0.5 * last @ last)
    with np.errstate(over="ignore"):
        assert abs(last[0]) * 1000.0 > np.sqrt(np.finfo(float).max) / 10  # the next one is not


@pytest.mark.parametrize("which", ["largest", "smallest", "magnitude"])
def test_eigenpairs_say_how_near_they_are(which):
    potential = fn.Potential(fn.Network([2, 6, 1]), fn.Quadratic(), fn.data.load("xor"))
    W = potential.init(1)
    found = fn.eigenpairs(potential, W, 3, which=which, rtol=1e-7)
    values, vectors = found  # a pair, as ever
    H = potential.hessian(W)
    errors = [np.linalg.norm(H.matvec(v) - a * v) for a, v in zip(values, vectors)]
    scale = np.abs(fn.eigenpairs(potential, W, which="magnitude").values[0])
    np.testing.assert_allclose(errors, found.residuals, atol=1e-14 * scale)
    assert (found.residuals <= 10 * 1e-7 * scale).all()


def test_what_is_stored_says_who_computed_it(tmp_path):
    potential = fn.Potential(fn.Network([2, 3, 1]), fn.Quadratic(), fn.data.load("xor"))
    store = tmp_path / "run.h5"
    run = fn.train(potential, fn.Aristotle(0.1), steps=6, store=store, progress=False)
    fn.breakdown(run, every=2, order=4, keep=True, progress=False)
    kept = fn.Trajectory.open(store).store
    said = kept.attrs("analysis/breakdown")
    assert (said["flownet_version"], said["order"]) == (fn.__version__, 4)
    assert kept.attrs()["flownet_version"] == fn.__version__
    assert kept.attrs("data")["sha256"] == potential.data.sha256


EXPERIMENT = """
[data]
name = "digits"
limit = 200
[network]
sizes = [64, 12, 10]
[loss]
kind = "cross-entropy"
[mechanics]
kind = "newton"
step = 0.1
[run]
steps = 30
batch_size = 32
"""


@pytest.mark.slow
def test_an_experiment_gives_the_same_bits_wherever_it_runs(tmp_path):
    """On one thread and on two, in this process, in another, and from the shell."""
    file = tmp_path / "mine.toml"
    file.write_text(EXPERIMENT)
    wanted = fn.Experiment.load(file).run(progress=False, threads=1)
    other = fn.Experiment.load(file).run(progress=False)
    assert np.array_equal(wanted.parameters[:], other.parameters[:])
    code = "import sys; from flownet.desk.cli import main; main()"
    words = ["run", str(file), "-o", str(tmp_path / "run.h5")]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shell = fn.Trajectory.open(tmp_path / "run.h5")
    assert np.array_equal(wanted.parameters[:], shell.parameters[:])
    assert np.array_equal(wanted.loss, shell.loss)
