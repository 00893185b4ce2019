"""What works on runs in a chart: what measures them, the path of W, files, runs that diverge."""

import numpy as np
import pytest
from settings_of_charts import BUILT, CHARTS, DATA, METRICS, NET, POTENTIAL, W0, D, start
from tolerance import close

import flownet as fn
from flownet._errors import FlownetError


def test_what_measures_runs_measures_them_in_a_chart():
    """breakdown, sharpness, departure, eigenpairs, and sums with a potential of u."""
    seen, u0 = start(fn.Sinh())
    metric = fn.PulledBack(fn.Sinh(), fn.Euclidean(D))
    H = seen.hessian(u0).action(np.eye(D))
    close(fn.sharpness(seen, u0), np.linalg.eigvalsh(H)[-1], kind="solver", scale=100)
    root = 1 / np.cosh(u0)
    close(
        fn.sharpness(seen, u0, metric=metric),
        np.linalg.eigvalsh(root[:, None] * H * root)[-1],
        kind="solver",
        scale=100,
    )
    run = fn.train(
        seen + 0.01 * fn.Parabola(D),
        fn.Aristotle(0.2),
        W0=u0,
        steps=6,
        metric=metric,
        observe={"sharpness": (3, lambda s: fn.sharpness(s.potential, s.W))},
    )
    b = fn.breakdown(run, at=2)
    close(b.linear + b.second + b.third + b.remainder, b.actual, kind="rounding")
    assert abs(b.remainder) < 0.05 * abs(b.third) + 0.01 * abs(b.second) and "delivered" in str(b)
    close(b.second_self + b.second_pairs, b.second, kind="rounding")
    assert "verdict" in str(fn.departure(fn.train(seen, fn.Aristotle(0.2), W0=u0, steps=4)))
    assert fn.train(seen, fn.RungeKutta(), W0=u0, steps=4, metric=metric).loss[-1] < run.loss[0]


@pytest.mark.parametrize("name", ["sinh", "weight normalisation"])
def test_a_run_of_a_chart_as_the_path_of_W(name, tmp_path):
    """Rows W(u), the rest as it was; departure in the metric of W, of geodesic steps that of W's.

    Plain steps leave the flow by −½h²Γ(V,V) besides: W″(V,V) in W, the first part of their error.
    """
    seen, u0 = start(CHARTS[name])
    metric, h = fn.PulledBack(seen.chart, METRICS["diagonal"]), 0.05
    words = dict(steps=4, batch_size=5, seed=1)
    here = fn.train(POTENTIAL, fn.Aristotle(h), W0=W0, metric=METRICS["diagonal"], **words)
    there = fn.train(seen, fn.Geodesic(h), W0=u0, metric=metric, store=tmp_path / "a.h5", **words)
    back = fn.in_W(there)
    np.testing.assert_array_equal(back.parameters[:], seen.to_W(there.parameters[:]))
    for of in ("iteration", "time", "loss", "step"):
        np.testing.assert_array_equal(getattr(back, of), getattr(there, of))
    assert back.finished and back.metric is METRICS["diagonal"] and back.potential is POTENTIAL
    found, wanted = fn.departure(back), fn.departure(here)
    for column in ("distance", "second", "noise", "gap"):
        close(getattr(found.steps, column), getattr(wanted.steps, column), kind="solver")
    close(fn.breakdown(back, at=2).terms, fn.breakdown(here, at=2).terms)
    plain = fn.train(seen, fn.Aristotle(h), W0=u0, metric=metric, steps=3)
    whole = fn.departure(fn.in_W(plain))
    found = whole.steps
    assert "the bend of its chart" in str(whole) and "of it mini-batches" in str(wanted)
    for k in range(3):
        u = plain.parameters[k]
        V = h * metric.seen_at(u).sharp(seen.differential(u)[1])
        bend = 2 * seen.chart.series(u, V, 2)[2]
        close(
            found.noise[k],
            np.sqrt(METRICS["diagonal"].norm2(bend)) / 2,
            kind="order",
            scale=(found.noise[k]),
        )
    flow = fn.in_W(fn.flow(seen, W0=u0, time=0.3, metric=metric))
    assert flow.is_flow and flow.parameters.shape[1] == D


def test_lengths_and_speeds_in_a_chart():
    """Speed is that of the flow of W; path lengths are those of the path of W."""
    seen, u0 = start(fn.Sinh())
    metric = fn.PulledBack(seen.chart, METRICS["layers"])
    run = fn.train(
        seen,
        fn.Geodesic(0.1),
        W0=u0,
        steps=3,
        metric=metric,
        observe={"speed": (1, fn.Speed(seen, metric))},
    )
    here = fn.train(
        POTENTIAL,
        fn.Aristotle(0.1),
        W0=W0,
        steps=3,
        metric=METRICS["layers"],
        observe={"speed": (1, fn.Speed(POTENTIAL, METRICS["layers"]))},
    )
    close(run.observables["speed"].value, here.observables["speed"].value)
    close(fn.path_length(fn.in_W(run)).value, fn.path_length(here).value)
    with pytest.raises(FlownetError, match=r"flownet.in_W\(run\) the path of W"):
        fn.path_length(run)


def test_in_single_precision():
    """A run of a float32 network, broken down in float64."""
    net = NET.with_dtype("float32")
    seen = fn.Charted(fn.Potential(net, fn.Quadratic(), DATA), fn.WeightNormalisation(net))
    metric = fn.PulledBack(seen.chart, fn.Euclidean(D))
    run = fn.train(seen, fn.Geodesic(0.2), W0=seen.init(0), steps=5, metric=metric)
    assert run.parameters.dtype == seen.dtype == np.float32 and run.loss[-1] < run.loss[0]
    b = fn.breakdown(run, at=1)
    assert b.taken.potential.dtype == np.float64 and abs(b.remainder) < 0.1 * abs(b.second)


@pytest.mark.parametrize("name", BUILT)
def test_a_run_in_a_chart_goes_on_from_its_file(name, tmp_path):
    """Bit for bit; chart, metric and mechanics come back with it."""
    seen, u0 = start(CHARTS[name])
    words = dict(
        W0=u0, metric=fn.PulledBack(seen.chart, METRICS["layers"]), observe={"again": (2, seen)}
    )
    fn.train(seen, fn.Geodesic(0.2), steps=4, store=tmp_path / "a.h5", **words).close()
    whole = fn.train(seen, fn.Geodesic(0.2), steps=9, **words)
    again = fn.resume(tmp_path / "a.h5", steps=9)
    np.testing.assert_array_equal(again.parameters[:], whole.parameters[:])
    np.testing.assert_array_equal(again.observables["again"].value, whole.loss[[0, 2, 4, 6, 8, 9]])
    assert repr(again.potential.chart) == repr(seen.chart) and again.mechanics.order == "exact"
    assert again.metric.metric.stiffness.tolist() == [2.0, 0.5]
    back = fn.in_W(again)
    np.testing.assert_array_equal(back.parameters[-1], seen.to_W(whole.parameters[-1]))


def test_a_chart_of_ones_own_is_a_program(tmp_path):
    """No file can say it: its potential is passed on."""
    seen, u0 = start(CHARTS["own"])
    words = dict(W0=u0, metric=fn.PulledBack(seen.chart, fn.Euclidean(D)))
    fn.train(seen, fn.Geodesic(0.2, 2), steps=4, store=tmp_path / "a.h5", **words).close()
    with pytest.raises(FlownetError, match="a program of its own"):
        fn.resume(tmp_path / "a.h5", steps=9)
    np.testing.assert_array_equal(
        fn.resume(tmp_path / "a.h5", steps=9, potential=seen).parameters[:],
        fn.train(seen, fn.Geodesic(0.2, 2), steps=9, **words).parameters[:],
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "mechanics", [fn.Aristotle(5.0), fn.Geodesic(5.0), fn.Geodesic(5.0, 2)], ids=repr
)
def test_a_run_that_diverges_is_a_result(mechanics):
    """Up to its last finite row, without a word."""
    seen = fn.Charted(fn.Quartic(3), fn.Sinh())
    run = fn.train(
        seen,
        mechanics,
        W0=[1.0, 2.0, 3.0],
        steps=50,
        metric=fn.PulledBack(fn.Sinh(), fn.Euclidean(3)),
    )
    assert run.diverged_at is not None and np.isfinite(run.parameters[:]).all()
