"""Bounds on the work and on the rows of a flow: what it says where it stops, and how it goes on."""

import numpy as np
import pytest
from click.testing import CliRunner

import flownet as fn
from flownet.desk import cli
from flownet.motion.flow import _run, _system

SWING = {"W0": [1.0], "mechanics": fn.Newton(0.1, friction=0.0), "rtol": 1e-6}


@pytest.fixture
def few_rows(monkeypatch):
    """A flow that leaves rows out from 64 on."""
    monkeypatch.setattr(_run, "EVERY_STEP", 64)


def test_rows_are_left_out_once_there_are_many(few_rows):
    """Every step up to 64 rows, then every second, from 96 every fourth; the end is the last."""
    flow = fn.flow(fn.Parabola(1), time=600.0, **SWING)
    times = np.append(0.0, np.cumsum(flow.step))
    kept = np.searchsorted(times, flow.time - 1e-9)
    apart = np.diff(kept)
    assert set(apart[:63]) == {1} and set(apart[64:94]) == {2} and set(apart[97:126]) == {4}
    assert len(flow) < 64 + 32 * np.log2(len(flow.step)) and len(flow.step) > 1000
    assert flow.finished and flow.time[-1] == 600.0
    np.testing.assert_allclose(flow.parameters[:, 0], np.cos(flow.time), atol=1e-2)
    np.testing.assert_allclose(flow.loss, flow.parameters[:, 0] ** 2 / 2, atol=1e-12)


def test_a_thinned_flow_resumes_bit_for_bit(few_rows, tmp_path):
    """Which rows are kept follows from the rows before, not from the clock."""
    path, words = tmp_path / "flow.h5", {"time": 300.0, **SWING}
    whole = fn.flow(fn.Parabola(1), **words)
    part = fn.flow(fn.Parabola(1), store=path, max_steps=300, **words)
    assert part.bound_met == "max_steps" and len(part.step) == 300
    again = fn.resume(path, max_steps=500)
    assert again.bound_met == "max_steps" and len(again.step) == 500
    resumed = fn.resume(path, max_steps=10**6)
    assert resumed.finished and fn.Trajectory.open(path).experiment["flow"]["max_steps"] == 10**6
    for name in ("time", "loss", "step"):
        np.testing.assert_array_equal(getattr(resumed, name), getattr(whole, name))
    np.testing.assert_array_equal(resumed.parameters[:], whole.parameters[:])


def test_a_long_flow_that_records_its_steps(monkeypatch):
    """Many short stretches: the number of steps asked for at once stays a number."""
    monkeypatch.setattr(_run, "_ROWS", 1)
    flow = fn.flow(fn.Parabola(1), time=300.0, **SWING)
    assert flow.finished and len(flow) == len(flow.step) + 1 > 1100


def test_bounds_are_whole_numbers_of_flows(tmp_path):
    for words in ({"max_steps": 0}, {"max_gradients": 1.5}, {"max_steps": True}):
        name = next(iter(words))
        with pytest.raises(fn.FlownetError, match=f"{name} is .*; it has to be a whole number"):
            fn.flow(fn.Parabola(1), W0=[1.0], time=1.0, **words)
    path = tmp_path / "run.h5"
    fn.train(fn.Parabola(1), fn.Aristotle(0.1), W0=np.ones(1), steps=3, store=path)
    with pytest.raises(fn.FlownetError, match="bound the work of a flow"):
        fn.resume(path, max_steps=10)


def test_bounds_in_the_shell(tmp_path):
    """`flownet resume --max-steps` goes on with a flow; `flownet departure` bounds its flows."""
    path = str(tmp_path / "flow.h5")
    fn.flow(fn.Parabola(1), time=50.0, store=path, max_steps=9, **SWING)
    shown = CliRunner().invoke(cli.shell, ["resume", path, "--max-steps", "20"])
    assert shown.exit_code == 0 and "max_steps" in shown.output
    assert len(fn.Trajectory.open(path).step) == 20
    run = str(tmp_path / "run.h5")
    fn.train(fn.Parabola(1), fn.Aristotle(0.5), W0=np.ones(1), steps=9, store=run)
    shown = CliRunner().invoke(cli.shell, ["departure", run, "--max-steps", "3"])
    distance = fn.Departure.open(run).distance
    assert shown.exit_code == 0 and np.isfinite(distance[0]) and np.isnan(distance[-1])


def test_what_diverges_ends_soon():
    """Uphill: L = −W⁴/4 runs to infinity within t = 1/2."""
    flow = fn.flow(-2.0 * fn.Quartic(1), W0=[1.0], time=50.0)
    assert flow.diverged_at == len(flow.step) < 2000 and flow.bound_met is None
    assert flow.time[-1] == pytest.approx(0.5, rel=1e-3)


def test_files_of_before_go_on_as_they_were(tmp_path, monkeypatch):
    """A flow of relu that an earlier version left has no sides in its checkpoint."""
    random = np.random.default_rng(0)
    net = fn.Network([2, 3, 1], "relu")
    data = fn.Dataset(random.normal(size=(8, 2)), random.normal(size=(8, 1)))
    p, words = fn.Potential(net, fn.Quadratic(), data), {"time": 0.5, "rtol": 1e-4}
    monkeypatch.setattr(_system, "kinked_network", lambda potential: None)
    whole = fn.flow(p, W0=net.init(0), **words)
    fn.flow(p, W0=net.init(0), store=tmp_path / "flow.h5", max_steps=3, **words)
    monkeypatch.undo()
    resumed = fn.resume(tmp_path / "flow.h5", max_steps=10**6)
    np.testing.assert_array_equal(resumed.parameters[:], whole.parameters[:])
    assert "crossings" not in resumed.observables


@pytest.mark.slow
def test_an_undamped_swing_for_long():
    """Millions of steps: some hundred thousand rows, and 64 000 periods on it is where it was."""
    swing = {"W0": [1.0], "time": 4e5, "mechanics": fn.Newton(0.1, friction=0.0)}
    part = fn.flow(fn.Parabola(1), **swing)
    assert part.bound_met == "max_steps" and part.time[-1] > 1e5
    assert 100_000 < len(part) < 400_000 and np.all(np.diff(part.time) > 0)
    flow = fn.flow(fn.Parabola(1), max_steps=10**8, max_gradients=10**9, **swing)
    assert flow.finished and len(flow) < 500_000
    assert abs(flow.parameters[-1][0] - np.cos(4e5)) < 0.1
