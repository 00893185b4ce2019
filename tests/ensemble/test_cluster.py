"""A sweep on a cluster of two worker processes is that of one process, bit for bit."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from mistakes import told_in_one_line
from test_sweep import experiment
from test_sweep_shell import AXES, FILE, flownet

import flownet as fn

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as made:
        yield made


@pytest.fixture
def client(cluster):
    with distributed.Client(cluster) as made:
        made.wait_for_workers(2)
        yield made


def assert_same(found, other):
    for name in other:
        np.testing.assert_array_equal(found[name], other[name])


def test_workers_give_the_bits_of_one_process(client, tmp_path):
    axes = {"mechanics.step": np.geomspace(0.01, 100, 9), "run.seed": range(5)}
    keep = {"curve": 3, "parameters": True, "norm": (5, lambda state: np.linalg.norm(state.W))}
    here = fn.sweep(experiment(batch_size=6), axes=axes, keep=keep)
    there = fn.sweep(
        experiment(batch_size=6), axes=axes, keep=keep, client=client, store=tmp_path / "s.h5"
    )
    assert_same(there, here)
    assert_same(fn.Sweep.open(tmp_path / "s.h5"), here)


def test_a_worker_that_is_killed_costs_only_its_tiles(client, tmp_path):
    net = fn.Network([8, 64, 64, 1])
    p = fn.Potential(net, fn.Quadratic(), fn.data.load("gaussian", m=200, n_in=8))
    e = fn.Experiment.of(p, fn.Aristotle(0.01), steps=100, batch_size=50)
    axes = {"mechanics.step": [0.01, 0.1, 1.0, 1e3], "run.seed": range(30)}
    path, victims = tmp_path / "sweep.h5", list(client.run(os.getpid).values())
    killed = []

    def kill():
        while not (path.exists() and fn.Sweep.open(path).done.sum() > 0):
            time.sleep(0.02)
        killed.append(fn.Sweep.open(path).done.sum())
        os.kill(victims[0], signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    there = fn.sweep(e, axes=axes, keep=["curve"], client=client, store=path)
    thread.join()
    assert 0 < killed[0] < there.done.size, "it was done before the worker died"
    assert there.finished
    assert_same(there, fn.sweep(e, axes=axes, keep=["curve"]))


def test_from_the_shell(cluster, tmp_path):
    (tmp_path / "steps.toml").write_text(FILE + AXES)
    told = flownet(
        "sweep", tmp_path / "steps.toml", "-o", tmp_path / "s.h5", "--scheduler",
        cluster.scheduler_address,
    )  # fmt: skip
    assert told.returncode == 0 and "Sweep of 15 runs" in told.stdout
    assert_same(
        fn.Sweep.open(tmp_path / "s.h5"), fn.Experiment.load(tmp_path / "steps.toml").sweep()
    )


def test_what_goes_wrong_is_one_line(client, tmp_path):
    (tmp_path / "steps.toml").write_text(FILE + AXES)
    told = flownet(
        "sweep",
        tmp_path / "steps.toml",
        "-o",
        tmp_path / "s.h5",
        "--scheduler",
        "tcp://127.0.0.1:1",
    )
    assert told.returncode == 2 and "no Dask scheduler answers at tcp://127.0.0.1:1" in told.stderr

    def fails(state):
        raise fn.FlownetError("it cannot be said") if state.iteration else fn.FlownetError("no")

    with told_in_one_line("no"):
        fn.sweep(experiment(), axes={"run.seed": [0]}, keep={"x": ([1], fails)}, client=client)
