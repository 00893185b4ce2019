"""Every class that a file may name keeps its contract, and what a user's own object may be."""

import numpy as np
import pytest
from kinds import (
    CHARTS,
    FAMILIES,
    LABELLED,
    MECHANICS,
    METRICS,
    NET,
    OBSERVABLES,
    OTHERS,
    POLICIES,
    POTENTIALS,
    RELAXED,
    RUN,
    SINH,
    SMALL,
    STOPS,
    WEIGHTS,
)
from landscapes import Own

import flownet as fn
from flownet._registry import names


@pytest.mark.parametrize("family", FAMILIES)
def test_every_kind_that_a_file_may_name_is_looked_at(family):
    assert set(names(family)) == set(FAMILIES[family])


@pytest.mark.parametrize(
    "potential", [*POTENTIALS.values(), *OTHERS.values()], ids=[*POTENTIALS, *OTHERS]
)
def test_potentials(potential):
    fn.testing.check_potential(potential)


@pytest.mark.parametrize("name", METRICS)
def test_metrics(name):
    metric, potential = METRICS[name]
    fn.testing.check_metric(metric, potential)
    if name in ("timed", "scheduled"):
        fn.testing.check_metric(metric, potential, time=3.0)


def test_a_metric_that_follows_the_steps():
    stiffness = [[8.0, 4.0, 2.0], 1.0, "exponential:8:0.5"]
    fn.testing.check_metric(fn.ScheduledMetric(NET, stiffness, of="iteration"), SMALL)
    stiffness[2] = fn.Schedule(lambda state: 1 + state.loss, "state")
    fn.testing.check_metric(fn.ScheduledMetric(NET, stiffness), SMALL)


def test_a_metric_seen_where_a_chart_forgets_a_direction():
    metric = fn.PulledBack(WEIGHTS, fn.LayerMetric(NET, [2.0, 1.0, 0.5]))
    W = WEIGHTS.to_u(NET.init(3)) * 1.3
    fn.testing.check_metric(metric, fn.Charted(SMALL, WEIGHTS), W=W)


def test_a_coupled_metric_seen_in_a_chart():
    """Of a metric that couples, what is seen through an elementwise chart couples too."""
    metric, _ = METRICS["coupled"]
    fn.testing.check_metric(fn.PulledBack(SINH, metric))


@pytest.mark.parametrize("mechanics", MECHANICS.values(), ids=MECHANICS)
def test_mechanics(mechanics):
    fn.testing.check_mechanics(mechanics)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_policies(policy):
    fn.testing.check_policy(policy)


@pytest.mark.parametrize("name", OBSERVABLES)
def test_observables(name):
    make, mechanics = OBSERVABLES[name]
    potential = RELAXED if name in ("free-states", "nudge-meters") else LABELLED
    fn.testing.check_observable(make(potential), potential, mechanics=mechanics)


def test_a_function_of_the_state_is_an_observable():
    fn.testing.check_observable(lambda state: state.W[:2])


@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS)
def test_stop_conditions(stop):
    fn.testing.check_stop(stop, RUN)


def test_functions_of_the_state_are_stop_conditions():
    fn.testing.check_stop(lambda state: state.iteration == 9)
    fn.testing.check_stop(lambda state: False)
    still = fn.StopWhen(lambda state: abs(state.velocity).max() < 0.01, every=5)
    fn.testing.check_stop(still, fn.DoubleWell(2), mechanics=fn.Newton(0.1))


@pytest.mark.parametrize("name", CHARTS)
def test_charts(name):
    fn.testing.check_chart(*CHARTS[name])


def test_a_chart_of_ones_own_functions():
    cubic = dict(
        to_W=lambda u: u + u**3,
        pushforward=lambda u, v: (1 + 3 * u**2) * v,
        pullback=lambda u, p: (1 + 3 * u**2) * p,
        size=3,
    )
    fn.testing.check_chart(fn.Chart(**cubic))


# ---- what may be left out, and what a user's own object may be -----------------------------------


def test_what_is_left_out_is_refused_with_what_is_offered():
    p = fn.Charted(Own(), SINH)
    with pytest.raises(fn.FlownetError, match=r"an? Own offers no jet.*value and differential"):
        p.jet(np.ones(3), np.ones(3))
    assert not p.offers("jet") and p.offers("value", "differential")


def test_a_run_keeps_the_object_it_was_given_within_reach():
    own = Own()
    own.word = "mine"
    run = fn.train(own, fn.Aristotle(0.1), W0=np.ones(3), steps=2)
    assert run.potential.given is own and run.potential.word == "mine"
    assert repr(run.potential) == repr(own)
