"""Metrics that depend on time: schedules and functions, and what is read in them."""

import numpy as np
import pytest
from every_metric import INF, ONES, layers, problem
from metric_settings import TIMED, W0, D
from tolerance import close
from twins import uniforms

import flownet as fn
from flownet._errors import FlownetError
from flownet.geometry.metric import metric_of


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
