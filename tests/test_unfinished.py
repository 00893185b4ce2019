"""Runs that are not finished, as a kill leaves them or as they are written: the run is what all of
their quantities have."""

import os
import subprocess
import sys

import numpy as np
import pytest

import flownet as fn
from flownet.desk import cli

# Blocks of parameters are of 7710 rows here, those of losses and steps of 16384: after a
# checkpoint at 2000 the next to be written is one of parameters alone.
KILLED = """
import os, sys
import flownet as fn
from flownet.motion import _recorder
from flownet.motion._recorder import Recorder

stores, begin = [], Recorder.__init__

def seen(self, store, *given):
    begin(self, store, *given)
    stores.append(store)

def at(state):
    _recorder.CHECKPOINT_SECONDS = -1.0 if state.iteration == 1000 else 1e9
    if state.iteration == 9000:
        stores[0]._writer.do(lambda: None)
        os._exit(9)
    return float(state.iteration)

Recorder.__init__ = seen
potential = fn.Potential(fn.Network([2, 4, 1]), fn.Quadratic(), fn.data.load("xor"))
fn.train(potential, fn.Aristotle(0.1), steps=20_000, seed=1, observe={"k": (1000, at)},
         store=sys.argv[1], progress=False)
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """File of a run that was killed with more rows of parameters than of steps."""
    path = tmp_path_factory.mktemp("killed") / "run.h5"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    words = [sys.executable, "-c", KILLED, str(path)]
    done = subprocess.run(words, env=environment, check=False)
    assert done.returncode == 9
    return path


def test_a_killed_run_is_what_is_committed_everywhere(path):
    run = fn.Trajectory.open(path)
    store, steps = run.store, len(run.step)
    assert store.count("parameters") == 7710 > store.count("observables/step") == 2000 == steps
    assert run.iteration[-1] == steps == len(run) - 1 == len(run.parameters) - 1
    assert steps <= len(run.loss) <= steps + 1 and len(run.time) == len(run)
    assert run.observables["k"].iteration.tolist() == [0, 1000]
    np.testing.assert_array_equal(run.time[:-1], run.observables["step"].time)
    whole = fn.train(run.potential, run.mechanics, steps=steps, seed=1, progress=False)
    np.testing.assert_array_equal(run.parameters[:], whole.parameters[:])


def test_what_is_computed_along_a_killed_run(path):
    run = fn.Trajectory.open(path)
    series = fn.breakdown(run, every=500, progress=False)
    assert series.iteration.tolist() == [0, 500, 1000, 1500]
    assert fn.breakdown(run, at=-1).iteration == 1999
    drift = fn.charges(run.potential).along(run, every=500, progress=False)
    assert drift.iteration[-1] == 2000
    departure = fn.departure(run, every=1000, progress=False)
    assert departure.iteration.tolist() == [0, 1000, 2000]
    assert len(fn.path_length(run).value) == len(run)
    assert len(run.to_pandas()) == 2000


def test_a_killed_run_in_the_shell(path, tmp_path, capsys):
    for words in (
        ["plot", path, "-o", tmp_path / "a.png"],
        ["plot", path, "-o", tmp_path / "b.png", "--kind", "loss"],
        ["breakdown", path, "--quick", "--every", "400"],
        ["info", path],
    ):
        cli.shell([str(word) for word in words], standalone_mode=False)
    told = capsys.readouterr().out
    assert (tmp_path / "a.png").exists() and "not stored" in told and "2001 rows" in told
