"""Equilibrium propagation: dL from relaxations, beside differences, closed forms and identities."""

import numpy as np
import pytest
from states_at_rest import SIZES, SMOOTH, Fold, M, differences, equilibrium, off, setting

import flownet as fn
from flownet.equilibrium import Contour
from flownet.kernels.layout import AT_ONCE, ODD_EVEN, Manner as Order, Pull, schedule
from flownet.kernels.scalar.states import BOUNDED, COMPLIANCES, DIODE, SETTLED, SIGMOID, TANH


@pytest.mark.parametrize("activation", ["hard-sigmoid", "tanh", "sigmoid4", "relu", "identity"])
@pytest.mark.parametrize("sizes", [(6, 5, 4, 3), (5, 4)])
def test_exact_covector_is_that_of_differences(activation, sizes, holds):
    system, W, data = setting(activation, sizes, scale=0.2)
    potential = fn.Equilibrium(system, fn.Quadratic(), data, nudge=0.1)
    _, dL = potential.exact(W)
    holds("exact covector beside differences", off(dL, differences(potential.value, W, 3e-5)), 1e-9)


@pytest.mark.parametrize("activation", SMOOTH)
@pytest.mark.parametrize("force", ["moving", "frozen"])
@pytest.mark.parametrize(
    ("estimator", "order"),
    [("one-sided", 1), ("symmetric", 2), ("richardson", 4)]
    + [({"kind": "contour", "points": n}, n) for n in (2, 3, 4, 6)],
)
def test_error_falls_with_the_order_of_the_estimator(activation, force, estimator, order, holds):
    errors = []
    for nudge in (0.02, 0.01):
        potential, W = equilibrium(activation, nudge=nudge, estimator=estimator, force=force)
        errors.append(off(potential.differential(W)[1], potential.exact(W)[1]))
    holds(
        "order of an estimator, off the whole number",
        abs(np.log2(errors[0] / errors[1]) - order),
        0.1,
    )


@pytest.mark.parametrize("activation", SMOOTH)
@pytest.mark.parametrize(
    "estimator",
    ["one-sided", "symmetric", "richardson"]
    + [{"kind": "contour", "points": n} for n in (2, 3, 4)],
    ids=str,
)
def test_estimate_is_the_differential_of_the_averaged_cost(activation, estimator, holds):
    nudge = 0.05 if isinstance(estimator, dict) else 0.1  # a contour is one within the radius
    potential, W = equilibrium(activation, nudge=nudge, estimator=estimator)
    # eight nudges are enough so far within the radius, where each wants a ring of complex states
    averaged = potential.averaged(points=8 if isinstance(estimator, dict) else 24)
    V = np.random.default_rng(2).normal(size=(4, W.size))
    wanted = differences(averaged.value, W, 3e-5, along=V)
    holds(
        "estimate beside the differential of L̄", off(V @ averaged.differential(W)[1], wanted), 1e-9
    )


def test_averaged_costs_bound_the_cost():
    costs = []
    for nudge in (0.4, -0.4):
        potential, W = equilibrium("tanh", nudge=nudge, estimator="one-sided")
        costs.append(potential.averaged().value(W))
    assert costs[0] < potential.value(W) < costs[1]


@pytest.mark.parametrize("activation", ["hard-sigmoid", *SMOOTH])
def test_state_is_stationary_and_its_energy_least(activation):
    potential, W = equilibrium(activation)
    s, system = np.concatenate(potential.relax(W), axis=1), potential.system
    assert np.abs(system.slope(W, potential.data.x, s)).max() < 1e-13
    low = system.energy(W, potential.data.x, s)
    random = np.random.default_rng(1)
    for size in (1e-3, 1e-2):
        near = np.clip(s + size * random.normal(size=s.shape), 1e-3, 1 - 1e-3)
        assert (system.energy(W, potential.data.x, near) >= low).all()


@pytest.mark.parametrize("activation", ["hard-sigmoid", *SMOOTH])
def test_energy_falls_at_every_sweep(activation):
    system, W, data = setting(activation)
    energies = []
    for sweeps in range(1, 12):
        potential = fn.Equilibrium(
            system, fn.Quadratic(), data, nudge=0.1, fixed=True, sweeps=sweeps
        )
        s = np.concatenate(potential.relax(W), axis=1)
        energies.append(system.energy(W, data.x, s))
    assert (np.diff(energies, axis=0) <= 1e-14).all()


def test_two_sweeps_at_once_are_two_chains_of_one_sweep_each():
    potential, W = equilibrium("tanh")
    system, data = potential.system, potential.data

    def after(order, sweeps, s):
        states = system.relaxation(M, potential.phases.manner)
        states.drive(W, data.x)
        none = Pull(np.zeros((0, 0)), np.zeros(0))
        order = Order(schedule(3, order), sweeps, -1.0)
        states.kernels.relax_states(
            states.net, states.units, W, states.work, none, none, s, order, 1
        )
        return states.layers(s)

    # layers 1 and 3 of one chain, and layer 2 of the other, see each other alone
    odd = after(ODD_EVEN, 3, np.zeros(M * system.states))
    once = after(AT_ONCE, 6, np.zeros(M * system.states))
    assert np.array_equal(once[1], odd[1])


def test_order_of_layers_does_not_change_where_they_rest():
    states = []
    for order in ("odd-even", "even-odd", "upwards", "downwards", "at-once"):
        potential, W = equilibrium("sigmoid4", order=order)
        states.append(np.concatenate(potential.relax(W), axis=1))
    assert max(np.abs(s - states[0]).max() for s in states) < 1e-13


#: code, own stiffness, the two numbers of its own, and G′
KINDS = {
    "clipped": (BOUNDED, 1.0, 0.0, 1.0, lambda s: s),
    "resistor": (BOUNDED, 2.5, -np.inf, np.inf, lambda s: 2.5 * s),
    "tanh": (TANH, 1.0, -1.0, 1.0, np.arctanh),
    "sigmoid4": (SIGMOID, 1.0, 0.0, 1.0, lambda s: (2 + np.log(s / (1 - s))) / 4),
    "diode": (DIODE, 0.7, 1e-3, 0.05, lambda s: 0.7 * s + 1e-3 * np.expm1(s / 0.05)),
}


def test_nudged_phases_may_settle_in_an_order_of_their_own():
    potential, W = equilibrium("sigmoid4", order="upwards", nudged_order="downwards")
    same, _ = equilibrium("sigmoid4")
    assert off(potential.differential(W)[1], same.differential(W)[1]) < 1e-11
    few, both = (
        potential.changed(fixed=True, nudged_sweeps=1, nudged_order=order).differential(W)[1]
        for order in ("downwards", "upwards")
    )
    assert off(few, both) > 1e-3  # before they rest the order counts


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("held", [0.0, 0.5, 50.0, -0.3])
def test_units_settle_where_the_equation_says(name, held):
    code, *numbers, inverse = KINDS[name]
    own = [np.float64(number) for number in numbers]

    def settled(drives):
        return np.array([SETTLED[code](d, np.float64(held), np.float64(0.5), *own) for d in drives])

    drive = np.linspace(-2.5, 2.5, 41)
    s = settled(drive)
    inside = (s > own[1]) & (s < own[2]) if code == BOUNDED else np.ones(s.shape, bool)
    assert inside.any()
    compliance = np.array([COMPLIANCES[code](each, *own) for each in s])
    miss = (inverse(s) + held * s - drive)[inside]
    off_by = miss / (1 / compliance[inside] + held)
    assert np.abs(off_by).max() < 16 * np.finfo(float).eps
    if held == 0:  # the compliance is what s changes by
        h = 1e-6
        slope = (settled(drive + h) - settled(drive - h)) / (2 * h)
        away = np.abs(slope - compliance) < 0.1  # a bound within h of s
        assert away.mean() > 0.9
        assert np.abs(slope - compliance)[away].max() < 1e-8


def test_energy_of_a_user_by_its_three_functions():
    data, W, alpha = fn.Dataset(np.zeros((1, 1)), np.array([[0.3]])), np.array([0.4]), Fold.alpha
    root = np.sqrt(1 - 4 * alpha * W[0])
    e = (1 - root) / (2 * alpha) - 0.3
    for estimator, most in (("symmetric", 1e-3), ("richardson", 1e-6), ("contour", 1e-6)):
        potential = fn.Equilibrium(Fold(), fn.Quadratic(), data, nudge=0.02, estimator=estimator)
        loss, dL = potential.differential(W)
        assert loss == pytest.approx(e**2 / 2, rel=1e-11)
        assert dL[0] == pytest.approx(e / root, rel=most)
        assert potential.exact(W)[1][0] == pytest.approx(e / root, rel=1e-9)


@pytest.mark.parametrize("order", ["odd-even", "at-once"])
def test_bits_do_not_depend_on_threads(order):
    random = np.random.default_rng(0)
    data = fn.Dataset(random.random((40, 60)), random.random((40, 5)))
    system = fn.Hopfield([60, 300, 300, 5], "tanh", dtype="float32")
    W = 0.3 * system.init(0)
    potential = fn.Equilibrium(
        system, fn.Quadratic(), data, nudge=0.1, fixed=True, sweeps=20, order=order
    )
    found = []
    for threads in (1, 2):
        with potential.kernels.limited(threads):
            found.append((potential.differential(W)[1], potential.exact(W)[1]))
    assert all(np.array_equal(a, b) for a, b in zip(*found))


def test_float32_agrees_with_float64():
    double, W = equilibrium("tanh", nudge=0.05)
    single, _ = equilibrium("tanh", nudge=0.05, dtype="float32")
    dL = single.differential(W.astype(np.float32))[1]
    assert dL.dtype == np.float32
    assert off(dL, double.differential(W)[1]) < 2e-4
    assert single.with_dtype("float64").dtype == np.float64


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ({"nudge": 0.0}, "nudge is 0.0; it has to be a number other than 0"),
        ({"estimator": "contuor"}, "did you mean 'contour'"),
        ({"order": "sideways"}, "unknown order"),
        ({"force": "brute"}, "unknown force"),
        ({"cost": fn.CrossEntropy(sample_metric=np.eye(2))}, "couples samples"),
        ({"cost": fn.Quadratic(output_metric=np.array([[2, 1], [1, 2]]))}, "not diagonal"),
    ],
)
def test_a_mistake_gets_one_line(words, line):
    data = fn.Dataset(np.zeros((2, 3)), np.ones((2, 2)))
    given = {"system": fn.Hopfield([3, 4, 2]), "cost": fn.Quadratic(), "nudge": 0.1, **words}
    with pytest.raises(fn.FlownetError, match=line) as error:
        fn.Equilibrium(given.pop("system"), given.pop("cost"), data, **given)
    assert "\n" not in str(error.value)


def test_contour_wants_units_without_kinks():
    with pytest.raises(fn.FlownetError, match="bounds or kinks"):
        equilibrium("hard-sigmoid", estimator=Contour(points=4))


def test_training_goes_down_and_resumes_to_the_bit(tmp_path, holds):
    potential, W = equilibrium("sigmoid4", estimator="random-sign", nudge=0.2)
    words = {"W0": W, "batch_size": 4, "seed": 3}
    whole = fn.train(potential, fn.Aristotle(0.1), steps=400, **words)
    assert whole.loss[-1] < 0.5 * potential.value(W)
    path = tmp_path / "run.h5"
    fn.train(potential, fn.Aristotle(0.1), steps=150, store=path, **words)
    on = fn.resume(path, potential=potential, steps=400)
    holds(
        "numbers that a resumed run has otherwise",
        np.count_nonzero(on.parameters[-1] != whole.parameters[-1]),
        0,
    )


@pytest.mark.parametrize("estimator", ["one-sided", "symmetric", "random-sign"])
@pytest.mark.parametrize("order", ["odd-even", "at-once"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_phases_in_one_call_are_those_one_by_one(estimator, order, dtype):
    """To the last bit; and what is said of how they ended."""
    made = {"estimator": estimator, "order": order}
    hopfield, W0 = equilibrium("sigmoid4", dtype=dtype, **made)
    resistive = fn.Resistive(SIZES, dtype=dtype)
    for potential, W in (
        (hopfield, W0),
        (hopfield.changed(system=resistive), resistive.init(0)),
        (hopfield.changed(fixed=True, sweeps=3, nudged_sweeps=2), W0),
    ):
        for rows in (slice(None), np.array([4, 1, 7])):
            found = []
            for one_by_one in (False, True):
                with potential.phases.at(W, rows) as at:
                    if one_by_one:
                        _ = at.free
                    dL = potential.estimator.estimate(at, potential.nudge)
                    found.append((dL, at.free, *potential.phases.relaxed["free"]))
                    found[-1] += tuple(potential.phases.relaxed["nudged"])
            assert all(np.array_equal(one, other) for one, other in zip(*found))
            found = []
            for one_by_one in (False, True):
                with potential.phases.at(W, rows) as at:
                    if one_by_one:
                        _ = at.free
                    ended = potential.phases.relaxed
                    found.append((at.exact(), at.free, *ended["free"], *ended["solve"]))
            assert all(np.array_equal(one, other) for one, other in zip(*found, strict=True))
