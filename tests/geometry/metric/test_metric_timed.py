"""Metrics that depend on time: schedules and functions, in runs, flows, files and readings."""

from contextlib import suppress

import numpy as np
import pytest
from every_metric import EVERY, INF, NET, ONES, layers, problem
from tolerance import close
from twins import uniforms

import flownet as fn
from flownet._errors import FlownetError
from flownet.geometry.metric import metric_of

D = NET.size
W0 = uniforms(70, D)
TIMED = EVERY["timed"](ONES)
FILE = """
[data]
name = "xor"
[network]
sizes = [2, 3, 3, 3, 1]
[loss]
kind = "quadratic"
[mechanics]
kind = "newton"
step = 0.2
[run]
steps = 12
{rest}
"""


@pytest.fixture(scope="module")
def potential():
    return problem()


def test_the_metric_of_a_time():
    """From each time on, before the first one too; and how long it stays."""
    for time, index in ((-1.0, 0), (0.0, 0), (0.89, 0), (0.9, 1), (2.0, 1), (2.35, 2), (9.0, 2)):
        assert TIMED.at(time) is TIMED.metrics[index]
    close([TIMED.span(t)[1] for t in (0.0, 0.9)], [0.9, 2.35], kind="solver")
    assert TIMED.span(5.0)[1] == -TIMED.span(0.0)[0] == INF
    assert TIMED.at(sum([0.1] * 9)) is TIMED.metrics[1] and sum([0.1] * 9) < 0.9
    assert TIMED.stage(0.9 - 1e-12) == (TIMED.metrics[0], 0.9)
    constant = layers(ONES)
    assert constant.at(3.0) is constant and constant.span(3.0) == (-INF, INF)


def test_the_real_view_of_a_metric_in_time():
    """At each time that of the metric there, of a schedule and of a function."""
    x = uniforms(71, 2 * D)
    for metric in (TIMED, metric_of(TIMED.at, problem())):
        for time in (0.5, 1.0, 3.0):
            np.testing.assert_array_equal(
                metric.real_view().at(time).sharp(x), metric.at(time).real_view().sharp(x)
            )


@pytest.mark.parametrize("method", ["sharp", "flat", "norm2", "coordinates", "displacement"])
def test_none_before_a_time_is_named(method, potential):
    with pytest.raises(FlownetError, match=r"depends on time: metric.at\(time\)"):
        getattr(TIMED, method)(W0)
    with pytest.raises(FlownetError, match=r"depends on time: metric.at\(time\)"):
        fn.sharpness(potential, W0, metric=TIMED)


@pytest.mark.parametrize(
    "times, metrics, line",
    [
        ([1.0, 2.0], 2, "ascend from 0"),
        ([0.0, 0.0], 2, "ascend from 0"),
        ([], 0, "ascend from 0"),
        ([0.0, np.nan], 2, "ascend from 0"),
        ("soon", 2, "ascend from 0"),
        ([0.0, 1.0], 1, "one metric for each of the 2 times"),
    ],
)
def test_schedules_that_are_none(times, metrics, line):
    with pytest.raises(FlownetError, match=line):
        fn.TimedMetric(times, [layers(ONES)] * metrics)


def test_schedules_of_what_is_none():
    with pytest.raises(FlownetError, match="one that stays"):
        fn.TimedMetric([0.0], [TIMED])
    with pytest.raises(FlownetError, match="of 3 and 66 parameters"):
        fn.TimedMetric([0.0, 1.0], [fn.Euclidean(3), layers(ONES)])


# ---- runs ---------------------------------------------------------------------------------------


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


# ---- flows --------------------------------------------------------------------------------------


def test_a_flow_in_stages_is_one_flow_after_another(potential):
    """Each from where the one before ended; a change is met exactly, and is a row of its own."""
    words = {"rtol": 1e-10, "atol": 1e-12}
    flow, W, ends = fn.flow(potential, W0=W0, time=3.0, metric=TIMED, **words), W0, [0.9, 2.35, 3.0]
    assert np.isin(ends, flow.time).all() and (np.diff(flow.time) > 0).all()
    for metric, begin, end in zip(TIMED.metrics, [0.0, 0.9, 2.35], ends):
        W = fn.flow(potential, W0=W, time=end - begin, metric=metric, **words).parameters[-1]
        close(flow.parameters[int(np.flatnonzero(flow.time == end)[0])], W, kind="solver")
    by_function = fn.flow(potential, W0=W0, time=3.0, metric=TIMED.at, rtol=1e-9, atol=1e-11)
    assert np.abs(by_function.parameters[-1] - W).max() < 1e-6  # it steps over the changes


def test_a_flow_in_a_smooth_metric_is_that_of_another_time():
    """Stiffness 1/(1+t) in every direction: W(t) = W₀e^{−τ} with τ = ∫(1+t)dt = t + t²/2."""
    parabola = fn.Parabola(3)
    start = np.array([1.0, -2.0, 0.5])
    at = np.linspace(0, 1.5, 4)
    metric = lambda t: fn.DiagonalMetric(np.full(3, 1 / (1 + t)))  # noqa: E731
    flow = fn.flow(parabola, W0=start, time=1.5, metric=metric, at=at, rtol=1e-11)
    close(flow.parameters[:], np.exp(-at - at**2 / 2)[:, None] * start, kind="solver")


def test_stiffness_that_changes_direction():
    """Soft along one axis, then along the other: stabilised steps in both, as far as e^{−t/g}."""
    stages = [fn.DiagonalMetric(g) for g in ([1.0, 1e-5], [1e-5, 2.0], [1.0, 1.0])]
    flow = fn.flow(
        fn.Parabola(2),
        W0=[1.0, 1.0],
        time=5.0,
        rtol=1e-7,
        atol=1e-9,
        metric=fn.TimedMetric([0.0, 2.0, 4.0], stages),
        at=[1.0, 2.0, 5.0],
    )
    assert 0 < flow.observables["method"].value.sum() < len(flow.step)
    close(flow.parameters[:2, 0], np.exp([-1.0, -2.0]), scale=1e6)  # to 1e-6
    assert np.abs(flow.parameters[-1]).max() < 1e-6


@pytest.mark.parametrize(
    "metric, mechanics", [(TIMED, None), (TIMED, fn.Newton(0.1)), (TIMED.at, fn.Adam(0.05))]
)
def test_a_flow_is_resumed_bit_for_bit(metric, mechanics, potential, tmp_path, monkeypatch):
    """Interrupted after some of its stretches, also right at a change of the metric."""
    from flownet.motion.flow._run import FlowRun

    def follow(store=None):
        return fn.flow(
            potential,
            W0=W0,
            time=3.0,
            mechanics=mechanics,
            metric=metric,
            store=store,
            rtol=1e-5,
            at=[0.5, 0.9, 1.7, 3.0],
            overwrite=True,
        )

    whole, stretch, save = follow(), FlowRun._stretch, FlowRun._save
    monkeypatch.setattr(FlowRun, "_save", lambda self, force=False: save(self, True))
    for stop in (1, 2):
        left = [stop]

        def interrupted(self, steps, left=left):
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            return stretch(self, min(steps, 16))

        monkeypatch.setattr(FlowRun, "_stretch", interrupted)
        with suppress(KeyboardInterrupt):
            follow(tmp_path / "f.h5")
        monkeypatch.setattr(FlowRun, "_stretch", stretch)
        words = {"metric": metric} if metric is not TIMED else {}
        again = fn.resume(tmp_path / "f.h5", **words)
        np.testing.assert_array_equal(again.parameters[:], whole.parameters[:])
        np.testing.assert_array_equal(again.step, whole.step)


def test_a_flow_that_ends_below_a_gradient(potential):
    """‖dL‖ is in the metric of the time: a change of the metric may end the flow at once."""
    soft, stiff = fn.LayerMetric(NET, [1.0] * 4), fn.LayerMetric(NET, [1e6] * 4)
    flow = fn.flow(
        potential,
        W0=W0,
        time=9.0,
        gradient_below=1e-2,
        metric=fn.TimedMetric([0.0, 0.5], [soft, stiff]),
    )
    assert flow.time[-1] == 0.5 and (np.diff(flow.time) > 0).all()


# ---- readings -----------------------------------------------------------------------------------


def test_a_run_is_read_in_the_metric_of_each_time(potential):
    run = fn.train(potential, fn.Aristotle(0.2), W0=W0, steps=15, metric=TIMED)
    for k in (2, 7, 13):
        b, dL = fn.breakdown(run, at=k), potential.differential(run.parameters[k])[1]
        close(b.linear, -0.2 * dL @ TIMED.at(run.time[k]).sharp(dL))
        close(
            b.critical_step,
            fn.breakdown(
                potential, run.parameters[k], 0.2, metric=TIMED.at(run.time[k])
            ).critical_step,
            kind="solver",
        )
    record = fn.sharpness(run, every=5)
    for k, value in zip(record.iteration, record.value):
        close(
            value,
            fn.sharpness(potential, run.parameters[k], metric=TIMED.at(run.time[k])),
            kind="solver",
        )
    assert fn.rod(run).exact


def test_departure_in_a_metric_that_changes(potential):
    """Beside the flow of the same schedule: first order in the step, as ever."""
    thawed = fn.TimedMetric(TIMED.times, [*TIMED.metrics[:2], layers(ONES)])

    def far(step):
        run = fn.train(potential, fn.Aristotle(step), W0=W0, steps=round(2.8 / step), metric=thawed)
        found = fn.departure(run, every=round(0.7 / step), progress=False)
        at = np.union1d(np.linspace(0, run.time[-1], 4001), TIMED.times)
        flow = fn.flow(potential, W0=W0, time=run.time[-1], metric=thawed, at=at)
        close(
            found.flows["flow"].arc_length[-1] / fn.path_length(flow).value[-1], 1.0, scale=1e6
        )  # to 1e-6
        return found.flows["flow"].distance[-1]

    # changes at 0.9 and 2.35 are met by whole steps of both runs
    assert 1.8 < far(0.025) / far(0.0125) < 2.2


# ---- files --------------------------------------------------------------------------------------

TABLES = {
    "width": ('[metric]\nstiffness = "width"', [2.0] * 9 + [3.0] * 28),
    "neurons": (
        '[metric]\nkind = "group"\nstiffness = [[1.0, 2.0, inf], 1.0, 1.0, 1.0]\n'
        "[metric.groups.blind]\nstiffness = inf\nlayer = 1\ninputs = [0]\n",
        [1, 1, 2, 2, INF, INF, 1, 2, INF, *([INF, 1, 1] * 3), *[1] * 19],
    ),
    "coupled": (
        '[metric]\nkind = "coupled"\nstiffness = [[1.0, 0.0, 0.0, 0.0], '
        "[0.0, 1.0, -0.5, 0.0], [0.0, -0.5, 2.0, 0.0], [0.0, 0.0, 0.0, 1.0]]",
        [1.0] * 21 + [2.0] * 12 + [1.0] * 4,
    ),
    "timed": (
        '[metric]\nkind = "timed"\ntimes = [0.0, 1.0]\n[[metric.metrics]]\n'
        'stiffness = [inf, 1.0, 1.0, 1.0]\n[[metric.metrics]]\nkind = "euclidean"\n',
        [INF] * 9 + [1.0] * 28,
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_experiment_files(name, tmp_path):
    """A metric in TOML, run, and the run's own file as an experiment again: the same bits."""
    text, own = TABLES[name]
    rest = (
        '[observe.path]\nkind = "path-length"\nevery = 1\n[observe.speed]\nkind = "speed"\n'
        'every = 3\n[observe.bare]\nkind = "step-speed"\nevery = 1\n'
        'metric = {kind = "euclidean"}\n[observe.sharp]\nkind = "sharpness"\nevery = 4\n'
    )
    (tmp_path / "e.toml").write_text(FILE.format(rest=text + "\n" + rest))
    experiment = fn.Experiment.load(tmp_path / "e.toml")
    run = experiment.run(tmp_path / "a.h5")
    np.testing.assert_array_equal(run.metric.at(0.0).own, own)
    again = fn.Experiment.load(tmp_path / "a.h5").run()
    for quantity in run.observables:
        np.testing.assert_array_equal(
            run.observables[quantity].value, again.observables[quantity].value
        )
    close(run.observables["path"].value, fn.path_length(run).value)
    close(run.observables["sharp"].value, fn.sharpness(run, every=4).value, kind="solver")
    (tmp_path / "b.toml").write_text(experiment.to_toml())
    np.testing.assert_array_equal(
        fn.Experiment.load(tmp_path / "b.toml").run().parameters[:], run.parameters[:]
    )


@pytest.mark.parametrize(
    "text, line",
    [
        ("[metric]\nstiffness = [1.0, -1.0, 1.0, 1.0]", "stiffness holds -1.0; numbers above 0"),
        (
            '[metric]\nkind = "timed"\nstiffness = [1.0]',
            "takes no stiffness; it takes times, metrics",
        ),
        ("[metric]\ngroups = {}", "of kind layer takes no groups; it takes stiffness"),
        ('[metric]\nkind = "group"\n[metric.groups.a]\nlayers = 1\nstiffness = 1.0', "'layers'"),
        ('[observe.path]\nkind = "path-length"\nevery = 1\nsplit = "test"', "it takes no split"),
    ],
)
def test_mistakes_in_files(text, line, tmp_path):
    (tmp_path / "e.toml").write_text(FILE.format(rest=text))
    with pytest.raises(FlownetError, match=line):
        fn.Experiment.load(tmp_path / "e.toml").parts()
