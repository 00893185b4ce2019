"""A stiff flow: the stabilised method, rows at any times, stopped and resumed."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import flownet as fn
from flownet.motion.flow import _run as _flow_run


@pytest.fixture(scope="module")
def stiff():
    """2-16-16-1 on a smooth target, from `init`: sharpness·time of some 1.7e4."""
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (32, 2))
    p = fn.Potential(
        fn.Network([2, 16, 16, 1]), fn.Quadratic(), fn.Dataset(x, np.sin(3 * x[:, :1]) * x[:, 1:])
    )
    return p, p.network.init(0), 2000.0


def test_stiff_flow(stiff):
    """At rtol 1e-5 an error below 1e-4, with less than a tenth of the pair's evaluations."""
    p, W0, end = stiff
    exact = fn.flow(p, W0=W0, time=end, rtol=1e-10, atol=1e-12, at=[end]).parameters[-1]
    assert fn.sharpness(p, exact) * end > 1e4
    flow = fn.flow(p, W0=W0, time=end, rtol=1e-5, atol=1e-5, at=[end])
    method = flow.observables["method"].value
    assert method[0] == 0 and method[-1] == 1  # reported: pair first, then the stabilised one
    assert np.abs(flow.parameters[-1] - exact).max() < 1e-4
    pair = solve_ivp(
        lambda t, W: -p.differential(W)[1], (0, end), W0, method="RK45", rtol=1e-5, atol=1e-5
    )
    assert flow.observables["evaluations"].value.sum() < pair.nfev / 10


def test_back_to_the_pair():
    """Where the curvature falls, the stabilised method gives way again."""
    p = fn.Quartic(2) + fn.Parabola(2, strength=0.01)
    metric = fn.DiagonalMetric([1e-5, 1.0])
    flow = fn.flow(p, W0=np.array([3.0, 2.0]), time=400.0, rtol=1e-9, atol=1e-12, metric=metric)
    assert set(flow.observables["method"].value) == {0, 1}


def test_times_do_not_change_the_flow(stiff):
    """Rows are read off the steps: what is recorded changes no bit of the end."""
    p, W0, _ = stiff
    ends = [
        fn.flow(p, W0=W0, time=30.0, at=at).parameters[-1]
        for at in (None, [30.0], np.linspace(0, 30, 1000))
    ]
    np.testing.assert_array_equal(ends[0], ends[1])
    np.testing.assert_array_equal(ends[0], ends[2])


@pytest.mark.parametrize("at", [None, np.linspace(0, 2000, 50)], ids=["every step", "given times"])
def test_resumed_bit_for_bit(stiff, at, tmp_path, monkeypatch):
    """Stopped again and again at its checkpoints, pair and stabilised method alike."""
    p, W0, end = stiff
    words = dict(W0=W0, time=end, rtol=1e-5, atol=1e-5, at=at)
    whole = fn.flow(p, **words)
    saved = _flow_run.FlowRun._save

    def save_and_stop(self, force=False):
        saved(self, force=True)
        if not force and self._integration.time < end:
            raise KeyboardInterrupt

    path = tmp_path / "flow.h5"
    monkeypatch.setattr(_flow_run.FlowRun, "_save", save_and_stop)
    with pytest.raises(KeyboardInterrupt):
        fn.flow(p, store=path, **words)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            fn.resume(path)
    monkeypatch.setattr(_flow_run.FlowRun, "_save", saved)
    resumed = fn.resume(path)
    resumed.close()
    found = fn.Trajectory.open(path)
    assert found.finished and found.mechanics is None
    for name in whole.store.names:
        for mine, other in zip(whole.store.read(name), found.store.read(name)):
            assert mine.tobytes() == other.tobytes(), name
