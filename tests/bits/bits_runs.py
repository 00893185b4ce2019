"""Cases of `same_bits`: runs of every activation, mechanics, policy and batch."""

import numpy as np
from bits_of import breakdown, parts, prefixed, problem, run, train

import flownet as fn

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
