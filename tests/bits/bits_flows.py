"""Cases of `same_bits`: flows, runs beside their flows, minima and exits."""

import numpy as np
from bits_of import flow, followed, here, prefixed, problem, rough, train, uniforms

import flownet as fn

CASES = {}


def case(name):
    """Decorator: a function without arguments is the case `name`."""

    def add(function):
        CASES[name] = function
        return function

    return add


# ---- flows ---------------------------------------------------------------------------------------

AT = np.linspace(0.0, 6.0, 13)
FLOWS = {
    "plain": {},
    "of tanh": {},
    "tight": {"rtol": 1e-11, "atol": 1e-13},
    "every step": {"at": None, "rtol": 1e-5, "atol": 1e-6},
    "down to a loss": {"loss_below": 0.05},
    "down to a gradient": {"gradient_below": 0.05, "time": 60.0, "at": None},
    "of newton": {"mechanics": fn.Newton(0.1, mass=0.5)},
    "of rmsprop": {
        "mechanics": fn.RMSProp(0.01, memory=0.9, epsilon=0.1),
        "time": 0.5,
        "at": np.linspace(0, 0.5, 6),
    },
    "of adam": {
        "mechanics": fn.Adam(0.01, memory1=0.8, memory2=0.9, epsilon=0.1),
        "time": 0.5,
        "at": np.linspace(0, 0.5, 6),
    },
    "modified": {"field": fn.Modified(0.2, order=2)},
    "modified, first": {"field": fn.Modified(0.2)},
    "principal": {"field": fn.Principal(0.2), "time": 0.2, "at": [0.0, 0.1, 0.2]},
}


def _flow(name):
    words = {"time": 6.0, "at": AT, **FLOWS[name]}
    potential = problem("tanh" if name == "of tanh" else "sin")
    found = followed(flow(potential, W0=potential.network.init(seed=2), **words))
    if words["at"] is None:  # the rows are its own steps
        found |= {
            "parameters": here(found["parameters"][0]),
            "loss": here(found["loss"][0]),
            "time": here(found["time"]),
        }
    return found


for _name in FLOWS:
    CASES[f"flow {_name}"] = lambda name=_name: _flow(name)


@case("flow in metrics")
def _flow_in_metrics():
    potential = problem("gelu", "cross-entropy", sizes=(3, 4, 4, 4, 3))
    net = potential.network
    coupled = fn.CoupledMetric(
        net, [[2.0, 0, 0, 0], [0, 1.0, -0.6, 0], [0, -0.6, 2.0, 0], [0, 0, 0, 0.5]]
    )
    timed = fn.TimedMetric([0.0, 1.7], [fn.LayerMetric(net, [np.inf, 1.0, 1.0, 2.0]), coupled])
    W0 = net.init(seed=2)
    return prefixed(
        coupled=followed(flow(potential, W0=W0, time=6.0, at=AT, metric=coupled)),
        timed=followed(flow(potential, W0=W0, time=6.0, at=AT, metric=timed)),
    )


@case("flow that is stiff")
def _stiff():
    x = uniforms(80, 32, 2)
    potential = fn.Potential(
        fn.Network([2, 8, 8, 1], "gelu"),
        fn.Quadratic(),
        fn.Dataset(x, np.sin(3 * x[:, :1]) * x[:, 1:]),
    )
    found = flow(
        potential,
        W0=potential.network.init(0),
        time=400.0,
        at=[0.0, 40.0, 400.0],
        rtol=1e-5,
        atol=1e-5,
    )
    assert found.observables["method"].value[-1] == 1
    back = flow(
        fn.Quartic(2) + fn.Parabola(2, strength=0.01),
        W0=np.array([3.0, 2.0]),
        time=400.0,
        rtol=1e-9,
        atol=1e-12,
        at=[0.0, 30.0, 400.0],
        metric=fn.DiagonalMetric([1e-5, 1.0]),
    )
    return {
        name: here(value[0] if isinstance(value, tuple) else value)
        if not isinstance(value, str)
        else value
        for name, value in prefixed(stiff=followed(found), back=followed(back)).items()
    }


@case("flow in single precision")
def _single():
    potential = problem("gelu", "quadratic", dtype="float32")
    found = flow(
        potential, W0=potential.network.init(2), time=4.0, at=[0.0, 1.0, 4.0], rtol=1e-5, atol=1e-6
    )
    return {
        "parameters": here(found.parameters[:]),
        "loss": here(found.loss),
        "step": here(found.step),
    }


# ---- runs beside flows ---------------------------------------------------------------------------


@case("departure")
def _departure():
    potential = problem("gelu", "cross-entropy")
    ran = train(potential, fn.Aristotle(0.6), steps=24, seed=2)
    found = fn.departure(
        ran, every=3, fields={"modified": fn.Modified(0.6, order=2)}, progress=False
    )
    arrays = {
        name: here(array) if name.startswith("steps.") or "angle" in name else rough(array)
        for name, array in found.to_arrays().items()
    }
    return {**arrays, "text": str(found), "verdict": str(found.verdict)}


@case("departure in a metric, batches")
def _departure_of_batches():
    potential = problem("sin")
    ran = train(
        potential,
        fn.Aristotle(0.2),
        steps=15,
        seed=2,
        batch_size=8,
        metric=fn.LayerMetric(potential.network, [2.0, np.inf, 0.5]),
    )
    found = fn.departure(ran, every=5, progress=False, rtol=1e-6)
    return {"distance": rough(found.distance), "text": str(found)}


@case("departure, its power")
def _power():
    potential = problem("gelu")
    found = fn.departure_power(
        potential, potential.network.init(2), steps=[0.2, 0.1, 0.05], time=1.0, progress=False
    )
    return {"distances": rough(found.distance), "text": str(found)}


@case("paths")
def _paths():
    potential = problem("gelu")
    one, other = (train(potential, fn.Aristotle(step), seed=2, steps=20) for step in (0.2, 0.4))
    return {
        "apart": fn.curve_distance(one.parameters[:], other.parameters[:]),
        "length": fn.path_length(one).value,
        "speed": fn.speed(one, every=5).value,
        "step speed": fn.step_speed(one).value,
        "sharpness": rough(fn.sharpness(one, every=10, progress=False).value),
    }


# ---- minima --------------------------------------------------------------------------------------


def _xor():
    net = fn.Network([2, 2, 1])
    return (
        fn.Potential(net, fn.Quadratic(), fn.data.load("xor")) + 0.003 * fn.Parabola(net.size)
    ), net


@case("minima and exits")
def _exits():
    potential, net = _xor()
    found = fn.minimum(potential, net.init(seed=6), progress=False)
    other = fn.minimum(potential, net.init(seed=3), progress=False)
    compared = fn.compare_minima(potential, found, other)
    left = fn.exits(potential, net.init(seed=21), step=0.6, steps=250, progress=False)
    return {
        "W": here(found.W),
        "losses": rough([found.loss, other.loss, left.flow.loss]),
        "distances": here([compared.distance, compared.aligned_distance]),
        "text": f"{found}\n{compared}\n{left}",
    }


@case("minimum of a double well")
def _well():
    found = fn.minimum(fn.DoubleWell(2, alpha=2.0), [0.3, -1.7], progress=False)
    steps = fn.exit_step(
        fn.DoubleWell(1), [0.4], low=0.5, high=8.0, steps=40, grid=5, rtol=0.05, progress=False
    )
    return {"W": rough(found.W), "text": f"{found}\n{steps}"}
