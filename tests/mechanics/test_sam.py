"""SAM: against its two lines of NumPy, its expansion in ρ, and with every base that it takes."""

import every_metric
import numpy as np
import pytest
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn

DATA = fn.data.load("digits", limit=60)
BASES = [
    fn.Aristotle(0.1, weight_decay=0.01),
    fn.Aristotle("warmup:0.1:5"),
    fn.Newton.from_momentum(0.05, 0.9),
    fn.Newton(0.1, temperature=1e-4),
    fn.Nesterov(0.05),
    fn.RMSProp(0.01),
    fn.Adam(0.01),
    fn.AdamW(0.01),
    fn.ThierryMieg(0.1, memory2=0.9),
    fn.Langevin(0.1, temperature=1e-4),
]


def potential(dtype="float64", activation="tanh"):
    output = "abs2" if dtype.startswith("complex") else "identity"
    net = fn.Network([64, 6, 10], activation, output=output, dtype=dtype)
    return fn.Potential(net, fn.CrossEntropy(), DATA)


def uphill(p, W, radius, sharp):
    """dL at W + ρ·g^♯dL/‖dL‖_g."""
    dL = p.differential(W)[1]
    norm = np.sqrt(np.vdot(dL, sharp * dL).real)
    return p.differential(W + radius / norm * sharp * dL)[1]


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
@pytest.mark.parametrize("batch_size", [None, 25])
def test_steps_are_those_of_numpy(dtype, batch_size):
    """W ← W − h·g^♯(dL(W + ρn) + κW), in a metric, with a frozen layer, on mini-batches."""
    activation = "cardioid" if dtype == "complex128" else "tanh"
    p = potential(dtype, activation)
    metric = fn.LayerMetric(p.network, [np.inf, 2.0])
    sharp = np.where(metric.free, 0.5, 0.0).astype(p.network.dtype)
    run = fn.train(
        p,
        fn.SAM(fn.Aristotle(0.3, weight_decay=0.01), radius=0.2),
        steps=6,
        metric=metric,
        batch_size=batch_size,
        seed=3,
    )
    for k in range(6):
        W, of = run.parameters[k], run.potential_at(k)
        moved = 0.3 * sharp * (uphill(of, W, 0.2, sharp) + 0.01 * W)
        expected = (W - moved).astype(W.dtype)
        assert run.loss[k] == of.value(W)
        for found, wanted in ((np.real, np.real), (np.imag, np.imag)):
            close(found(run.parameters[k + 1]), wanted(expected), W.real.dtype)


def test_its_force_is_that_of_the_loss_and_its_slope_to_first_order():
    """dL(W + ρn) = d(L + ρ‖dL‖) + O(ρ²): H n is the slope of ‖dL‖, and the rest falls as ρ²."""
    p = potential()
    W = p.init(0)
    dL = p.differential(W)[1]
    n = dL / np.linalg.norm(dL)
    radii = 0.1 * 0.5 ** np.arange(6)
    rest = [np.linalg.norm(uphill(p, W, r, 1.0) - dL - r * p.hessian_action(W, n)) for r in radii]
    slopes = np.diff(np.log(rest)) / np.diff(np.log(radii))
    np.testing.assert_allclose(slopes[-3:], 2, atol=0.05)


@pytest.mark.parametrize("base", BASES, ids=repr)
def test_every_base_keeps_its_contract(base):
    fn.testing.check_mechanics(fn.SAM(base, radius=0.05))


@pytest.mark.parametrize("name", every_metric.EVERY)
def test_in_every_metric(name):
    """The loop of kernels and W − h·g^♯dL(W + ρn), with the index raised by the metric itself."""
    metric, p = every_metric.EVERY[name](every_metric.ONES), every_metric.problem()
    run = fn.train(p, fn.SAM(fn.Aristotle(0.3), radius=0.2), steps=9, metric=metric, seed=1)
    for k in range(9):
        W, g = run.parameters[k], metric.at(run.time[k])
        dL = p.differential(W)[1]
        there = p.differential(W + 0.2 * g.sharp(dL) / np.sqrt(dL @ g.sharp(dL)))[1]
        close(run.parameters[k + 1], W - 0.3 * g.sharp(there))


def test_both_legs_are_broken_down_exactly():
    """The climb gains ρ‖dL‖ + ½ρ²H(n,n) + …; a run's step is broken down as it was taken."""
    p, sam = potential(), fn.SAM(fn.Aristotle(0.5), radius=0.1)
    run = fn.train(p, sam, steps=2)
    W, climb = run.parameters[0], sam.ascent(p, run.parameters[0])
    close(np.linalg.norm(climb), 0.1, "float64")
    up = fn.breakdown(p, W, displacement=climb)
    close(up.linear, 0.1 * np.linalg.norm(p.differential(W)[1]), "float64")
    close(up.linear + up.second + up.third + up.remainder, up.actual, "float64")
    b = fn.breakdown(run, at=0)
    close(b.linear, -0.5 * p.differential(W)[1] @ uphill(p, W, 0.1, 1.0), "float64")
    close(b.actual, p.difference(W, run.parameters[1] - W), "float64")


def test_a_script_sets_the_step_of_its_base():
    """The same bits as a run that goes on with that step."""
    p = potential()
    for state in fn.states(p, fn.SAM(fn.Aristotle(0.1)), steps=6, seed=1):
        if state.iteration == 3:
            state.step, W = 0.3, state.W.copy()
    run = fn.train(p, fn.SAM(fn.Aristotle(0.3)), steps=3, W0=W)
    np.testing.assert_array_equal(state.W, run.parameters[-1])


def test_where_the_loss_is_flat_it_stays():
    run = fn.train(fn.Parabola(2), fn.SAM(fn.Aristotle(0.1)), steps=3, W0=[0.0, 0.0])
    assert not run.parameters[-1].any() and run.diverged_at is None


def test_on_a_parabola_it_ends_within_its_radius():
    """W ← W − hκ(W + ρ·sign W): it comes to hop over 0 by hκρ/(2 − hκ)."""
    run = fn.train(
        fn.Parabola(1, strength=2.0), fn.SAM(fn.Aristotle(0.1), 0.3), steps=500, W0=[1.0]
    )
    close(np.abs(run.parameters[-5:]), np.full((5, 1), 0.2 * 0.3 / 1.8), "float64")


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: fn.SAM(0.1), "base is 0.1"),
        (lambda: fn.SAM(fn.SAM(fn.Aristotle(0.1))), "one dL"),
        (lambda: fn.SAM(fn.RungeKutta()), "one dL"),
        (lambda: fn.SAM(fn.Geodesic(0.1)), "one dL"),
        (lambda: fn.SAM(fn.Aristotle("linear:0.1")), "reads the step off L"),
        (lambda: fn.SAM(fn.Aristotle("loss")), "reads the step off L"),
        (lambda: fn.SAM(fn.Aristotle(0.1), radius=0), "radius"),
        (lambda: fn.flow(fn.Parabola(1), W0=[1.0], time=1, mechanics=fn.SAM(fn.Adam(0.1))), "flow"),
    ],
)
def test_mistakes(make, words):
    with told_in_one_line(words):
        make()
