"""Flows are intrinsic, finite steps are not: they part in charts, and geodesic steps do not."""

import numpy as np
import pytest
from settings_of_charts import CHARTS, METRICS, POTENTIAL, W0, D, built, each, metrics, slope, start
from tolerance import close
from twins import uniforms

import flownet as fn
from flownet.motion.flow._geodesic import _integrated


@each
@metrics
def test_flows_coincide_in_all_charts(chart, metric):
    """Ẇ = −g^♯dL is one curve: W(u(t)) is the flow of W."""
    seen, u0 = start(chart)
    words = dict(time=1.0, at=[0.5, 1.0], rtol=1e-9, atol=1e-11)
    there = fn.flow(seen, W0=u0, metric=fn.PulledBack(chart, metric), **words)
    here = fn.flow(POTENTIAL, W0=seen.to_W(u0), metric=metric, **words)
    np.testing.assert_allclose(
        seen.to_W(there.parameters[:]), here.parameters[:], rtol=0, atol=1e-8
    )
    assert np.abs(here.parameters[1] - here.parameters[0]).max() > 0.05


def apart(seen, metric, u0, mechanics):
    """Distance of one finite step in a chart to that of W."""
    run = fn.train(seen, mechanics, W0=u0, steps=1, metric=fn.PulledBack(seen.chart, metric))
    W, (_, dL) = seen.to_W(u0), seen.potential.differential(seen.to_W(u0))
    return np.linalg.norm(seen.to_W(run.parameters[1]) - W + run.step[0] * metric.sharp(dL))


@pytest.mark.parametrize("name", ["sinh", "weight normalisation", "own"])
@metrics
def test_finite_steps_part_and_geodesic_steps_do_not(name, metric):
    """From the step of W: plain h², the corrected one h³, the geodesic not at all."""
    seen, u0 = start(CHARTS[name])
    steps = np.geomspace(0.01, 0.05, 4)
    slope([apart(seen, metric, u0, fn.Aristotle(h)) for h in steps], steps, 2)
    slope([apart(seen, metric, u0, fn.Geodesic(h, 2)) for h in steps], steps, 3)
    if name != "own":
        assert max(apart(seen, metric, u0, fn.Geodesic(h)) for h in steps) < 1e-14


def test_the_coefficient_is_that_of_christoffel():
    """sinh: u + hV − arsinh(W + hW′V) = ½h²Γ(V,V) + O(h³), Γ = tanh u."""
    seen, u0 = start(fn.Sinh())
    metric = fn.PulledBack(fn.Sinh(), fn.Euclidean(D))
    V, steps = -metric.seen_at(u0).sharp(seen.differential(u0)[1]), np.geomspace(0.01, 0.05, 4)
    rest = []
    for h in steps:
        plain, geodesic = (
            fn.train(seen, kind(h), W0=u0, steps=1, metric=metric).parameters[1]
            for kind in (fn.Aristotle, fn.Geodesic)
        )
        close(fn.geodesic(metric, u0, h * V), geodesic, kind="rounding")
        rest.append(np.linalg.norm(plain - geodesic - h**2 / 2 * np.tanh(u0) * V**2))
    slope(rest, steps, 3)


@metrics
def test_other_units_give_the_same_finite_steps(metric):
    """W = factors·u: whole runs agree to rounding, plain and geodesic."""
    seen, u0 = start(CHARTS["rescaling"])
    there = fn.PulledBack(seen.chart, metric)
    here = fn.train(POTENTIAL, fn.Aristotle(0.2), W0=W0, steps=30, metric=metric)
    for mechanics in (fn.Aristotle(0.2), fn.Geodesic(0.2)):
        run = fn.train(seen, mechanics, W0=u0, steps=30, metric=there)
        close(seen.to_W(run.parameters[:]), here.parameters[:])
        close(run.loss, here.loss)


@built
def test_a_run_of_geodesic_steps_is_the_run_of_W(chart):
    """Thirty steps, mini-batches and all, by a chart's inverse."""
    seen, u0 = start(chart)
    words = dict(steps=30, batch_size=4, seed=3)
    here = fn.train(POTENTIAL, fn.Aristotle(0.2), W0=W0, **words)
    there = fn.train(
        seen, fn.Geodesic(0.2), W0=u0, metric=fn.PulledBack(chart, fn.Euclidean(D)), **words
    )
    close(seen.to_W(there.parameters[:]), here.parameters[:])
    close(there.loss, here.loss)


@each
def test_geodesics_by_their_equation(chart):
    """ü + Γ(u̇, u̇) = 0 integrated: a straight line of W, at constant speed."""
    seen, u0 = start(chart)
    metric, v = fn.PulledBack(chart, fn.Euclidean(D)), 0.2 * uniforms(15, u0.size)
    W, V = seen.to_W(u0), chart.pushforward(u0, v)
    np.testing.assert_allclose(
        chart.to_W(_integrated(metric, u0, v, 1e-10)), W + V, rtol=0, atol=1e-8
    )
    close(chart.to_W(fn.geodesic(metric, u0, v)), W + V, kind="solver")


def test_a_constant_metric_has_straight_geodesics():
    """There a geodesic step is the plain one, bit for bit."""
    words = dict(W0=W0, steps=5, metric=METRICS["layers"])
    np.testing.assert_array_equal(
        fn.train(POTENTIAL, fn.Geodesic(0.2), **words).parameters[:],
        fn.train(POTENTIAL, fn.Aristotle(0.2), **words).parameters[:],
    )
