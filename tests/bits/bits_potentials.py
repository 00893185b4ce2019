"""Cases of `same_bits`: runs of analytic potentials, of larger networks, of pretrained ones."""

import numpy as np
from bits_of import breakdown, dataset, prefixed, run, train

import flownet as fn

CASES = {}


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
