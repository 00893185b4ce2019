"""A stiffness that follows the iteration, an array or the state: what it does to a run.

The schedules of time are looked at in `test_schedules.py`.
"""

import numpy as np
import pytest
from mistakes import told_in_one_line
from scheduled_stiffness import ARRAY, KINDS, PROGRAMS, STEPS, W0, descend, falling, metric_of
from tolerance import close

import flownet as fn


@pytest.mark.parametrize("name", KINDS)
def test_each_step_is_in_its_metric(name, small, tmp_path):
    """W ← W − step·g_k^♯dL; recorded, stored, and the same in the loop in Python."""
    metric, path = metric_of(small, name), tmp_path / "run.h5"
    run = descend(small, fn.Aristotle(0.25), metric, store=path)
    W, own = np.array(W0), []
    for k in range(STEPS):
        loss, dL = small.differential(W)
        own.append([KINDS[name][2](k, 0.25 * k, loss), np.inf, 2.0])
        W = W - 0.25 * fn.LayerMetric(small.network, own[-1]).sharp(dL)
        close(run.parameters[k + 1], W)
    recorded = run.observables["stiffness"]
    close(recorded.value[:, 0], [row[0] for row in own])
    np.testing.assert_array_equal(recorded.iteration, np.arange(STEPS))
    read = fn.Trajectory.open(path)
    for k in (0, 5, STEPS - 1):
        np.testing.assert_array_equal(read.metric_at(k).stiffness, recorded.value[k])
    close(fn.breakdown(read, at=5).linear, fn.breakdown(run, at=5).linear)
    close(fn.breakdown(read, at=5).linear, _promise(run, 5))
    in_python = descend(small, fn.Aristotle(0.25), _InPython(metric))
    close(in_python.parameters[:], run.parameters[:])


def _promise(run, k):
    """−step·‖dL‖² in the metric of step k."""
    dL = run.potential.differential(run.parameters[k])[1]
    return -run.step[k] * dL @ run.metric_at(k).sharp(dL)


class _InPython(fn.ScheduledMetric):
    """The same metric, unknown to kernels."""

    is_compiled = False

    def __init__(self, metric):
        vars(self).update(vars(metric))


MECHANICS = {
    "aristotle": fn.Aristotle(0.2),
    "of the loss": fn.Aristotle("loss:0.3"),
    "linearity": fn.Aristotle("linear:0.2"),
    "adam": fn.Adam(fn.Schedule(lambda state: 0.1 * state.loss, "state")),
    "newton": fn.Newton(0.2, mass=2.0),
    "langevin": fn.Langevin(0.05, temperature="exponential:0.1:0.9"),
    "sam": fn.SAM(fn.Aristotle(0.2), 0.1),
    "adamw": fn.AdamW(0.05, weight_decay=0.1),
}


@pytest.mark.parametrize("mechanics", MECHANICS.values(), ids=MECHANICS)
@pytest.mark.parametrize("name", ["array", "of the state", "of the time"])
def test_all_mechanics_take_it_step_by_step_alike(name, mechanics, small):
    """The run and `states` with the same bits, and each step as in a constant metric."""
    metric = metric_of(small, name)
    run = descend(small, mechanics, metric)
    seen = [np.array(s.W) for s in fn.states(small, mechanics, W0=W0, steps=STEPS, metric=metric)]
    np.testing.assert_array_equal(np.array(seen), run.parameters[:])
    assert np.unique(run.observables["stiffness"].value[:, 0]).size > STEPS // 2
    np.testing.assert_array_equal(run.parameters[:, 20:44], np.tile(W0[20:44], (STEPS + 1, 1)))
    if mechanics.kind == "aristotle":
        for k in (0, 7):
            alone = fn.train(
                small,
                fn.Aristotle(run.step[k]),
                W0=run.parameters[k],
                steps=1,
                metric=run.metric_at(k),
            )
            close(alone.parameters[1], run.parameters[k + 1])


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("make", [fn.Aristotle, fn.Adam], ids=["aristotle", "adam"])
def test_a_run_that_was_stopped_goes_on_in_its_metric(make, name, small, tmp_path):
    """Bit for bit, with what remembers the last state's metric; a program is handed in again."""
    metric, path, calls = metric_of(small, name), tmp_path / "run.h5", []

    def observe(stopping):
        return {"x": (4, stopping), "path": (2, fn.PathLength()), "turn": (1, fn.StepCosine())}

    def stopping(state):
        calls.append(state.iteration)
        if state.iteration == 8 and len(calls) < 5:
            raise KeyboardInterrupt
        return 0.0

    whole = descend(small, make(0.1), metric, observe=observe(lambda state: 0.0))
    with pytest.raises(KeyboardInterrupt):
        descend(small, make(0.1), metric, store=path, observe=observe(stopping))
    again = {"observe": {"x": stopping}}
    if name in PROGRAMS:
        with told_in_one_line("the run's metric has a schedule by .* metric=…"):
            fn.resume(path, **again)
        other = fn.ScheduledMetric(small.network, [falling, 1.0, 2.0])
        with told_in_one_line("it has to be the same again; flownet.go_on continues in another"):
            fn.resume(path, metric=other, **again)
        again["metric"] = metric
    done = fn.resume(path, **again)
    np.testing.assert_array_equal(done.parameters[:], whole.parameters[:])
    for observable in ("stiffness", "path", "turn"):
        np.testing.assert_array_equal(
            done.observables[observable].value, whole.observables[observable].value
        )
    if name not in PROGRAMS:
        read = fn.Trajectory.open(path)
        assert repr(read.metric) == repr(metric)
        np.testing.assert_array_equal(
            descend(small, make(0.1), read.metric).parameters[:], whole.parameters[:]
        )


def test_a_path_is_measured_in_the_metric_of_each_step(small):
    """Observed and afterwards: Σ step·‖dL‖_g of Aristotle's steps."""
    for name in KINDS:
        run = descend(
            small, fn.Aristotle(0.2), metric_of(small, name), observe={"I": (1, fn.PathLength())}
        )
        promised = [_promise(run, k) for k in range(STEPS)]
        expected = np.cumsum(np.sqrt(-0.2 * np.array(promised)))
        close(run.observables["I"].value[1:], expected)
        close(fn.path_length(run).value[1:], expected)
        close(fn.speed(run).value[:-1], np.sqrt(-np.array(promised) / 0.2))


def test_a_run_goes_on_in_such_a_metric(small, tmp_path):
    """Schedules count from there, and the column begins there; back in the plain one it ends."""
    path = tmp_path / "run.h5"
    for store in (None, path):
        run = fn.train(small, fn.Adam(0.1), W0=W0, steps=6, store=store)
        run = fn.go_on(store or run, more=6, metric=metric_of(small, "function"))
        run = fn.go_on(store or run, more=4, metric=fn.Euclidean(small.size))
        run = fn.go_on(store or run, more=6, metric=metric_of(small, "array"))
        run = run if store is None else fn.Trajectory.open(path)
        assert run.metric_at(3) is None and run.metric_at(13).kind == "euclidean"
        close([run.metric_at(k).stiffness[0] for k in (6, 9)], [falling(0), falling(3)])
        close([run.metric_at(k).stiffness[0] for k in (16, 21)], ARRAY[[0, 5]])
        np.testing.assert_array_equal(
            run.observables["stiffness"].iteration, [*range(6, 12), *range(16, 22)]
        )
        assert len(fn.rolling_force(run)) == 22


def test_complex_parameters_follow_it_too():
    net = fn.Network([2, 3, 1], activation="cardioid", dtype="complex128")
    data = fn.Dataset(np.arange(8.0).reshape(4, 2) / 8, np.ones((4, 1)))
    potential = fn.Potential(net, fn.Quadratic(), data)
    metric = fn.ScheduledMetric(net, [[4.0, 3.0, 2.0], lambda k: 1.0 + k])
    run = fn.train(potential, fn.Aristotle(0.05), steps=3, metric=metric)
    W = run.parameters[0]
    for k, own in enumerate([[4.0, 1.0], [3.0, 2.0], [2.0, 3.0]]):
        W = W - 0.05 * fn.LayerMetric(net, own).sharp(potential.differential(W)[1])
        close(run.parameters[k + 1].view(float), W.view(float))
    assert np.isfinite(fn.breakdown(run, at=1).linear)


MISTAKES = {
    "a flow": (
        lambda p: fn.flow(p, W0=W0, time=1.0, metric=metric_of(p, "array")),
        "follows the steps of a run, and a flow has none",
    ),
    "at a time": (
        lambda p: fn.breakdown(p, W0, 0.1, metric=metric_of(p, "array")),
        r"metric\.at\(time\)|depends on time",
    ),
    "its own force": (
        lambda p: descend(
            p,
            fn.Aristotle(0.1),
            fn.ScheduledMetric(p.network, [fn.Schedule(lambda s: abs(s.force[0]), "state")] * 3),
        ),
        "a stiffness of the state makes state.metric",
    ),
    "0": (
        lambda p: descend(
            p, fn.Aristotle(0.1), fn.ScheduledMetric(p.network, [1, lambda k: max(0, 4 - k), 1])
        ),
        "the stiffness of layer 2 is 0 after 4 steps of its schedule; it has to be above 0",
    ),
    "too short": (
        lambda p: descend(p, fn.Aristotle(0.1), fn.ScheduledMetric(p.network, [1, [1.0, 2.0], 1])),
        "the stiffness: the array of steps holds 2, and the run takes 12",
    ),
    "of what": (
        lambda p: fn.ScheduledMetric(p.network, [1, 1, 1], of="state"),
        "of is 'state'; a stiffness is one of the 'time' or of the 'iteration'",
    ),
    "Runge-Kutta": (
        lambda p: descend(p, fn.RungeKutta(), metric_of(p, "array")),
        "follows the flow of one metric",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told_in_one_line(name, small):
    mistake, words = MISTAKES[name]
    with told_in_one_line(words):
        mistake(small)
