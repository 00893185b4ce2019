"""Cases of `same_bits`: curvature and what belongs to it, and steps taken apart."""

import numpy as np
from bits_of import (
    breakdown,
    dataset,
    here,
    parts,
    positive,
    prefixed,
    problem,
    rough,
    train,
    uniforms,
)

import flownet as fn

CASES = {}


def case(name):
    """Decorator: a function without arguments is the case `name`."""

    def add(function):
        CASES[name] = function
        return function

    return add


# ---- curvature -----------------------------------------------------------------------------------

CURVED = {
    "tanh": lambda: problem("tanh", "cross-entropy"),
    "sin": problem,
    "gelu, metrics": lambda: problem(
        "gelu",
        words={
            "output_metric": positive(60, 3),
            "sample_metric": uniforms(61, 24, low=0.5, high=1.5),
        },
    ),
    "sigmoid, metrics": lambda: problem(
        "sigmoid",
        words={
            "output_metric": positive(60, 3),
            "sample_metric": uniforms(61, 24, low=0.5, high=1.5),
        },
    ),
    "elu and gelu": lambda: problem(["elu", "gelu"], output="sin"),
    "relu": lambda: problem("relu", "cross-entropy", bias=False),
    "softplus and sin": lambda: problem(["softplus", "sin"], "cross-entropy"),
    "leaky relu, decay": lambda: problem("leaky_relu") + 0.1 * fn.Parabola(67),
    "wide": lambda: fn.Potential(
        fn.Network([64, 32, 10], "gelu"), fn.CrossEntropy(), fn.data.load("digits", limit=100)
    ),
}


def _curved(name):
    potential = CURVED[name]()
    W, V = (uniforms(seed, potential.size, low=-0.5, high=0.5) for seed in (70, 71))
    H = potential.hessian(W)
    first, second, third = H.diagonals(V)
    loss, dL = potential.differential(W)
    return {
        "loss": np.array([loss, potential.value(W), potential.difference(W, V)]),
        "dL": dL,
        "jet": potential.jet(W, V, 4),
        "Hv": H @ V,
        "Hv again": potential.hessian_action(W, V),
        "HV": H @ uniforms(72, potential.size, 3),
        "third": potential.third_action(W, V),
        "diagonal": H.diagonal(),
        "diagonals": np.array([first, second, third]),
    }


for _name in CURVED:
    CASES[f"curvature {_name}"] = lambda name=_name: _curved(name)


@case("maps")
def _maps():
    net, x = fn.Network([3, 6, 4, 3], ["sin", "gelu"]), uniforms(73, 20, 3)
    W, V = net.init(seed=1), uniforms(74, net.size)
    potential = fn.Potential(net, fn.Quadratic(), dataset())
    return {
        "forward": net.forward(W, x),
        "pushforward": net.pushforward(W, x, V),
        "pullback": net.pullback(W, x, uniforms(75, 20, 3)),
        "init": net.init(5, scale=0.7),
        "losses": potential.sample_losses(W),
        "jets": potential.sample_jets(W, V, 3),
    }


@case("spectrum")
def _spectrum():
    potential = problem("sin", "cross-entropy")
    W, metric = potential.network.init(seed=1), fn.LayerMetric(potential.network, [2.0, 1.0, 0.5])
    pairs = fn.eigenpairs(potential, W, k=3, metric=metric)
    density = fn.spectral_density(potential, W, probes=3, steps=12)
    alpha, beta = fn.lanczos(potential.hessian(W), uniforms(76, len(W)), 8)[:2]
    return {
        "values": rough(pairs.values),
        "sharpness": rough(fn.sharpness(potential, W)),
        "trace": rough([density.trace, density.trace_error]),
        "nodes": here(density.nodes),
        "lanczos": rough(np.concatenate([alpha, beta])),
        "smallest": rough(fn.eigenpairs(potential, W, which="smallest").values),
        "inertia": str(fn.inertia(potential, W)) + str(fn.inertia(potential, W, metric=metric)),
    }


@case("charges")
def _charges():
    text, found = "", {}
    for name, metric in (("relu", None), ("identity", [2.0, 1.0, 0.5])):
        potential = problem(name, "cross-entropy")
        metric = metric and fn.LayerMetric(potential.network, metric)
        charges = fn.charges(potential, metric)
        ran = train(
            potential, fn.Aristotle(0.1), metric=metric, seed=1, observe={"charges": (6, charges)}
        )
        drift = charges.along(ran, every=3, progress=False)
        found |= {
            f"{name} drift": drift.drift,
            f"{name} predicted": drift.predicted,
            f"{name} error": here(drift.error),
            f"{name} values": charges.value(ran.parameters[-1]),
            f"{name} seen": ran.observables["charges"].value,
        }
        text += f"{charges}\n{drift}\n"
    return {**found, "text": text}


@case("noise of batches")
def _noise():
    potential = problem("sin", "cross-entropy")
    net = potential.network
    found = fn.noise(
        potential, net.init(seed=1), 6, step=0.1, metric=fn.LayerMetric(net, [1.0, 2.0, 0.5])
    )
    seen = (
        train(
            potential,
            fn.Aristotle(0.1),
            steps=6,
            batch_size=6,
            observe={"noise": (3, fn.Noise(potential))},
        )
        .observables["noise"]
        .value
    )
    return {
        "traces": found.traces,
        "gradients": found.gradients,
        "diagonal": found.diagonal,
        "along": found.along(uniforms(77, net.size)),
        "eigen": rough(found.eigen(3).values),
        "seen": np.asarray(seen),
        "text": str(found),
    }


# ---- steps taken apart ---------------------------------------------------------------------------

STEPS = {
    "tanh": lambda: problem("tanh", "cross-entropy"),
    "sin": problem,
    "relu": lambda: problem("relu"),
    "sigmoid and elu": lambda: problem(
        ["sigmoid", "elu"], words={"output_metric": [1.0, 2.0, 0.5]}
    ),
    "gelu, decay": lambda: problem("gelu") + 0.1 * fn.Parabola(67),
}


def _apart(name):
    potential = STEPS[name]()
    b = fn.breakdown(potential, potential.network.init(seed=2), 3.0, order=5)
    texts = {basis: str(b.split(basis)) for basis in ("parameters", "layers", "neurons", "map")}
    modes = b.split("eigen")
    rows = b.interventions()
    texts |= {
        "eigen": str(modes),
        "interventions": str(rows),
        "missed": str(b.missed(0.5)),
        "radius": str(b.radius()),
        "verdict": str(b.verdict),
        "kinks": str(b.kinks),
        "one": str(b.one_at_a_time()),
        "subsets": str(b.layer_subsets()),
    }
    left = np.array([[r.linear, r.second, r.actual, r.shortened] for r in rows])
    return {
        **prefixed(step=breakdown(b), parts=parts(b), split=texts),
        "left": rough(left),
        "curvatures": here(modes.curvatures),
        "curve": np.array([b.curve(s) for s in (0.1, 0.5, 2.0)]),
    }


for _name in STEPS:
    CASES[f"a step of {_name}"] = lambda name=_name: _apart(name)


@case("a step in a metric, split")
def _apart_in_a_metric():
    potential = problem("gelu", "cross-entropy")
    metric = fn.LayerMetric(potential.network, [2.0, np.inf, 0.5])
    W = potential.network.init(seed=3)
    b = fn.breakdown(potential, W, 2.0, metric=metric, split=True)
    blocks, layers = b.split("neurons"), b.split("map")
    return prefixed(
        step=breakdown(b),
        parts=parts(b),
        split={
            "matrix": blocks.matrix,
            "linear": blocks.linear,
            "rank": blocks.rank_one,
            "map": np.array(
                [layers.second_loss, layers.second_map, layers.third_loss, layers.third_map]
            ),
            "text": str(blocks) + str(b.interventions(3)),
        },
    )


@case("steps along a run")
def _along():
    potential = problem("gelu", "cross-entropy")
    ran = train(potential, fn.Aristotle(2.0), steps=20, seed=4)
    quick = fn.breakdown(ran, every=4, progress=False)
    full = fn.breakdown(ran, every=8, split=True, progress=False)
    batched = train(potential, fn.Newton(0.3), steps=12, seed=4, batch_size=7)
    some = fn.breakdown(batched, every=3, progress=False)
    terms = ("loss", "linear", "second", "third", "actual")
    return {
        **{f"quick {name}": getattr(quick, name) for name in terms},
        **{f"batches {name}": getattr(some, name) for name in terms},
        "values": here(full.values),
        "second_self": full.second_self,
        "text": f"{quick}\n{full}\n{some}\n{full.words}",
    }


@case("one step of digits")
def _digits():
    potential = fn.Potential(
        fn.Network([64, 16, 10], "gelu"), fn.CrossEntropy(), fn.data.load("digits", limit=100)
    )
    b = fn.breakdown(potential, potential.network.init(seed=0), step=2.0)
    return {
        **prefixed(step=breakdown(b), parts=parts(b)),
        "text": f"{b.split('layers')}\n{b.split('map')}",
    }


@case("curl and rod")
def _curl():
    potential = problem("gelu", "cross-entropy")
    W = potential.network.init(seed=1)
    whole, probed = fn.curl(potential, W), fn.curl(potential, W, method="stochastic", probes=4)
    rod = fn.rod(train(potential, fn.Aristotle(0.5), steps=6, seed=1), at=2)
    return {
        "curl": rough([whole.norm, whole.symmetric, probed.norm, probed.symmetric]),
        "rod": np.array([rod.centre, rod.half, rod.next_centre, rod.next_half]),
        "length": rod.length,
        "worst": here(rod.worst),
        "text": f"{whole}\n{probed}\n{rod}",
    }
