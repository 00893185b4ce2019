"""Runs in a metric that depends on time, by schedule or by function."""

import numpy as np
import pytest
from every_metric import INF, NET
from metric_settings import TIMED, W0
from tolerance import close

import flownet as fn
from flownet._errors import FlownetError


@pytest.mark.parametrize("step", [0.1, "warmup:0.3:9", "loss:0.5", "linear:0.3:1.0"])
def test_a_step_is_taken_in_the_metric_of_its_beginning(step, potential):
    """By schedule or by function, whatever the policy: the same bits where both are compiled."""
    run, by_function = (
        fn.train(potential, fn.Aristotle(step), W0=W0, steps=30, metric=metric)
        for metric in (TIMED, TIMED.at)
    )
    np.testing.assert_array_equal(run.parameters[:], by_function.parameters[:])
    assert run.time[-1] > 1.0
    for k, time in enumerate(run.time[:-1]):
        W = run.parameters[k]
        V = TIMED.at(time).sharp(potential.differential(W)[1])
        close(run.parameters[k + 1], W - run.step[k] * V)


def test_a_state_knows_its_metric(potential):
    """`states` and observables see the metric of the step that comes."""
    for state in fn.states(potential, fn.Aristotle(0.2), steps=20, W0=W0, metric=TIMED):
        assert state.metric is TIMED.at(state.time)


def test_what_is_frozen_keeps_its_velocity(potential):
    """Newton's mechanics: a layer that freezes stands still, and goes on as fast when it thaws."""
    stage = [fn.LayerMetric(NET, [1.0, g, 1.0, 1.0]) for g in (1.0, INF)]
    metric = fn.TimedMetric([0.0, 0.45, 1.05], [*stage, stage[0]])
    newton = fn.Newton(0.1, friction=0.0)
    run = fn.train(potential, newton, W0=W0, steps=14, metric=metric)
    layer = run.parameters[:][:, 16:36]
    still = layer[5:12]
    np.testing.assert_array_equal(still, np.broadcast_to(still[0], still.shape))
    before, after = layer[5] - layer[4], layer[12] - layer[11]
    kick = -0.01 * potential.differential(run.parameters[11])[1][16:36]
    close(after, before + kick)
    flow = fn.flow(
        potential, W0=W0, time=1.4, mechanics=newton, metric=metric, at=[0.45, 0.7, 1.05, 1.4]
    )
    rows = flow.parameters[:][:, 16:36]
    np.testing.assert_array_equal(rows[0], rows[2])
    assert np.abs(rows[3] - rows[2]).max() > 1e-3


@pytest.mark.parametrize("metric", [TIMED.at, TIMED], ids=["function", "schedule"])
def test_a_function_is_asked_for_again(metric, potential, tmp_path):
    """A file cannot say a Python function; given again, the run goes on with the same bits."""

    def run(steps, store=None):
        return fn.train(
            potential,
            fn.Newton(0.1),
            W0=W0,
            steps=steps,
            metric=metric,
            store=store,
            observe={"path": (1, fn.PathLength()), "speed": (2, fn.Speed(potential, metric=None))},
        )

    run(11, tmp_path / "a.h5")
    opened = fn.Trajectory.open(tmp_path / "a.h5")
    if metric is not TIMED:
        with pytest.raises(FlownetError, match=r"or set run\.metric"):
            fn.breakdown(opened, at=3)
        opened.metric = metric
    close(
        fn.breakdown(opened, at=3).linear,
        potential.differential(opened.parameters[3])[1]
        @ (opened.parameters[4] - opened.parameters[3]),
        kind="solver",
    )
    if metric is TIMED:
        with pytest.raises(FlownetError, match="says its metric itself, a timed metric"):
            fn.resume(tmp_path / "a.h5", steps=25, metric=metric)
        again = fn.resume(tmp_path / "a.h5", steps=25)
    else:
        with pytest.raises(FlownetError, match="pass it on again with metric="):
            fn.resume(tmp_path / "a.h5", steps=25)
        again = fn.resume(tmp_path / "a.h5", steps=25, metric=metric)
    whole = run(25)
    np.testing.assert_array_equal(again.parameters[:], whole.parameters[:])
    np.testing.assert_array_equal(
        again.observables["path"].value[-5:], whole.observables["path"].value[-5:]
    )


def test_adaptive_steps_want_one_metric(potential):
    with pytest.raises(FlownetError, match="follows the flow of one metric"):
        fn.train(potential, fn.RungeKutta(), W0=W0, steps=3, metric=TIMED)


def test_a_function_that_gives_no_metric(potential):
    for wrong, line in (
        (lambda t: 3.0, r"metric\(0\) is 3.0; it has to be one such as"),
        (lambda t: fn.Euclidean(3), "one of 3 parameters, the potential has 66"),
        (np.ones(3), "or a function of the time"),
    ):
        with pytest.raises(FlownetError, match=line):
            fn.train(potential, fn.Aristotle(0.1), W0=W0, steps=3, metric=wrong)


def test_an_interrupted_run_goes_on_with_the_same_bits(potential, tmp_path, monkeypatch):
    """Stopped by an observable in the middle of a stage, resumed from its checkpoint."""
    monkeypatch.setattr("flownet.motion._recorder.CHECKPOINT_SECONDS", -1.0)

    def stop(state):
        if state.iteration == 17 and stop.armed:
            raise KeyboardInterrupt
        return state.time

    def run(store=None):
        return fn.train(
            potential,
            fn.Adam(0.1),
            W0=W0,
            steps=40,
            metric=TIMED,
            store=store,
            observe={"stop": (17, stop), "path": (1, fn.PathLength())},
        )

    stop.armed = True
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "a.h5")
    stop.armed = False
    assert fn.Trajectory.open(tmp_path / "a.h5").store.latest_checkpoint()[0] == 17
    whole, again = run(), fn.resume(tmp_path / "a.h5", observe={"stop": stop})
    for name in ("loss", "path", "stop"):
        np.testing.assert_array_equal(again.observables[name].value, whole.observables[name].value)
    np.testing.assert_array_equal(again.parameters[:], whole.parameters[:])
