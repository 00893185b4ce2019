"""Cases of `same_bits`: runs of every activation, mechanics, policy, metric, chart and batch."""

import numpy as np
from bits_of import breakdown, dataset, parts, positive, prefixed, problem, run, train, uniforms

import flownet as fn

INF = np.inf
CASES = {}


# ---- activations ---------------------------------------------------------------------------------


def _activation(name, loss):
    potential = problem(name, loss)
    found = train(potential, fn.Aristotle(0.3), seed=2)
    b = fn.breakdown(found, at=3)
    return prefixed(run=run(found), step=breakdown(b), parts=parts(b))


for _i, _name in enumerate(fn.ACTIVATIONS):
    _loss = ("quadratic", "cross-entropy")[_i % 2]
    CASES[f"activation {_name}, {_loss}"] = lambda name=_name, loss=_loss: _activation(name, loss)
CASES["activation tanh, tiny"] = lambda: run(
    train(problem("tanh", sizes=(2, 4, 1), m=8), fn.Aristotle(0.4))
)
CASES["activation sin, tiny"] = lambda: run(train(problem(sizes=(2, 4, 1), m=8), fn.Aristotle(0.4)))
CASES["activation mixed, output sigmoid, no bias"] = lambda: run(
    train(problem(["sigmoid", "relu"], output="sigmoid", bias=False), fn.Aristotle(0.5))
)
CASES["activation sin, output softplus"] = lambda: run(
    train(problem("sin", output="softplus"), fn.Aristotle(0.2))
)


# ---- mechanics -----------------------------------------------------------------------------------

MECHANICS = {
    "aristotle, decay": fn.Aristotle(0.2, weight_decay=0.02),
    "newton": fn.Newton(0.2, mass=0.8, friction=0.7),
    "newton, leapfrog": fn.Newton(0.2, friction=0.1, integrator="leapfrog"),
    "newton, explicit": fn.Newton(0.2, mass=1.5, integrator="explicit", weight_decay=0.01),
    "newton, heated": fn.Newton(0.1, temperature=0.01),
    "newton, leapfrog, heated": fn.Newton(0.1, integrator="leapfrog", temperature=0.02),
    "newton, as momentum": fn.Newton.from_momentum(0.05, 0.9, weight_decay=0.01),
    "nesterov": fn.Nesterov(0.05, 0.8, weight_decay=0.01),
    "rmsprop": fn.RMSProp(0.01, memory=0.9),
    "rmsprop, centered": fn.RMSProp(0.01, memory=0.9, epsilon=0.01, centered=True),
    "rmsprop, momentum": fn.RMSProp(
        0.005, memory=0.9, centered=True, epsilon=0.1, momentum=0.7, weight_decay=0.02
    ),
    "adam": fn.Adam(0.02, memory1=0.8, memory2=0.99),
    "adam, decay": fn.Adam(0.02, epsilon=1e-3, weight_decay=0.05),
    "adamw": fn.AdamW(0.02, weight_decay=0.1),
    "thierry-mieg, newton": fn.ThierryMieg(0.2, mass=0.8, friction=0.7),
    "thierry-mieg, aristotle": fn.ThierryMieg(0.2, mass=0.0),
    "thierry-mieg, adam with inertia": fn.ThierryMieg(0.01, mass=0.02, memory1=0.8, memory2=0.9),
    "thierry-mieg, centered": fn.ThierryMieg(
        0.01,
        mass=0.0,
        memory1=0.5,
        memory2=0.9,
        corrected=False,
        centered=True,
        epsilon=0.01,
        weight_decay=0.01,
    ),
    "langevin": fn.Langevin(0.05, temperature=0.01, weight_decay=0.1),
    "runge-kutta": fn.RungeKutta(1e-3),
}


def _observed(potential):
    return {
        "whole": (10, potential),
        "speed": (7, fn.Speed(potential)),
        "ds": (1, fn.StepSpeed()),
        "length": (5, fn.PathLength()),
    }


def _mechanics(name):
    potential = problem(loss="cross-entropy")
    return run(train(potential, MECHANICS[name], seed=3, observe=_observed(potential)))


for _name in MECHANICS:
    CASES[f"mechanics {_name}"] = lambda name=_name: _mechanics(name)


def _energies():
    potential = problem()
    seen = {part: (1, fn.Energy(potential, part)) for part in ("total", "kinetic")}
    seen |= {"shadow": (1, fn.ShadowEnergy(potential)), "sharpness": (15, fn.Sharpness(potential))}
    found = run(train(potential, fn.Newton(0.1, friction=0.0, integrator="leapfrog"), observe=seen))
    found["observables/sharpness"] = found["observables/sharpness"], "solver"
    return found


CASES["observables of a leapfrog"] = _energies


def _adaptive_metric():
    potential = problem()
    adam = train(potential, fn.Adam(0.02), seed=1)
    b = fn.breakdown(adam, at=20, metric=fn.adaptive_metric(adam))
    force = fn.rolling_force(adam, memory=0.8, every=10, progress=False)
    return prefixed(
        step=breakdown(b),
        metric={
            "stiffness": fn.adaptive_metric(adam, at=25).own,
            "sharpness": (
                fn.sharpness(adam, every=15, metric=fn.adaptive_metric(adam), progress=False).value,
                "solver",
            ),
            "force": np.array([force.force2, force.mean2, force.product, force.fluctuation2]),
            "text": str(force),
        },
    )


CASES["adam's metric and rolling force"] = _adaptive_metric


# ---- steps, batches ------------------------------------------------------------------------------

POLICIES = {
    "linear": "linear:0.1",
    "linear, bounded": "linear:0.3:0.2",
    "loss": "loss",
    "warmup": "warmup:0.5:20",
    "cosine": "cosine:0.5:25:0.01",
}
for _name, _text in POLICIES.items():
    CASES[f"steps {_name}"] = lambda text=_text: run(train(problem(), fn.Aristotle(text), seed=4))
CASES["steps cosine, of adam, batches"] = lambda: run(
    train(problem(), fn.Adam("cosine:0.05:40"), seed=4, batch_size=7)
)


def _batches():
    potential = problem("gelu", "cross-entropy")
    found = train(
        potential + 0.01 * fn.Parabola(potential.size),
        fn.Aristotle(0.2),
        seed=5,
        batch_size=7,
        record_every=3,
        observe={"whole": (10, potential), "right": (10, fn.Accuracy(potential))},
    )
    return run(found)


CASES["batches, with a parabola"] = _batches
CASES["batches of newton"] = lambda: run(train(problem(), fn.Newton(0.2), batch_size=16, seed=9))


def _states():
    states = list(fn.states(problem("gelu"), fn.Newton(0.3), steps=12, seed=6, batch_size=10))
    return {
        "time": np.array([s.time for s in states]),
        "loss": np.array([s.loss for s in states]),
        "W": states[-1].W,
    }


CASES["states one by one"] = _states


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


# ---- analytic potentials -------------------------------------------------------------------------

ANALYTIC = {
    "quartic": fn.Quartic(3, alpha=0.8),
    "double well": fn.DoubleWell(4, alpha=1.3, c=1.1),
    "uv": fn.UV(2),
    "sum": fn.Quartic(3) + 0.5 * fn.Parabola(3, strength=1.7),
}


def _analytic(name):
    potential = ANALYTIC[name]
    W0 = np.linspace(-1.3, 0.9, potential.size) + 0.05
    found = train(potential, fn.Aristotle(0.1), W0=W0)
    moved = train(potential, fn.Newton(0.1, integrator="leapfrog"), W0=W0)
    b = fn.breakdown(found, at=1)
    return prefixed(
        run=run(found),
        newton=run(moved),
        step=breakdown(b),
        jet={"c": potential.jet(W0, np.ones(len(W0)), 4)},
    )


for _name in ANALYTIC:
    CASES[f"analytic {_name}"] = lambda name=_name: _analytic(name)


# ---- larger networks -----------------------------------------------------------------------------


def _digits(sizes, m, activation):
    return fn.Potential(
        fn.Network(sizes, activation), fn.CrossEntropy(), fn.data.load("digits", limit=m)
    )


#: runs that are worth two threads; a case takes one, and `test_same_bits` compares it with two
THREADED = {
    "digits 64-64-32-10": lambda threads: run(
        train(_digits([64, 64, 32, 10], 600, "relu"), fn.Aristotle(0.3), steps=6, threads=threads)
    ),
    "digits 64-64-32-10, batches": lambda threads: run(
        train(
            _digits([64, 64, 32, 10], 700, "gelu"),
            fn.Aristotle(0.3),
            steps=6,
            batch_size=300,
            threads=threads,
        )
    ),
}
for _name, _run in THREADED.items():
    CASES[_name] = lambda run=_run: run(1)
for _name in ("tanh", "gelu"):
    CASES[f"digits 64-32-10, {_name}"] = lambda name=_name: run(
        train(_digits([64, 32, 10], 300, name), fn.Aristotle(0.3), steps=12, record_every=3)
    )
CASES["iris"] = lambda: run(
    train(
        fn.Potential(fn.Network([4, 8, 3], "gelu"), fn.CrossEntropy(), fn.data.load("iris")),
        fn.Newton(0.2),
    )
)


def _pretrained():
    made = fn.pretrain(
        fn.Network([3, 6, 4, 3], "gelu"),
        dataset(),
        fn.Adam(0.05),
        steps=12,
        seed=2,
        batch_size=8,
        progress=False,
    )
    return {"W0": made.W0, "losses": np.array([r.loss for r in made.runs])}


CASES["pretraining"] = _pretrained
