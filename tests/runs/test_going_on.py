"""Going on with a run in another way: each part with mechanics, metric, data of its own."""

import h5py
import numpy as np
import pytest
import twins
from cases_of_runs import W0
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn


def test_descent_of_a_parabola_with_three_steps(store):
    """W ← (1 − h)W with the h of each part; the file says which was when."""
    run = fn.train(fn.Parabola(1), fn.Aristotle(0.5), W0=[8.0], steps=2, store=store)
    run = fn.go_on(run, more=2, mechanics=fn.Aristotle(0.25))
    run = fn.go_on(run if store is None else store, steps=6, mechanics=fn.Aristotle(0.1))
    path = 8 * np.cumprod([1, 0.5, 0.5, 0.75, 0.75, 0.9, 0.9])
    close(run.parameters[:, 0], path)
    assert run.step.tolist() == [0.5, 0.5, 0.25, 0.25, 0.1, 0.1]
    read = run if store is None else fn.Trajectory.open(store)
    assert [(p.first, p.mechanics.step) for p in read.parts] == [(0, 0.5), (2, 0.25), (4, 0.1)]
    assert [read.mechanics_at(k).step for k in range(6)] == read.step.tolist()
    assert read.mechanics.step == 0.1 and read.iteration.tolist() == list(range(7))
    for k in range(6):  # δ = −hW: dL(δ) = −hW²
        close(fn.breakdown(read, at=k).linear, -read.step[k] * path[k] ** 2)


def pieces(potential, W, mechanics, lengths, **given):
    """Ends of runs, each from where the one before it ended."""
    for one, length in zip(mechanics, lengths):
        W = fn.train(potential, one, W0=W, steps=length, **given).parameters[-1]
    return W


@pytest.mark.parametrize(
    "second", [fn.Adam(0.01), fn.RMSProp(0.01), fn.Nesterov(0.05), fn.Newton(0.1)]
)
def test_other_mechanics_begin_anew(second, small, store):
    """From descent to mechanics that remember: as a run of their own from there."""
    run = fn.train(small, fn.Aristotle(0.1), W0=W0, steps=20, store=store)
    run = fn.go_on(run, more=15, mechanics=second)
    run = fn.go_on(run, more=5, mechanics=fn.Aristotle(0.1))
    end = pieces(small, W0, [fn.Aristotle(0.1), second, fn.Aristotle(0.1)], [20, 15, 5])
    np.testing.assert_array_equal(run.parameters[-1], end)


def test_adam_with_another_step_goes_on_remembering(small, store):
    """The bits of one run under the schedule of both."""
    run = fn.train(small, fn.Adam(0.01), W0=W0, steps=20, store=store)
    run = fn.go_on(run, more=20, mechanics=fn.Adam(0.002))
    whole = fn.train(small, fn.Adam(fn.Piecewise([0.01, 0.002], at=[20])), W0=W0, steps=40)
    np.testing.assert_array_equal(run.parameters[:], whole.parameters[:])


def test_a_run_of_no_steps_goes_on(small, store):
    run = fn.train(small, fn.Aristotle(0.1), W0=W0, steps=0, store=store)
    run = fn.go_on(run, more=20, mechanics=fn.Adam(0.01))
    np.testing.assert_array_equal(run.parameters[-1], pieces(small, W0, [fn.Adam(0.01)], [20]))
    assert len(fn.rolling_force(run)) == 20


def test_heat_is_never_drawn_twice(small, store):
    """A heat bath of another temperature goes on with the noise that is its turn."""
    run = fn.train(small, fn.Langevin(0.1, 0.01), W0=W0, steps=20, store=store)
    run = fn.go_on(run, more=20, mechanics=fn.Langevin(0.1, 0.02))
    both = fn.Langevin(0.1, fn.Piecewise([0.01, 0.02], at=[20]))
    np.testing.assert_array_equal(
        run.parameters[:], fn.train(small, both, W0=W0, steps=40).parameters[:]
    )


def test_a_velocity_is_handed_on():
    """From the leapfrog, half a kick behind, to the damped one: v of the circle, then its decay."""
    h, friction = 0.001, 2.0
    free = fn.Newton(h, friction=0.0, integrator="leapfrog")
    run = fn.train(fn.Parabola(1), free, W0=[1.0], steps=700)
    run = fn.go_on(run, more=500, mechanics=fn.Newton(h, friction=friction, integrator="leapfrog"))
    W, v = np.cos(0.7), -np.sin(0.7)  # then W'' = −W − 2W': critically damped
    t = 0.5
    assert run.parameters[-1][0] == pytest.approx((W + (v + W) * t) * np.exp(-t), abs=1e-6)


def test_another_metric_other_data_other_batches(small, store):
    """Each part is a run of its own from where the one before it ended."""
    frozen = fn.LayerMetric(small.network, [np.inf, 1.0, 4.0])
    other = twins.potential(twins.case(90_001, [3, 5, 4, 2], ["tanh", "sin"], "quadratic", m=11))
    other = fn.Potential(small.network, fn.Quadratic(), other.data)
    run = fn.train(small, fn.Aristotle(0.1), W0=W0, steps=10, store=store)
    run = fn.go_on(run, more=10, metric=frozen)
    run = fn.go_on(run, more=10, potential=other)
    run = fn.go_on(run, more=9, metric=fn.Euclidean(small.size), batch_size=4)
    W = pieces(small, W0, [fn.Aristotle(0.1)], [10])
    W = pieces(small, W, [fn.Aristotle(0.1)], [10], metric=frozen)
    W = pieces(other, W, [fn.Aristotle(0.1)], [10], metric=frozen)
    np.testing.assert_array_equal(run.parameters[30], W)
    read = run if store is None else fn.Trajectory.open(store)
    assert [read.potential_at(k).data.m for k in (0, 19, 20, 30)] == [17, 17, 11, 4]
    assert read.metric_at(9) is None and repr(read.metric_at(15)) == repr(frozen)
    for k in (5, 15, 25, 35):
        b, W, metric = fn.breakdown(read, at=k), read.parameters[k], read.metric_at(k)
        metric = metric or fn.Euclidean(small.size)
        loss, dL = read.potential_at(k).differential(W)
        close(b.loss, loss)
        close(b.linear, -0.1 * dL @ metric.sharp(dL))
    lengths = fn.path_length(read).value
    steps = [
        0.1 * np.sqrt(dL @ (read.metric_at(k) or fn.Euclidean(small.size)).sharp(dL))
        for k in range(39)
        for dL in [read.potential_at(k).differential(read.parameters[k])[1]]
    ]
    close(lengths[-1], sum(steps))


def test_a_run_of_parts_is_taken_again(small, store):
    """What looks along a run replays each part with its own mechanics."""
    run = fn.train(small, fn.Adam(0.01), W0=W0, steps=10, store=store, batch_size=5)
    run = fn.go_on(run, more=10, mechanics=fn.Adam(lambda k: 0.01 / (1 + k)))
    run = fn.go_on(run, more=10, mechanics=fn.Newton(0.1))
    run = fn.go_on(run, more=10, mechanics=fn.Nesterov(0.05))
    force = fn.rolling_force(run)
    assert len(force) == 40
    dL = run.potential_at(33).differential(run.parameters[33])[1]
    close(force.force[33], np.linalg.norm(dL))


def test_a_part_that_is_interrupted_is_resumed(small, tmp_path):
    calls = []

    def stopping(state):
        calls.append(state.iteration)
        if calls.count(500) == 1 and state.iteration == 500:
            raise KeyboardInterrupt
        return 0.0

    path, given = tmp_path / "run.h5", dict(W0=W0, observe={"x": (100, stopping)})
    fn.train(small, fn.Aristotle(0.1), steps=300, store=path, **given)
    with pytest.raises(KeyboardInterrupt):
        fn.go_on(path, more=400, mechanics=fn.Adam(0.001), observe={"x": stopping})
    run = fn.Trajectory.open(path)
    assert not run.finished and len(run.parts) == 2
    run = fn.resume(path, observe={"x": stopping})
    end = pieces(small, W0, [fn.Aristotle(0.1), fn.Adam(0.001)], [300, 400])
    np.testing.assert_array_equal(run.parameters[-1], end)


def test_the_file_of_parts_is_plain_hdf5(small, tmp_path):
    path = tmp_path / "run.h5"
    fn.train(small, fn.Aristotle(np.full(10, 0.1)), W0=W0, steps=10, store=path)
    fn.go_on(path, more=5, mechanics=fn.Aristotle([0.2, 0.1, 0.2, 0.1, 0.2]))
    with h5py.File(path) as file:
        text = file.attrs["experiment"].decode()
        assert file["mechanics/step/values"][:].tolist() == [0.2, 0.1, 0.2, 0.1, 0.2]
        assert file["before/0/mechanics/step/values"][:].tolist() == [0.1] * 10
    assert "[[before]]" in text and "first = 10" in text
    fn.breakdown(fn.Trajectory.open(path), every=1, keep=True)
    assert len(fn.Trajectory.open(path).analyses["breakdown"].value) == 15


def test_functions_of_one_name_are_two(store):
    """Two lambdas have one text; the second is another part, with its own steps."""
    run = fn.train(fn.Parabola(1), fn.Aristotle(lambda k: 0.5), W0=[8.0], steps=2, store=store)
    run = fn.go_on(run, more=2, mechanics=fn.Aristotle(lambda k: 0.25))
    assert run.step.tolist() == [0.5, 0.5, 0.25, 0.25] and len(run.parts) == 2
    run = fn.go_on(run, more=1, mechanics=run.mechanics)
    assert run.step[-1] == 0.25 and len(run.parts) == 2


def test_what_departs_from_one_flow_is_one_part():
    run = fn.train(fn.Parabola(1), fn.Aristotle(0.5), W0=[8.0], steps=2)
    changed = fn.go_on(run, more=2, metric=fn.DiagonalMetric([2.0]))
    with told_in_one_line("went on in another way at iteration 2"):
        fn.departure(changed)
    for what in (fn.rod, fn.exits, fn.sharpness, fn.speed):
        with told_in_one_line("went on in another way at iteration 2"):
            what(changed)


GO_ON = {
    "nothing": ({}, r"how far does the run go on\? steps=… in all, or more="),
    "both": ({"steps": 9, "more": 3}, "how far does the run go on"),
    "fewer": ({"steps": 1}, "has done 2 steps already, more than 1"),
    "another size": ({"more": 1, "potential": fn.Parabola(2)}, "has 2 parameters .* the run 1"),
    "no mechanics": ({"more": 1, "mechanics": 0.1}, "mechanics is 0.1; it has to be one such as"),
    "a batch too large": ({"more": 1, "batch_size": 3}, "batch_size needs a potential with data"),
    "a short array": (
        {"more": 3, "mechanics": fn.Aristotle([0.1, 0.1])},
        "the array of steps holds 2, and the run takes 3",
    ),
}


@pytest.mark.parametrize("name", GO_ON)
def test_mistakes_are_told_in_one_line(name):
    run = fn.train(fn.Parabola(1), fn.Aristotle(0.5), W0=[8.0], steps=2)
    words, line = GO_ON[name]
    with told_in_one_line(line):
        fn.go_on(run, **words)


def test_other_mechanics_are_no_resumption(tmp_path):
    path = tmp_path / "run.h5"
    fn.train(fn.Parabola(1), fn.Aristotle(0.5), W0=[8.0], steps=2, store=path)
    with told_in_one_line("flownet.go_on continues with others"):
        fn.resume(path, mechanics=fn.Aristotle(0.1), steps=4)
    flow = fn.flow(fn.Parabola(1), W0=[1.0], time=1.0)
    with told_in_one_line("a flow goes on by itself"):
        fn.go_on(flow, more=1)


def test_adaptive_steps_go_on_with_another_tolerance(small):
    run = fn.train(small, fn.RungeKutta(1e-2), W0=W0, steps=10)
    run = fn.go_on(run, more=10, mechanics=fn.RungeKutta(1e-4))
    end = pieces(small, W0, [fn.RungeKutta(1e-2), fn.RungeKutta(1e-4)], [10, 10])
    np.testing.assert_array_equal(run.parameters[-1], end)
    assert (np.diff(run.time) > 0).all()
    with told_in_one_line("a run of RungeKutta counts the gradients of each step"):
        fn.go_on(run, more=1, mechanics=fn.Aristotle(0.1))
