"""States come to rest: where, in which order of layers, with which bits, free and nudged."""

import numpy as np
import pytest
from states_at_rest import SIZES, SMOOTH, M, equilibrium, off, setting

import flownet as fn
from flownet.kernels.layout import AT_ONCE, ODD_EVEN, Manner as Order, Pull, schedule
from flownet.kernels.scalar.states import BOUNDED, COMPLIANCES, DIODE, SETTLED, SIGMOID, TANH


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


def test_nudged_phases_may_settle_in_an_order_of_their_own():
    potential, W = equilibrium("sigmoid4", order="upwards", nudged_order="downwards")
    same, _ = equilibrium("sigmoid4")
    assert off(potential.differential(W)[1], same.differential(W)[1]) < 1e-11
    few, both = (
        potential.changed(fixed=True, nudged_sweeps=1, nudged_order=order).differential(W)[1]
        for order in ("downwards", "upwards")
    )
    assert off(few, both) > 1e-3  # before they rest the order counts


#: code, own stiffness, the two numbers of its own, and G′
KINDS = {
    "clipped": (BOUNDED, 1.0, 0.0, 1.0, lambda s: s),
    "resistor": (BOUNDED, 2.5, -np.inf, np.inf, lambda s: 2.5 * s),
    "tanh": (TANH, 1.0, -1.0, 1.0, np.arctanh),
    "sigmoid4": (SIGMOID, 1.0, 0.0, 1.0, lambda s: (2 + np.log(s / (1 - s))) / 4),
    "diode": (DIODE, 0.7, 1e-3, 0.05, lambda s: 0.7 * s + 1e-3 * np.expm1(s / 0.05)),
}


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
