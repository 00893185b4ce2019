"""Runs that are not finished, as a kill leaves them or as they are written: the run is what all of
their quantities have."""

import os
import subprocess
import sys
import threading

import h5py
import numpy as np
import pytest
from mistakes import told_in_one_line
from numbered_rows import check, fill, layout

import flownet as fn
from flownet.desk import cli
from flownet.desk._follow import follow
from flownet.motion import _recorder
from flownet.store.reading import open_reader
from flownet.store.writing import HDF5Store

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


# ---- followed while it is written ----------------------------------------------------------------


class Written:
    """A run on a thread of its own, which waits for leave at every 500th step."""

    def __init__(self, path):
        self._leave, self.at = threading.Semaphore(0), threading.Semaphore(0)
        potential = fn.Potential(fn.Network([2, 4, 1]), fn.Quadratic(), fn.data.load("xor"))
        words = dict(steps=1500, store=path, observe={"k": (500, self._wait)}, progress=False)
        self._thread = threading.Thread(
            target=lambda: fn.train(potential, fn.Aristotle(0.1), **words).close()
        )
        self._thread.start()
        for _ in range(2):  # asked once before there is a file, and then as it begins
            self.at.acquire()

    def _wait(self, state):
        self.at.release()
        if state.iteration in (500, 1000):
            assert self._leave.acquire(timeout=600)
        return 0.0

    def go_on(self):
        """Let it take some steps."""
        self._leave.release()

    def end(self):
        self.go_on()
        self.go_on()
        self._thread.join()


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.setattr(_recorder, "CHECKPOINT_SECONDS", -1.0)
    made = Written(tmp_path / "run.h5")
    yield made
    made.end()


def test_a_figure_is_drawn_anew_as_a_run_grows(written, tmp_path, capsys):
    """The last one is that of the whole run, and it takes the figure's place when complete."""
    seen, output = [], tmp_path / "a.png"
    run = fn.Trajectory.open(tmp_path / "run.h5")

    def draw(run):
        seen.append(len(run.step))
        if seen[-1] < 1500:
            written.go_on()
        return fn.plot.loss(run)

    drawn = follow(run, draw, output, seconds=0.01)
    assert drawn == len(seen) >= 2 and seen == sorted(set(seen)) and seen[-1] == 1500
    assert run.finished and [p.name for p in tmp_path.glob("*.png")] == ["a.png"]
    assert not list(tmp_path.glob(".*.part*"))
    shell = ["plot", str(tmp_path / "run.h5"), "-o", str(output), "--follow", "--kind", "loss"]
    cli.shell(shell, standalone_mode=False)
    assert "run.h5 is finished" in capsys.readouterr().out
    with told_in_one_line("draws breakdown, loss, report anew, not flows"):
        cli.shell([*shell[:-1], "flows"], standalone_mode=False)


def test_a_killed_run_is_followed_to_where_it_got(path, tmp_path, capsys):
    words = ["plot", path, "-o", tmp_path / "a.png", "--follow", "--kind", "loss"]
    cli.shell(list(map(str, words)), standalone_mode=False)
    assert "not finished, and nobody writes it: flownet resume" in capsys.readouterr().out


def test_several_readers_harm_no_writer_and_are_taken_for_none(written, tmp_path):
    path = tmp_path / "run.h5"
    runs = [fn.Trajectory.open(path) for _ in range(3)]
    with h5py.File(path, "r", swmr=True) as plain:
        assert plain["parameters/value"].shape[1] == 17
        assert all(run.store.live and not run.finished for run in runs)
        written.end()
    for run in runs:
        run.refresh()
        assert run.finished and len(run.loss) == 1501 and not run.store.live
    reader = h5py.File(path, "r")  # open while others only look
    assert fn.Trajectory.open(path).finished and not fn.Trajectory.open(path).store.live
    reader.close()


@pytest.mark.slow
def test_hdf5_itself_follows_a_file_that_grows(tmp_path):
    """Another program that knows h5py alone, and 200 blocks that get their places meanwhile."""
    path = tmp_path / "run.h5"
    with HDF5Store.create(path, layout(block_bytes=1024)) as store:
        words = [sys.executable, "-c", FOLLOWING, str(path)]
        other = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert other.stdout.readline() == "0\n"
        for k in range(0, 2000, 10):
            fill(store, k, k + 10)
            store.flush()
        assert other.wait(600) == 0 and other.stdout.read() == "2000\n"
    check(open_reader(path), 0, 2000)


FOLLOWING = """
import h5py, sys
file, count = h5py.File(sys.argv[1], "r", swmr=True), 0
print(count, flush=True)
while count < 2000:
    number = file["state/committed/parameters"]
    number.id.refresh()
    count = int(number[()]["value"])
    for name in ("iteration", "value"):
        file[f"parameters/{name}"].id.refresh()
    known = file["parameters/iteration"][:count]
    assert known.tolist() == list(range(count)) and len(file["parameters/value"]) >= count
print(count, flush=True)
"""
