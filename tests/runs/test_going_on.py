"""Going on with a run in another way, velocities to begin with, epochs."""

import h5py
import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn

CASE = twins.case(90_000, [3, 5, 4, 2], ["tanh", "sin"], "quadratic", m=17)
W0 = CASE["arrays"]["W"]


@pytest.fixture(scope="module")
def small():
    """3-5-4-2 on 17 samples."""
    return twins.potential(CASE)


@pytest.fixture(params=["memory", "file"])
def store(request, tmp_path):
    """Where a run is kept."""
    return None if request.param == "memory" else tmp_path / "run.h5"


# ---- the same mechanics -------------------------------------------------------------------------

MECHANICS = {
    "aristotle": fn.Aristotle(0.1),
    "leapfrog": fn.Newton(0.1, integrator="leapfrog"),
    "adam": fn.Adam(0.01),
    "langevin": fn.Langevin(0.1, 0.01),
    "runge-kutta": fn.RungeKutta(),
    "cosine": fn.Aristotle("cosine:0.1:100"),
}


@pytest.mark.parametrize("name", MECHANICS)
def test_the_same_mechanics_go_on_as_if_never_stopped(name, small, store):
    """Every bit of every quantity, with observables that remember."""
    given = dict(W0=W0, record_every=3, observe={"length": (7, fn.PathLength())}, seed=4)
    if name != "runge-kutta":
        given["batch_size"] = 5
    run = fn.train(small, MECHANICS[name], steps=40, store=store, **given)
    run = fn.go_on(run, more=20, mechanics=MECHANICS[name])
    run = fn.go_on(run, steps=80)
    whole = fn.train(small, MECHANICS[name], steps=80, **given)
    assert run.finished and len(run.parts) == 1
    for quantity in whole.store.names:
        for mine, other in zip(run.store.read(quantity), whole.store.read(quantity)):
            np.testing.assert_array_equal(mine, other, err_msg=quantity)


# ---- other ones ---------------------------------------------------------------------------------


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


# ---- a velocity to begin with -------------------------------------------------------------------


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


# ---- epochs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size, steps", [(5, 12), (17, 3), (16, 6), (None, 3)])
def test_epochs_are_steps(batch_size, steps, small):
    """17 samples three times over: by 5 in 4 steps, the last of 2; in full in one."""
    given = dict(W0=W0, batch_size=batch_size)
    run = fn.train(small, fn.Aristotle(0.1), epochs=3, **given)
    whole = fn.train(small, fn.Aristotle(0.1), steps=steps, **given)
    assert len(run.step) == steps
    np.testing.assert_array_equal(run.parameters[:], whole.parameters[:])
    assert len(list(fn.states(small, fn.Aristotle(0.1), epochs=3, **given))) == steps + 1
    if batch_size:
        seen = np.concatenate([run.batches.rows(k) for k in range(steps)])
        assert np.bincount(seen).tolist() == [3] * 17


EPOCHS = {
    "both": ({"steps": 3, "epochs": 3}, "steps=… or epochs=… says it; both are given"),
    "none": ({}, "steps=… or epochs=… says it; none is given"),
    "half": ({"epochs": 0.5}, "epochs is 0.5; it has to be a whole number from 1 up"),
    "no data": ({"epochs": 2, "batch_size": 3}, "batch_size needs a potential with data"),
}


@pytest.mark.parametrize("name", EPOCHS)
def test_epochs_that_are_none(name):
    words, line = EPOCHS[name]
    with told_in_one_line(line):
        fn.train(fn.Parabola(1), fn.Aristotle(0.1), W0=[1.0], **words)


def test_epochs_in_an_experiment_file(tmp_path):
    text = """
[data]
name = "xor"
[network]
sizes = [2, 3, 1]
[loss]
kind = "quadratic"
[mechanics]
kind = "aristotle"
step = 0.1
[run]
epochs = 5
batch_size = 3
"""
    path, store = tmp_path / "run.toml", tmp_path / "run.h5"
    path.write_text(text)
    run = fn.Experiment.load(path).run(store)
    assert len(run.step) == 10 and fn.Experiment.load(store).tables["run"]["steps"] == 10
    path.write_text(text.replace("epochs = 5", "epochs = 5\nsteps = 3"))
    with told_in_one_line(r"\[run\]: steps and epochs are both given"):
        fn.Experiment.load(path)


# ---- more to observe ----------------------------------------------------------------------------


@pytest.mark.parametrize("stored", [False, True], ids=["memory", "file"])
def test_a_run_goes_on_with_more_to_observe(stored, small, tmp_path):
    """From there on, beside what it observed; killed and resumed, the same numbers."""
    store, before = (tmp_path / "run.h5" if stored else None), {"L": (2, small)}
    whole = fn.train(small, fn.Adam(0.05), W0=W0, steps=30, observe=before)
    seen = [float(np.abs(W).max()) for W in whole.parameters[:]]
    more = {
        "size": (3, lambda state: float(np.abs(state.W).max())),
        "path": (1, fn.PathLength()),
        "W": (10, lambda state: state.W),
    }
    run = fn.train(small, fn.Adam(0.05), W0=W0, steps=10, observe=before, store=store)
    run = fn.go_on(store or run, more=10, observe=more)
    assert len(run.parts) == 1
    functions = {name: more[name][1] for name in ("size", "W")}
    run = fn.resume(store or run, steps=30, observe=functions)
    np.testing.assert_array_equal(run.parameters[:], whole.parameters[:])
    np.testing.assert_array_equal(run.observables["L"].value, whole.observables["L"].value)
    run = run if store is None else fn.Trajectory.open(store)
    size, path, W = (run.observables[name] for name in more)
    np.testing.assert_array_equal(size.iteration, [*range(12, 31, 3)])
    np.testing.assert_array_equal(size.value, [seen[k] for k in range(12, 31, 3)])
    steps = np.linalg.norm(np.diff(whole.parameters[:], axis=0), axis=1)
    np.testing.assert_array_equal(path.iteration, np.arange(10, 31))
    close(path.value, np.concatenate([[0.0], np.cumsum(steps[10:])]))
    np.testing.assert_array_equal(W.value, whole.parameters[[10, 20, 30]])
    assert set(run.experiment["observe"]) == {"L", *more}


def test_what_is_observed_already_keeps_its_name(small):
    run = fn.train(small, fn.Adam(0.05), W0=W0, steps=4, observe={"L": (2, small)})
    for name in ("L", "loss"):
        with told_in_one_line(f"{name!r}"):
            fn.go_on(run, more=2, observe={name: (1, small)})
    with told_in_one_line("it has to be a pair"):
        fn.go_on(run, more=2, observe={"new": small})
    with told_in_one_line("observe is 3; it has to be a dictionary"):
        fn.go_on(run, more=2, observe=3)
