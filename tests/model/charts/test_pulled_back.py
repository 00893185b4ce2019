"""The metric seen in a chart: up and down, its root, and its Christoffel symbols."""

import numpy as np
import pytest
from settings_of_charts import CHARTS, METRICS, POTENTIAL, W0, D, each, metrics, point
from tolerance import close
from twins import uniforms

import flownet as fn
from flownet._errors import FlownetError


@each
@metrics
def test_the_metric_seen_in_a_chart(chart, metric):
    """g̃(v, v) = g(W′v, W′v), and W′g̃^♯W′ᵀ = g^♯: the index goes up there as in W."""
    u, v = point(chart)
    here = fn.PulledBack(chart, metric).seen_at(u)
    p = uniforms(13, D)
    close(
        chart.pushforward(u, here.sharp(chart.pullback(u, p))),
        metric.sharp(p),
        kind="rounding",
        scale=10,
    )
    if metric is not METRICS["frozen"]:
        close(here.norm2(v), metric.norm2(chart.pushforward(u, v)), kind="rounding", scale=100)
        close(here.flat(v) @ v, here.norm2(v), kind="rounding", scale=100)
        covector = here.flat(v)
        close(here.flat(here.sharp(covector)), covector, kind="rounding", scale=100)


def test_what_does_not_move_costs_nothing():
    """Weight normalisation: the length of v has no length, and sharp gives it no direction."""
    chart = CHARTS["weight normalisation"]
    u, _ = point(chart)
    metric, radial = fn.PulledBack(chart, fn.Euclidean(D)).seen_at(u), np.zeros(chart.size)
    for (v, _, _), (along, _, _) in zip(chart.unpack(u), chart.unpack(radial)):
        along[:] = v
    assert metric.norm2(radial) < 1e-28
    V = metric.sharp(uniforms(14, chart.size))
    for (v, _, _), (dv, _, _) in zip(chart.unpack(u), chart.unpack(V)):
        close(np.sum(v * dv, axis=-1), np.zeros(len(v)), kind="rounding", scale=10)


@pytest.mark.parametrize("name", ["plain", "layers", "frozen"])
def test_orthonormal_coordinates_of_weight_normalisation(name):
    """x = g̃^{1/2}V: x·x = g̃(V, V), the root of the inverse is symmetric and squares to sharp; and
    sharpness is that of g̃^{−1/2}H̃g̃^{−1/2}."""
    chart, metric = CHARTS["weight normalisation"], METRICS[name]
    u, v = point(chart)
    seen, there = fn.Charted(POTENTIAL, chart), fn.PulledBack(chart, metric)
    here = there.seen_at(u)
    v, dL = np.where(here.free, v, 0), uniforms(26, u.size)
    x = here.coordinates(v)
    close(x @ x, here.norm2(v), kind="rounding", scale=10)
    close(here.coordinates(here.displacement(x)), x, kind="rounding", scale=10)
    close(here.displacement(here.displacement(dL)), here.sharp(dL), kind="rounding", scale=10)
    root = np.array([here.displacement(e) for e in np.eye(u.size)])
    close(root, root.T, kind="rounding")
    H = seen.hessian(u).action(np.eye(u.size))
    close(
        fn.sharpness(seen, u, metric=there),
        np.linalg.eigvalsh(root @ H @ root)[-1],
        kind="solver",
        scale=10,
    )
    b = fn.breakdown(seen, u, 0.1, metric=there)
    close(b.split("eigen").second, b.second, kind="rounding", scale=10)


def test_weights_of_a_unit_that_differ_in_stiffness():
    """There the metric goes up and down all the same, but has no root."""
    chart = CHARTS["weight normalisation"]
    u, v = point(chart)
    here = fn.PulledBack(chart, METRICS["diagonal"]).seen_at(u)
    with pytest.raises(FlownetError, match="differ in their stiffness"):
        here.coordinates(v)
    with pytest.raises(FlownetError, match="no orthonormal coordinates"):
        fn.PulledBack(CHARTS["own"], fn.Euclidean(D)).seen_at(W0).displacement(W0)


def test_christoffel_of_sinh():
    """Γ(v, v) = tanh(u)·v², whatever the diagonal metric of W; 0 for other units."""
    u, v = point(fn.Sinh())
    for metric in (METRICS["plain"], METRICS["diagonal"]):
        close(
            fn.PulledBack(fn.Sinh(), metric).christoffel(u, v), np.tanh(u) * v**2, kind="rounding"
        )
    assert not fn.PulledBack(CHARTS["rescaling"], fn.Euclidean(D)).christoffel(u, v).any()
