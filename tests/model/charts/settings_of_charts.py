"""One potential, a chart and a metric of each kind, a point of each chart, and slopes of errors."""

import numpy as np
import pytest
from tolerance import has_order
from twins import uniforms

import flownet as fn

NET = fn.Network([3, 5, 2], "tanh")  # 20 and 12 parameters
D = NET.size
DATA = fn.Dataset(uniforms(1, 9, 3), uniforms(2, 9, 2))
POTENTIAL = fn.Potential(NET, fn.Quadratic(), DATA)
W0 = uniforms(3, D)


def cubic(**words):
    """W = u + u³ by functions of its own."""
    own = dict(
        to_W=lambda u: u + u**3,
        pushforward=lambda u, v: (1 + 3 * u**2) * v,
        pullback=lambda u, p: (1 + 3 * u**2) * p,
        second=lambda u, v: 6 * u * v**2,
        second_pullback=lambda u, v, p: 6 * u * v * p,
        third=lambda u, v: 6 * v**3,
        third_pullback=lambda u, v, p: 6 * v**2 * p,
        lift=lambda u, V: V / (1 + 3 * u**2),
        drop=lambda u, p: p / (1 + 3 * u**2),
        size=D,
        name="cubic",
    )
    return fn.Chart(**{**own, **words})


CHARTS = {
    "sinh": fn.Sinh(),
    "rescaling": fn.Rescaling(uniforms(4, D, low=0.5, high=2)),
    "weight normalisation": fn.WeightNormalisation(NET),
    "own": cubic(),
}
BUILT = {name: CHARTS[name] for name in list(CHARTS)[:3]}
each = pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
built = pytest.mark.parametrize("chart", BUILT.values(), ids=BUILT)
METRICS = {
    "plain": fn.Euclidean(D),
    "layers": fn.LayerMetric(NET, [2.0, 0.5]),
    "frozen": fn.LayerMetric(NET, [np.inf, 0.5]),
    "diagonal": fn.DiagonalMetric(uniforms(5, D, low=0.3, high=3)),
}
metrics = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)


def point(chart):
    """Coordinates u and a displacement v (D_u,), where ‖v‖ of a unit is not its length g."""
    size = chart.size or D
    u = uniforms(6, size)
    if chart is not CHARTS["own"]:
        u = chart.to_u(W0) * uniforms(7, size, low=0.7, high=1.4)
    return u, uniforms(8, size, low=-0.5, high=0.5)


def slope(values, steps, order):
    has_order(np.array(values), np.array(steps), order)


def start(chart):
    seen = fn.Charted(POTENTIAL, chart)
    return seen, (uniforms(6, D, low=-0.7, high=0.7) if chart is CHARTS["own"] else seen.to_u(W0))
