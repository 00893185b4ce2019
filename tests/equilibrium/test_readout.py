"""Outputs read off a state, and cross-entropy as what nudges."""

import numpy as np
import pytest
from circuit_cases import setting as circuit
from states_at_rest import differences, off
from test_state_flow import made as flowing

import flownet as fn

SIZES, M = (6, 8, 7, 3), 9
READS = [True, False]


def made(activation="sigmoid4", *, readout=True, cost=None, nudge=0.02, dtype="float64", **words):
    random = np.random.default_rng(0)
    classes = np.eye(SIZES[-1])[random.integers(SIZES[-1], size=M)]
    data = fn.Dataset(random.random((M, SIZES[0])), classes)
    end = {"readout": True} if readout else {"output": "identity"}
    system = fn.Hopfield(SIZES, activation, dtype=dtype, **end)
    scale = 0.2 if activation == "tanh" else 0.4
    W = scale * system.init(0) + 0.1 * random.normal(size=system.size)
    for part in system.network.parts(W)[:2] if activation == "hard-sigmoid" else ():
        part.bias[:] = 0.4
    cost = fn.CrossEntropy() if cost is None else cost
    return fn.Equilibrium(system, cost, data, nudge=nudge, **words), W.astype(dtype)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid4", "hard-sigmoid"])
@pytest.mark.parametrize("readout", READS)
@pytest.mark.parametrize(
    "cost",
    [
        fn.CrossEntropy(),
        fn.CrossEntropy(
            temperature=0.5, output_metric=[1.0, 2.0, 0.5], sample_metric=np.linspace(0.5, 1.5, M)
        ),
        fn.Quadratic(output_metric=[1.0, 2.0, 0.5]),
    ],
    ids=["cross-entropy", "weighed", "quadratic"],
)
def test_exact_covector_is_that_of_differences(activation, readout, cost, holds):
    potential, W = made(activation, readout=readout, cost=cost)
    V = np.random.default_rng(0).normal(size=(5, W.size))
    wanted = differences(potential.value, W, 1e-4, along=V)
    holds("exact covector beside differences", off(V @ potential.exact(W)[1], wanted), 1e-9)


def test_loss_and_accuracy_are_those_of_the_outputs():
    potential, W = made()
    o = potential.network.forward(W, potential.data.x)
    top, read = potential.relax(W)[-1], potential.system.readout(W)
    assert o == pytest.approx(top @ read.weights.T + read.bias, rel=1e-14)
    p = fn.CrossEntropy().p_hat(o)
    assert potential.value(W) == pytest.approx(-(potential.data.y * np.log(p)).sum() / M, rel=1e-13)


@pytest.mark.parametrize("readout", READS)
@pytest.mark.parametrize("force", ["moving", "frozen"])
@pytest.mark.parametrize(
    ("estimator", "order"),
    [("one-sided", 1), ("symmetric", 2), ("richardson", 4), ({"kind": "contour", "points": 3}, 3)],
)
def test_error_falls_with_the_order_of_the_estimator(readout, force, estimator, order, holds):
    errors = []
    for nudge in (0.04, 0.02):
        potential, W = made(readout=readout, nudge=nudge, estimator=estimator, force=force)
        errors.append(off(potential.differential(W)[1], potential.exact(W)[1]))
    holds(
        "order of an estimator, off the whole number",
        abs(np.log2(errors[0] / errors[1]) - order),
        0.1,
    )


@pytest.mark.parametrize(
    "estimator", ["one-sided", "symmetric", "richardson", {"kind": "contour", "points": 3}], ids=str
)
@pytest.mark.parametrize("readout", READS)
def test_estimate_is_the_differential_of_the_averaged_cost(estimator, readout, holds):
    """Of the readout too: F counts, and not E."""
    potential, W = made("tanh", readout=readout, nudge=0.2, estimator=estimator)
    averaged = potential.averaged(points=16)
    V = np.random.default_rng(2).normal(size=(4, W.size))
    wanted = differences(averaged.value, W, along=V)
    holds(
        "estimate beside the differential of L̄", off(V @ averaged.differential(W)[1], wanted), 1e-9
    )


def test_covector_of_the_readout_is_the_mean_of_both_nudges():
    potential, W = made(nudge=0.2)
    read = potential.system.readout(W)
    seen = []
    for nudge in (0.2, -0.2):
        top = potential.relax(W, nudge=nudge)[-1]
        p = fn.CrossEntropy().p_hat(top @ read.weights.T + read.bias)
        seen.append((p - potential.data.y).T @ top / M)
    found = potential.system.readout(potential.differential(W)[1]).weights
    assert found == pytest.approx((seen[0] + seen[1]) / 2, rel=1e-12)


@pytest.mark.parametrize("readout", READS)
@pytest.mark.parametrize("order", ["at-once", "flow"])
def test_nudged_states_are_stationary(readout, order):
    potential, W = made(readout=readout, order=order, sweeps=20000)
    beta, read = 0.3, potential.system.readout(W)
    s = np.concatenate(potential.relax(W, nudge=beta), axis=1)
    n = 7 if readout else 3
    o = s[:, -7:] @ read.weights.T + read.bias if readout else s[:, -3:]
    c = fn.CrossEntropy().p_hat(o) - potential.data.y
    slope = potential.system.slope(W, potential.phases.x, s)
    slope[:, -n:] += beta * (c @ read.weights if readout else c)
    assert np.abs(slope).max() < 1e-12


def test_float32_agrees_with_float64():
    double, W = made(nudge=0.05)
    single, _ = made(nudge=0.05, dtype="float32")
    dL = single.differential(W.astype(np.float32))[1]
    assert dL.dtype == np.float32
    assert off(dL, double.differential(W)[1]) < 2e-4


def of_series(name, cost, **words):
    """Systems whose series take more than those of units under a Quadratic cost."""
    words = {"cost": cost, "estimator": "one-sided", **words}
    if name == "circuit":
        _, W, potential = circuit("layered, exponential")
        data = fn.Dataset(potential.data.x, np.eye(2)[[0, 1, 0]])
        return potential.changed(data=data, nudge=0.02, **words), W
    if name.startswith("rho"):
        potential, W = flowing("tanh")
        if name == "rho, readout":
            system = fn.Hopfield(potential.system.sizes, "tanh", form="rho", readout=True)
            potential = potential.changed(system=system)
        return potential.changed(**words), W
    return made("tanh", readout=name == "readout", **words)


of_series.every = pytest.mark.parametrize(
    ("name", "cost"),
    [
        (name, cost)
        for name in ("units", "readout", "rho", "rho, readout", "circuit")
        for cost in (fn.CrossEntropy(temperature=0.5), fn.Quadratic())
        if (name, type(cost)) not in (("units", fn.Quadratic), ("circuit", fn.Quadratic))
    ],
    ids=repr,
)


@of_series.every
def test_series_in_a_step(name, cost, holds):
    potential, W = of_series(name, cost)
    V = 0.1 * np.random.default_rng(4).normal(size=W.size)
    c = potential.jet(W, V, 4)
    loss, dL = potential.exact(W)
    assert c[0] == pytest.approx(loss, rel=1e-13)
    assert c[1] == pytest.approx(dL @ V, rel=1e-11)
    each = potential.sample_jets(W, V, 4)
    for order, size in ((2, 0.05), (3, 0.1), (4, 0.1)):
        beyond = []
        for t in (size, size / 2):
            moved = potential.sample_losses(W + t * V) - potential.sample_losses(W)
            taken = sum(each[:, k] * t**k for k in range(1, order + 1))
            beyond.append(np.linalg.norm(moved - taken))
        slope = np.log2(beyond[0] / beyond[1])
        holds("L beyond its jet: slope off order + 1", abs(slope - order - 1), 0.2)
    b = fn.breakdown(potential, W, 0.1)
    apart = abs((b.linear + b.second + b.third + b.remainder) / b.actual - 1)
    holds("breakdown's terms beside what was delivered", apart, 1e-12)
    parts = b.split("nudge")
    assert parts.descent + parts.bias.sum() + parts.left == pytest.approx(b.linear, rel=1e-10)


@of_series.every
@pytest.mark.parametrize("force", ["moving", "frozen"])
def test_series_in_the_nudge(name, cost, force, holds):
    potential, W = of_series(name, cost, force=force)
    dL = potential.exact(W)[1]
    g = potential.nudge_jet(W, 1)[0]
    holds("first power of the nudge beside dL", np.abs(g - dL).max() / np.abs(dL).max(), 1e-11)
    for estimator, slope, large in (("one-sided", 2, 0.002), ("symmetric", 4, 0.02)):
        left = []
        for nudge in (large, large / 2):
            at = potential.changed(nudge=nudge, estimator=estimator)
            bias = at.differential(W)[1] - dL
            left.append(np.abs(bias - at.bias(W, slope // 2 + 1)[-1]).max())
        off_by = abs(np.log2(left[0] / left[1]) - slope)
        holds("bias less its first term: slope off 2 or 4", off_by, 0.1)


def test_first_kink_below_a_readout():
    """A frozen force is exact up to there."""
    potential, W = made("hard-sigmoid", cost=fn.Quadratic(), force="frozen")
    kink, exact = potential.meters(W).kink, potential.exact(W)[1]
    off = [
        np.abs(potential.changed(nudge=share * kink).differential(W)[1] - exact).max()
        for share in (0.99, 1.3)
    ]
    assert 0 < kink < np.inf
    assert off[0] < 1e-11 < 1e-7 < off[1]


@pytest.mark.slow
def test_digits_are_learnt_by_a_softmax_readout(tmp_path):
    data = fn.data.load("digits", limit=300)
    system = fn.Hopfield([64, 32, 10], "sigmoid4", readout=True, dtype="float32")
    potential = fn.Equilibrium(
        system, fn.CrossEntropy(), data, nudge=0.2, fixed=True, sweeps=15, nudged_sweeps=8
    )
    words = {"batch_size": 20, "seed": 1}
    path = tmp_path / "run.h5"
    fn.train(potential, fn.Aristotle(0.3), steps=60, store=path, **words)
    run = fn.resume(path, steps=150)
    assert np.array_equal(
        run.parameters[-1],
        fn.train(potential, fn.Aristotle(0.3), steps=150, **words).parameters[-1],
    )
    said = potential.network.forward(run.parameters[-1], data.x.astype(np.float32)).argmax(axis=1)
    assert (said == data.labels).mean() > 0.9


def test_what_is_not_there_is_said():
    potential, _ = made()
    direct, U = made(readout=False)
    for make, line in (
        (lambda: fn.Hopfield([4, 2], readout=True), "three sizes or more"),
        (lambda: fn.Hopfield([4, 3, 2], readout=True, output="tanh"), "both given"),
        (lambda: direct.changed(estimator="coupled").differential(U), "take a Quadratic cost"),
        (lambda: potential.changed(estimator="contrastive"), "read off its state"),
        (lambda: fn.gdu(direct, U), "another cost"),
    ):
        with pytest.raises(fn.FlownetError, match=line):
            make()
