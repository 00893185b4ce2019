"""Velocities to begin with."""

import numpy as np
import pytest
from cases_of_runs import W0
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn


def test_a_stone_thrown_up():
    """W'' = −W from W = 0 with v = 1: W = sin t, by the leapfrog to h² and by its flow."""
    free = fn.Newton(0.001, friction=0.0, integrator="leapfrog")
    given = dict(W0=[0.0], V0=[1.0])
    run = fn.train(fn.Parabola(1), free, steps=1000, **given)
    assert abs(run.parameters[-1][0] - np.sin(1.0)) < 1e-6
    flow = fn.flow(fn.Parabola(1), time=1.0, mechanics=free, **given)
    assert abs(flow.parameters[-1][0] - np.sin(1.0)) < 1e-8
    *_, state = fn.states(fn.Parabola(1), free, steps=1000, **given)
    np.testing.assert_array_equal(state.W, run.parameters[-1])
    close(state.velocity, [np.cos(1.0)], kind="solver", scale=1e4)


@pytest.mark.parametrize(
    "mechanics, expected",
    [
        (fn.Newton(0.5, friction=0.0), lambda W, v: W + 0.5 * (v - 0.5 * W)),
        (fn.Nesterov(0.5, 0.8), lambda W, v: W + 0.5 * (-W + 0.8 * (0.8 * v - W))),
        (fn.Newton(0.5, momentum=0.8), lambda W, v: W + 0.5 * (0.8 * v - W)),
        (fn.ThierryMieg(0.5, mass=1.0, friction=0.0), lambda W, v: W + 0.5 * (v - 0.5 * W)),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_the_first_step_has_the_velocity(mechanics, expected, dtype):
    W, v = np.array([1.0, -2.0], dtype), np.array([0.3, 0.7], dtype)
    if dtype == "complex128":
        W, v = W * (1 + 1j), v * (1 - 0.5j)
    run = fn.train(fn.Parabola(2), mechanics, W0=W, V0=v, steps=1)
    close(run.parameters[-1].view(float), expected(W, v).view(float))


def test_a_velocity_is_stored_and_taken_up(small, tmp_path):
    """In the file, in a replay, and in the experiment that the file says."""
    path, V0 = tmp_path / "run.h5", np.linspace(-1, 1, small.size)
    run = fn.train(small, fn.Newton(0.1), W0=W0, V0=V0, steps=20, store=path)
    read = fn.Trajectory.open(path)
    assert len(fn.rolling_force(read)) == 20
    longer = fn.resume(path, steps=30)
    whole = fn.train(small, fn.Newton(0.1), W0=W0, V0=V0, steps=30)
    np.testing.assert_array_equal(longer.parameters[:], whole.parameters[:])
    np.testing.assert_array_equal(run.experiment["run"]["V0"], V0)


VELOCITIES = {
    "no velocity": (fn.Aristotle(0.1), [1.0], "Aristotle.* has none; flownet.Newton has"),
    "shape": (fn.Newton(0.1), [1.0, 2.0], r"V0 is float64 of shape \(2,\); .* shape \(1,\)"),
    "words": (fn.Newton(0.1), ["fast"], "V0 is <U4 of shape"),
    "nan": (fn.Newton(0.1), [np.nan], "V0 is not finite at index 0"),
}


@pytest.mark.parametrize("name", VELOCITIES)
def test_velocities_that_are_none(name):
    mechanics, V0, words = VELOCITIES[name]
    with told_in_one_line(words):
        fn.train(fn.Parabola(1), mechanics, W0=[1.0], V0=V0, steps=1)
    with told_in_one_line("the plain flow has none: name mechanics="):
        fn.flow(fn.Parabola(1), W0=[1.0], V0=[1.0], time=1.0)
