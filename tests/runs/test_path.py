"""Path length and speed in the metric: of runs, of flows, as observables."""

from itertools import pairwise

import numpy as np
import pytest
from every_metric import EVERY, NET, ONES, STRETCH, problem, spread
from scipy.integrate import quad
from tolerance import close
from twins import uniforms

import flownet as fn
from flownet._errors import FlownetError

W0 = uniforms(80, NET.size)


@pytest.fixture(scope="module")
def potential():
    return problem()


def lengths(run, metric):
    """Σ‖ΔW‖_g up to each row, piece by piece."""
    W, g = run.parameters[:].astype(np.float64), metric
    pieces = [np.sqrt(g.at(t).norm2(b - a)) for t, a, b in zip(run.time, W, W[1:])]
    return np.concatenate([[0.0], np.cumsum(pieces)])


def test_the_flow_is_not_the_shortest_path():
    """TM 11 holds for infinitesimal lengths only: L = ½(x² + 10y²) from (1, 1) for t = 1.

    The flow (e^{−t}, e^{−10t}) takes 1.387 to the level that a path of 1.161 reaches.
    """
    net = fn.Network([2, 1], bias=False)
    valley = fn.Potential(
        net, fn.Quadratic(), fn.Dataset(np.sqrt(2) * np.diag([1, np.sqrt(10)]), np.zeros((2, 1)))
    )
    flow = fn.flow(valley, W0=[1.0, 1.0], time=1.0, at=np.linspace(0, 1, 10_001), rtol=1e-12)
    close(flow.loss[0], 5.5)
    expected = quad(lambda t: np.hypot(np.exp(-t), 10 * np.exp(-10 * t)), 0, 1, epsabs=1e-13)[0]
    found = fn.path_length(flow).value[-1]
    close(found, expected, kind="solver", scale=100)
    angle = np.linspace(0, np.pi / 2, 100_001)
    size = np.sqrt(2 * flow.loss[-1])
    shortest = np.hypot(size * np.cos(angle) - 1, size / np.sqrt(10) * np.sin(angle) - 1).min()
    assert (round(found, 3), round(shortest, 3)) == (1.387, 1.161)


@pytest.mark.parametrize("make", EVERY.values(), ids=EVERY)
def test_along_a_run_and_as_an_observable(make, potential):
    """The observable of every step is what the recorded run tells; in a plain metric of its own
    too."""
    metric = make(ONES)
    run = fn.train(
        potential,
        fn.Newton(0.15),
        W0=W0,
        steps=25,
        metric=metric,
        observe={
            "own": (1, fn.PathLength()),
            "plain": (1, fn.PathLength(fn.Euclidean(NET.size))),
            "rare": (7, fn.PathLength()),
            "speed": (1, fn.StepSpeed()),
        },
    )
    record = fn.path_length(run)
    np.testing.assert_array_equal(run.observables["own"].value, record.value)
    np.testing.assert_array_equal(record.iteration, run.iteration)
    close(record.value, lengths(run, metric), kind="rounding")
    close(run.observables["plain"].value, lengths(run, fn.Euclidean(NET.size)), kind="rounding")
    close(
        fn.path_length(run, metric=fn.Euclidean(NET.size)).value,
        run.observables["plain"].value,
        kind="rounding",
    )
    if not metric.moves:
        assert 0 < run.observables["rare"].value[-1] <= record.value[-1] * (1 + 1e-12)
    np.testing.assert_array_equal(run.observables["speed"].value[1:], fn.step_speed(run).value)
    assert np.isnan(run.observables["speed"].value[0])


@pytest.mark.parametrize("make", EVERY.values(), ids=EVERY)
def test_plain_descent_is_as_fast_as_its_flow(make, potential):
    """‖ΔW‖_g/h = ‖g^♯dL‖_g, the speed of the flow where the step begins."""
    metric = make(ONES)
    run = fn.train(
        potential,
        fn.Aristotle(0.1),
        W0=W0,
        steps=30,
        metric=metric,
        observe={
            "speed": (1, fn.Speed(potential)),
            "said": (1, fn.Speed(potential, metric)),
            "plain": (9, fn.Speed(potential, fn.Euclidean(NET.size))),
        },
    )
    np.testing.assert_array_equal(run.observables["speed"].value, run.observables["said"].value)
    np.testing.assert_array_equal(run.observables["speed"].value, fn.speed(run).value)
    assert fn.speed(run, every=7).iteration.tolist() == [0, 7, 14, 21, 28]
    close(
        run.observables["plain"].value[1],
        np.linalg.norm(potential.differential(run.parameters[9])[1]),
    )
    close(fn.step_speed(run).value, run.observables["speed"].value[:-1], kind="solver")
    for k in (0, 12, 29):
        now = metric.at(run.time[k])
        V = now.sharp(potential.differential(run.parameters[k])[1])
        close(run.observables["speed"].value[k], np.sqrt(now.norm2(V)))


def test_a_length_does_not_see_the_coordinates(potential):
    """u = s·W in the metric g/s²: the same path, as long."""
    run = fn.train(potential, fn.Aristotle(0.1), W0=W0, steps=20, metric=EVERY["coupled"](ONES))
    there, s = EVERY["coupled"](STRETCH), spread(STRETCH)
    W = s * run.parameters[:]
    pieces = [np.sqrt(there.norm2(b - a)) for a, b in pairwise(W)]
    close(np.cumsum(pieces), fn.path_length(run).value[1:])


def test_each_run_has_a_length_of_its_own(potential):
    """One observable, two runs: nothing of the first is left in the second."""
    observable = fn.PathLength()
    first, second = (
        fn.train(potential, fn.Aristotle(0.1), W0=W0, steps=9, observe={"path": (1, observable)})
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.observables["path"].value, second.observables["path"].value)


def test_in_single_precision():
    """Lengths are summed in float64 whatever the run's precision."""
    net = NET.with_dtype("float32")
    run = fn.train(
        fn.Potential(net, fn.Quadratic(), problem().data),
        fn.Aristotle(0.1),
        W0=W0,
        steps=20,
        observe={"path": (1, fn.PathLength())},
    )
    close(run.observables["path"].value, lengths(run, fn.Euclidean(net.size)), kind="rounding")


def test_of_a_run_that_stands_still(potential):
    """No step: no length, and no speed to tell."""
    run = fn.train(potential, fn.Aristotle(0.1), W0=W0, steps=0)
    assert fn.path_length(run).value.tolist() == [0.0] and not len(fn.step_speed(run).value)


def test_what_has_no_length(potential):
    with pytest.raises(FlownetError, match="it has to be a Trajectory"):
        fn.path_length(W0)
    with pytest.raises(FlownetError, match="it has to be a Trajectory"):
        fn.speed(potential)
    with pytest.raises(FlownetError, match="metric is 3"):
        fn.PathLength(3)
    run = fn.train(potential, fn.Aristotle(0.1), W0=W0, steps=1)
    with pytest.raises(FlownetError, match="every is 0"):
        fn.speed(run, every=0)
    with pytest.raises(FlownetError, match="one of 3 parameters, the potential has 66"):
        fn.path_length(run, metric=fn.Euclidean(3))
