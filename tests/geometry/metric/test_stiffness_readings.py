"""Runs whose stiffness follows their steps, as they are read: in the metric of each step."""

import numpy as np
from mistakes import told_in_one_line
from scheduled_stiffness import STEPS, descend, metric_of
from tolerance import close

import flownet as fn


def test_sharpness_of_a_run_is_that_of_each_steps_metric(small):
    """As an observable, along the run, and at the edge: where sharpness·step comes to 2."""
    metric = metric_of(small, "array")
    sharp = fn.Sharpness(small, metric=metric)
    run = descend(small, fn.Aristotle(0.2), metric, observe={"edge": (1, sharp)})
    expected = [
        fn.sharpness(small, run.parameters[k], metric=run.metric_at(k)) for k in range(STEPS)
    ]
    close(run.observables["edge"].value[:-1], expected, kind="solver")
    close(fn.sharpness(run, every=1).value[:-1], expected, kind="solver")
    product = np.array(expected) * 0.2
    level = float(np.sort(product)[-3:-1].mean())
    stopped = descend(small, fn.Aristotle(0.2), metric, stop=fn.EdgeReached(level, every=1))
    assert stopped.iteration[-1] == int(np.argmax(product >= level)) > 0


def test_a_parabola_that_softens_by_the_step():
    """L = W²/2 in one layer: the run is Π(1 − h/s_k), its flow Π e^{−h/s_k}, each exactly met."""
    net = fn.Network([1, 1], bias=False)
    potential = fn.Potential(net, fn.Quadratic(), fn.Dataset(np.ones((1, 1)), np.zeros((1, 1))))
    s, h = np.array([4.0, 2.0, 2.0, 1.0]), 0.5
    run = fn.train(
        potential, fn.Aristotle(h), W0=[1.0], steps=4, metric=fn.ScheduledMetric(net, [s])
    )
    close(run.parameters[1:, 0], np.cumprod(1 - h / s))
    found = fn.departure(run, progress=False)
    apart = np.abs(np.exp(-np.cumsum(h / s)) - np.cumprod(1 - h / s)) * np.sqrt(s[[1, 2, 3, 3]])
    close(found.distance[1:], apart, kind="solver", scale=1e3)
    with told_in_one_line("the stiffness of the run follows its steps"):
        found.power()


def test_exponents_of_a_run_whose_stiffness_follows_its_steps(small):
    """Taken now or read from the run: of the parabola log|1 − h/s_k|, with lengths √s_k·|δ|."""
    net = fn.Network([1, 1], bias=False)
    potential = fn.Potential(net, fn.Quadratic(), fn.Dataset(np.ones((1, 1)), np.zeros((1, 1))))
    s, h = np.array([4.0, 2.0, 2.0, 1.0]), 0.5
    metric = fn.ScheduledMetric(net, [s])
    run = fn.train(potential, fn.Aristotle(h), W0=[1.0], steps=4, metric=metric)
    now = fn.lyapunov(potential, fn.Aristotle(h), W0=[1.0], steps=4, metric=metric)
    for found in (now, fn.lyapunov(run)):
        close(found.exponents, [(np.log(1 - h / s).sum() + np.log(s[-1] / s[0]) / 2) / 4])
    with told_in_one_line("reads a stiffness off the state"):
        fn.lyapunov(descend(small, fn.Aristotle(0.1), metric_of(small, "of the state")))


def test_replays_of_a_run_take_the_recorded_stiffness(small, tmp_path):
    """Of a run whose stiffness no file can say."""
    path = tmp_path / "run.h5"
    descend(small, fn.Adam(0.1), metric_of(small, "of the state"), store=path)
    run = fn.Trajectory.open(path)
    assert len(fn.rolling_force(run)) == STEPS
    own = fn.adaptive_metric(run, at=5).own
    free = run.metric_at(5).own
    assert np.isinf(own[20:44]).all() and (own[:20] / free[:20] != own[0] / free[0]).any()
