"""Cases of `same_bits`: runs of every metric and chart, and losses with metrics of their own."""

import numpy as np
from bits_of import breakdown, positive, prefixed, problem, run, train, uniforms

import flownet as fn

INF = np.inf
CASES = {}


# ---- metrics -------------------------------------------------------------------------------------

NET = fn.Network([3, 4, 4, 4, 3])  # layers of 16, 20, 20 and 15 parameters
COUPLING = [
    [2.0, 0.0, 0.0, 0.0],
    [0.0, 1.0, -0.6, 0.0],
    [0.0, -0.6, 2.0, 0.0],
    [0.0, 0.0, 0.0, 0.5],
]


def _diagonal():
    g = uniforms(42, NET.size, low=0.3, high=3.0)
    g[::7] = INF
    return fn.DiagonalMetric(g)


METRICS = {
    "layers": lambda: fn.LayerMetric(NET, [2.0, 1.0, 0.5, 4.0]),
    "layers, frozen": lambda: fn.LayerMetric(NET, [INF, 1.0, 0.5, INF]),
    "layers by width": lambda: fn.LayerMetric.from_width(NET),
    "groups": lambda: fn.GroupMetric(
        NET,
        [[1.0, 2.0, 4.0, INF], 3.0, [1.0, 1.0, 5.0, 0.5], 1.0],
        groups={
            "blind": {"stiffness": INF, "layer": 1, "inputs": [0, 2]},
            "some": {"stiffness": 7.0, "where": [57, 60, 65]},
        },
    ),
    "diagonal": _diagonal,
    "coupled": lambda: fn.CoupledMetric(NET, COUPLING),
    "timed": lambda: fn.TimedMetric(
        [0.0, 0.9, 2.35], [METRICS[name]() for name in ("layers, frozen", "coupled", "groups")]
    ),
}


def _metric(name):
    metric = METRICS[name]()
    potential = problem(loss="cross-entropy", sizes=NET.sizes)
    found = train(
        potential,
        fn.Aristotle(0.2),
        metric=metric,
        seed=7,
        observe={"length": (5, fn.PathLength()), "speed": (5, fn.Speed(potential))},
    )
    then = fn.breakdown(found, at=5)
    return prefixed(
        run=run(found),
        step=breakdown(then),
        adam=run(train(potential, fn.Adam(0.02), metric=metric, seed=7, steps=10)),
    )


for _name in METRICS:
    CASES[f"metric {_name}"] = lambda name=_name: _metric(name)


def _loss_metrics(loss, sample, **words):
    words |= {
        "output_metric": positive(60, 3) if loss == "quadratic" else [1.0, 2.0, 0.5],
        "sample_metric": sample,
    }
    potential = problem("softplus" if loss == "quadratic" else "gelu", loss, words=words)
    found = train(potential, fn.Aristotle(0.2), seed=8)
    return prefixed(run=run(found), step=breakdown(fn.breakdown(found, at=2)))


CASES["quadratic with metrics"] = lambda: _loss_metrics(
    "quadratic", uniforms(61, 24, low=0.5, high=1.5)
)
CASES["quadratic with coupled samples"] = lambda: _loss_metrics("quadratic", positive(62, 24))
CASES["cross-entropy with metrics"] = lambda: _loss_metrics(
    "cross-entropy", uniforms(63, 24, low=0.5, high=1.5), temperature=0.7
)
CASES["cross-entropy with coupled samples"] = lambda: _loss_metrics(
    "cross-entropy", np.abs(positive(64, 24)), temperature=1.3
)


# ---- charts --------------------------------------------------------------------------------------

CHARTS = {
    "sinh": lambda net: fn.Sinh(0.3),
    "weights": fn.WeightNormalisation,
    "rescaling": lambda net: fn.Rescaling(uniforms(4, net.size, low=0.5, high=2.0)),
}


def _chart(name):
    potential = problem()
    net = potential.network
    chart = CHARTS[name](net)
    seen = fn.Charted(potential, chart)
    metric = fn.PulledBack(chart, fn.LayerMetric(net, [1.0, 2.0, 0.5]))
    u0 = seen.to_u(net.init(seed=3))
    found = {"plain": run(train(seen, fn.Aristotle(0.1), W0=u0, steps=15))}
    for key, mechanics in (
        ("pulled", fn.Aristotle(0.1)),
        ("second", fn.Geodesic(0.1, order=2)),
        ("geodesic", fn.Geodesic(0.1)),
    ):
        found[key] = run(train(seen, mechanics, W0=u0, steps=15, metric=metric))
    v = uniforms(17, u0.size)
    found["at u"] = {
        "jet": seen.jet(u0, v, 3),
        "Hv": seen.hessian(u0) @ v,
        "Γ": metric.christoffel(u0, v),
        "W": seen.to_W(u0 + 0.1 * v),
        "g♯": metric.seen_at(u0).sharp(v),
    }
    b = fn.breakdown(seen, u0, 0.2, metric=metric)
    return prefixed(**found, step=breakdown(b))


for _name in CHARTS:
    CASES[f"chart {_name}"] = lambda name=_name: _chart(name)
