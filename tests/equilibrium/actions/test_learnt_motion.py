"""A path and an echo learn the spring that their data are of."""

import numpy as np
import pytest

import flownet as fn


def test_data_have_their_closed_form():
    data = fn.data.spring(m=6, steps=400, stiffness=4.0, time=1.2)
    whole = np.concatenate([data.x[:, :1], data.y, data.x[:, 1:]], axis=1)
    dt = 1.2 / 400
    assert np.abs(np.diff(whole, 2, axis=1) / dt**2 + 4 * data.y).max() < 1e-4
    data = fn.data.resonator(m=6, steps=2000, stiffness=2.0, time=8.0)
    dt, inner = 8.0 / 2000, slice(1, -1)
    bend = np.diff(data.y, 2, axis=1) / dt**2
    assert np.abs(bend + 2 * data.y[:, inner] - data.x[:, inner]).max() < 1e-4
    assert np.abs(data.y[:, 0]).max() < 1e-15
    assert np.abs(data.y[:, 1]).max() < dt**2 * np.abs(data.x).max()
    with pytest.raises(fn.FlownetError, match="below π"):
        fn.data.spring(stiffness=16.0)


def test_a_path_learns_the_spring_of_its_data():
    data = fn.data.spring(stiffness=4.0, steps=20)
    system = fn.LeastAction(fn.Oscillators(1), steps=20, time=1.0)
    potential = fn.Equilibrium(system, fn.Quadratic(), data, nudge=0.01)
    W = np.array([1.0, 0.0])
    metric = fn.DiagonalMetric([1.0, np.inf])  # it does not harden
    run = fn.train(potential, fn.Aristotle(step=2.0), metric=metric, W0=W, steps=150)
    wanted = 2 * (1 - np.cos(2.0 / 20)) * 20**2  # whose steps are those of κ = 4
    assert run.loss[-1] < 1e-9
    assert run.parameters[-1][0] == pytest.approx(wanted, rel=1e-3)


def test_an_echo_learns_the_resonator_of_its_data_and_resumes_to_the_bit(tmp_path, holds):
    data = fn.data.resonator(m=10, steps=50, time=5.0, stiffness=2.0)
    system = fn.Verlet(fn.Oscillators(1, inputs=1), steps=50, time=5.0)
    potential = fn.Echo(system, fn.Quadratic(), data, nudge=1e-3)
    W = np.array([1.0, 0.0, 0.5])
    whole = fn.train(potential, fn.Adam(0.05), W0=W, steps=300)
    assert whole.loss[-1] < 1e-4 * whole.loss[0]
    assert whole.parameters[-1][[0, 2]] == pytest.approx([2.0, 1.0], rel=0.02)
    store = tmp_path / "run.h5"
    fn.train(potential, fn.Adam(0.05), W0=W, steps=120, store=store)
    again = fn.resume(store, steps=300)
    holds(
        "numbers that a resumed run has otherwise",
        np.count_nonzero(again.parameters[-1] != whole.parameters[-1]),
        0,
    )
