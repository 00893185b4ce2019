"""Cases of `same_bits`: single precision and complex numbers."""

import numpy as np
from bits_of import breakdown, flow, here, parts, prefixed, problem, run, train, turns, uniforms

import flownet as fn

CASES = {}

# ---- single precision ----------------------------------------------------------------------------

MECHANICS = {
    "aristotle": fn.Aristotle(0.3),
    "newton": fn.Newton(0.2, temperature=0.01),
    "adam": fn.Adam(0.02),
    "rmsprop": fn.RMSProp(0.01, centered=True, epsilon=0.01),
}


def _single(name, activation, loss):
    potential = problem(activation, loss, dtype="float32")
    net = potential.network
    ran = train(
        potential,
        MECHANICS[name],
        seed=2,
        metric=fn.LayerMetric(net, [2.0, 1.0, 0.5]),
        batch_size=7 if name == "adam" else None,
    )
    return prefixed(run=run(ran), step=breakdown(fn.breakdown(ran, at=3)))


for _i, _name in enumerate(MECHANICS):
    CASES[f"float32 {_name}"] = lambda name=_name, i=_i: _single(
        name, ("sin", "gelu", ["sigmoid", "elu"], "relu")[i], ("quadratic", "cross-entropy")[i % 2]
    )


def _curved_single(activation):
    potential = problem([activation, "softplus"], "cross-entropy", dtype="float32")
    W, V = (uniforms(s, potential.size, low=-0.5, high=0.5).astype("f4") for s in (70, 71))
    return {
        "dL": potential.differential(W)[1],
        "Hv": potential.hessian_action(W, V),
        "third": potential.third_action(W, V),
        "diagonal": potential.hessian_diagonal(W),
    }


for _name in ("tanh", "sin"):
    CASES[f"float32 curvature, {_name}"] = lambda name=_name: _curved_single(name)
CASES["float32 tiny"] = lambda: run(
    train(problem(sizes=(2, 4, 1), m=8, dtype="float32"), fn.Aristotle(0.4))
)

# ---- complex numbers -----------------------------------------------------------------------------

NETWORKS = {
    "split_tanh": {"activation": "split_tanh"},
    "modrelu": {"activation": "modrelu", "output": "abs2", "bias": False, "loss": "cross-entropy"},
    "cardioid": {"activation": "cardioid", "output": "abs2", "loss": "cross-entropy"},
    "tanh": {"activation": "tanh"},
    "modrelu, widely linear": {"activation": "modrelu", "widely_linear": True, "output": "abs2"},
    "zrelu": {"activation": "zrelu", "output": "real"},
    "sin and cayley": {"activation": ["sin", "cayley"], "output": "abs"},
    "split_relu": {"activation": "split_relu"},
}


def complex_problem(name, dtype="complex128", m=24, sizes=(2, 4, 3, 2)):
    """A small complex network's loss."""
    words = dict(NETWORKS[name])
    loss = words.pop("loss", "quadratic")
    net = fn.Network(list(sizes), words.pop("activation"), dtype=dtype, **words)
    x, y = turns(90, m, sizes[0]), turns(92, m, sizes[-1])
    if loss == "cross-entropy":
        y = (np.abs(x.sum(axis=1)) > 0.9).astype(int)
    elif net.reads_out:
        y = np.abs(y)
    return fn.Potential(
        net, fn.CrossEntropy() if loss == "cross-entropy" else fn.Quadratic(), fn.Dataset(x, y)
    )


def _complex(name, dtype="complex128"):
    potential = complex_problem(name, dtype)
    net = potential.network
    ran = train(potential, fn.Aristotle(0.1), seed=2, steps=15)
    W, V = ran.parameters[-1], turns(94, net.size).astype(dtype)
    for layer in net.parts(V):
        if layer.gate is not None:
            layer.gate.imag = 0
    found = {
        "run": run(ran),
        "step": breakdown(fn.breakdown(ran, at=3)),
        "at W": {
            "jet": potential.jet(W, V, 4),
            "dL": potential.differential(W)[1],
            "Hv": potential.hessian_action(W, V),
            "third": potential.third_action(W, V),
            "diagonal": potential.hessian(W).diagonal(),
        },
    }
    return prefixed(**found)


for _name in NETWORKS:
    CASES[f"complex128 {_name}"] = lambda name=_name: _complex(name)
for _name in ("split_tanh", "modrelu", "cardioid", "tanh"):
    CASES[f"complex64 {_name}"] = lambda name=_name: _complex(name, "complex64")

ADAPTIVE = {
    "adam": fn.Adam(0.02),
    "adam, separate": fn.Adam(0.02, moments="separate"),
    "rmsprop": fn.RMSProp(0.01, centered=True, epsilon=0.01),
    "newton": fn.Newton(0.2, temperature=0.01, weight_decay=0.01),
    "thierry-mieg": fn.ThierryMieg(0.01, mass=0.02, memory1=0.8, memory2=0.9),
}


def _adaptive(name):
    potential = complex_problem("modrelu")
    metric = fn.LayerMetric(potential.network, [2.0, 1.0, np.inf])
    return prefixed(
        batches=run(train(potential, ADAPTIVE[name], seed=3, batch_size=10)),
        metric=run(
            train(
                potential + 0.01 * fn.Parabola(potential.size),
                ADAPTIVE[name],
                seed=3,
                metric=metric,
            )
        ),
    )


for _name in ADAPTIVE:
    CASES[f"complex128 mechanics {_name}"] = lambda name=_name: _adaptive(name)
CASES["complex64 adam"] = lambda: run(
    train(complex_problem("cardioid", "complex64"), fn.Adam(0.02), seed=3, batch_size=10)
)
CASES["complex128 tiny"] = lambda: run(
    train(complex_problem("cardioid", m=6, sizes=(2, 3, 2)), fn.Aristotle(0.2))
)


def _apart():
    potential = complex_problem("cardioid")
    b = fn.breakdown(potential, potential.network.init(seed=2), 1.0)
    return prefixed(
        step=breakdown(b),
        parts=parts(b),
        split={
            basis: str(b.split(basis))
            for basis in ("parameters", "eigen", "layers", "neurons", "map")
        },
    )


CASES["complex128 a step"] = _apart


def _flow():
    potential = complex_problem("tanh")
    found = flow(potential, W0=potential.network.init(seed=2), time=3.0, at=[0.0, 1.0, 3.0])
    return {"parameters": (found.parameters[:], "solver"), "step": here(found.step)}


CASES["complex128 flow"] = _flow


def _phases():
    net = fn.Network([2, 3, 2], "sin", bias=False, dtype="complex128")
    potential = fn.Potential(net, fn.Quadratic(), fn.Dataset(turns(90, 24, 2), turns(92, 24, 2)))
    chart = fn.Phases.of(net, modulus=0.8)
    seen = fn.Charted(potential, chart)
    u0 = uniforms(95, seen.size, low=-3.0, high=3.0)
    metric = fn.PulledBack(chart, fn.Euclidean(net.size))
    return prefixed(
        plain=run(train(seen, fn.Aristotle(0.2), W0=u0, steps=15)),
        pulled=run(train(seen, fn.Geodesic(0.2), W0=u0, steps=15, metric=metric)),
    )


CASES["complex128 phases"] = _phases


def _signals():
    antenna = fn.data.load("antenna", limit=40)
    fingerprint = fn.data.load("fingerprint", limit=20)
    return {
        "antenna x": antenna.x,
        "antenna y": antenna.y,
        "fingerprint x": fingerprint.x,
        "fingerprint y": fingerprint.y,
    }


CASES["complex128 signals"] = _signals
