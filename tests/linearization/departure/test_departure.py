"""A finite run beside its flow: closed forms, and the power of the step."""

import numpy as np
import pytest
from departures import RTOL, SCALES, Modified, parabola
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn


def closed_form(h, kappa, steps):
    """Of the parabola, in units of |W0|: run, flow, distance over the flow's path."""
    k = np.arange(steps + 1)
    run, flow = (1 - h * kappa) ** k, np.exp(-kappa * h * k)
    return run, flow, np.abs(run - flow) / (1 - flow[-1])


# Closed forms


@pytest.mark.parametrize("h", [0.02, 0.3, 0.7])
def test_the_parabola_in_closed_form(h):
    """(1 − hκ)^k against e^{−κt}: distance, losses, path lengths of both; beyond 1 it zigzags."""
    kappa, size = 2.0, np.linalg.norm(SCALES)
    d = fn.departure(parabola(h), rtol=RTOL)
    run, flow, relative = closed_form(h, kappa, 30)
    for found, wanted in (
        (d.distance, size * np.abs(run - flow)),
        (d.flow.arc_length, size * (1 - flow)),
        (d.arc_length, size * np.abs(np.diff(run, prepend=1.0)).cumsum()),
        (d.loss, kappa * size**2 / 2 * run**2),
        (d.flow.loss, kappa * size**2 / 2 * flow**2),
        (d.loss_difference, kappa * size**2 / 2 * (run**2 - flow**2)),
        (d.relative, relative),
    ):
        close(found, wanted, kind="solver", scale=max(1.0, np.abs(wanted).max()))
    back = np.diff(run) > 0  # the run goes uphill along its line
    there = flow[:-1] > 1e-6  # later its direction is the flow's error
    close(d.angle[:-1][there], np.where(back, np.pi, 0.0)[there], kind="solver", scale=1e3)
    assert np.isnan(d.angle[-1]) and d.flow.name == "flow" and d["flow"] is d.flow


@pytest.mark.parametrize(
    "potential, W0",
    [
        (fn.Quartic(2, alpha=2.0), [1.0, -0.4]),
        (fn.DoubleWell(2, alpha=2.0), [0.3, -1.6]),
        (fn.UV(2), [1.0, 0.5, -0.3, 0.8]),
    ],
    ids=["quartic", "double well", "UV"],
)
def test_potentials_in_closed_form(potential, W0):
    """Distance from the exact flow, and the path that its dense rows measure."""
    d = fn.departure(fn.train(potential, fn.Aristotle(0.1), W0=W0, steps=25), rtol=RTOL)
    exact = np.array([potential.exact(W0, t) for t in d.time])
    close(d.flow.parameters, exact, kind="solver", scale=1.0)
    close(d.distance, np.linalg.norm(d.run.parameters[:] - exact, axis=1), kind="solver", scale=1.0)
    close(
        d.loss_difference,
        d.run.loss - [potential.value(W) for W in exact],
        kind="solver",
        scale=1.0,
    )
    dense = np.array([potential.exact(W0, t) for t in np.linspace(0, 2.5, 20_001)])
    path = np.linalg.norm(np.diff(dense, axis=0), axis=1).sum()
    assert abs(d.flow.arc_length[-1] - path) < 2e-5 * path


def test_the_bounds_are_broken_where_the_closed_form_breaks_them():
    """Linearly between rows; a bound that holds gives None."""
    h, bounds = 0.05, (0.001, 0.0151, 0.02, 0.2)
    d = fn.departure(parabola(h, kappa=2.0), rtol=RTOL, bounds=bounds[::-1])
    relative = closed_form(h, 2.0, 30)[2]
    assert d.bounds == bounds
    for bound, broken in zip(bounds, d.broken["flow"]):
        beyond = np.flatnonzero(relative > bound)
        if not len(beyond):
            assert broken is None
            continue
        k = beyond[0]
        time = h * (k - 1 + (bound - relative[k - 1]) / (relative[k] - relative[k - 1]))
        assert broken[1] == k and abs(broken[0] - time) < 1e-9
    assert [b is None for b in d.broken["flow"]] == [False, False, False, True]


def test_single_steps_on_the_parabola():
    """e = W(1 − hκ − e^{−hκ}), of which second order is −(hκ)²W/2; the gap is h³‖Hg‖²/6."""
    h, kappa = 0.1, 2.0
    steps = fn.departure(parabola(h), rtol=RTOL).steps
    size = np.linalg.norm(SCALES) * (1 - h * kappa) ** steps.iteration
    x = h * kappa
    for found, wanted in (
        (steps.distance, abs(1 - x - np.exp(-x)) * size),
        (steps.second, x * x / 2 * size),
        (steps.rest, abs(1 - x + x * x / 2 - np.exp(-x)) * size),
        (steps.gap, h**3 * (kappa**2 * size) ** 2 / 6),
        (steps.gap_leading, h**3 * (kappa**2 * size) ** 2 / 6),
    ):
        np.testing.assert_allclose(found, wanted, rtol=1e-7)
    close(steps.angle, np.zeros(len(steps)), kind="solver", scale=1.0)
    close(steps.noise, np.zeros(len(steps)), kind="rounding", scale=1.0)
    assert (steps.step - h < 1e-14).all()


# The power of the step


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("frozen", [False, True])
def test_the_power_of_the_step(small, order, frozen):
    """order + 1 at a fixed time, with a frozen layer too."""
    metric = fn.LayerMetric(small.network, [0.5, np.inf]) if frozen else None
    power = fn.departure_power(
        small,
        small.network.init(3),
        steps=0.02 / 2.0 ** np.arange(4),
        time=1.0,
        metric=metric,
        field=(lambda h: Modified(h, order)) if order else None,
    )
    assert power.used.all() and abs(power.slopes[-1] - (order + 1)) < 0.05, power
    assert abs(power.power - (order + 1)) < max(3 * power.error, 0.1)
    assert (np.diff(power.distance) < 0).all() and "to the power" in str(power)


def test_the_power_of_a_recorded_run(small):
    """Its own step halved three times; errors of the flow do not count."""
    run = fn.train(small, fn.Aristotle(0.05), steps=20, seed=3)
    d = fn.departure(run)
    power = d.power()
    close(power.steps, 0.05 / 2.0 ** np.arange(4))
    assert power.time == 1.0 and abs(power.power - 1) < 0.05
    close(power.distance[0], d.distance[-1], kind="solver", scale=10.0)
    with told_in_one_line("above the error of the flow"):
        d.power(rtol=1e-3)
