"""Equilibrium propagation is backpropagation through time, sweep by sweep."""

import numpy as np
import pytest
from states_at_rest import off, setting
from test_resistive import setting as resistive

import flownet as fn

ORDERS = ["at-once", "odd-even", "even-odd", "upwards", "downwards"]
KINDS = ["tanh", "sigmoid4", "hard-sigmoid", "relu", "identity", "exponential", "ideal"]
K = 8


def made(name, order):
    if name in ("exponential", "ideal"):
        return resistive(name, order=order)
    system, W, data = setting(name, scale=0.3)
    for part in system.network.parts(W) if name == "hard-sigmoid" else ():
        part.bias[:] = 0.3
    return fn.Equilibrium(system, fn.Quadratic(), data, nudge=0.1, order=order), W


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("order", ORDERS)
def test_increments_agree_sweep_by_sweep(name, order, holds):
    potential, W = made(name, order)
    steps = 5 if name == "sigmoid4" else K  # its increments fall to rounding sooner
    found = fn.gdu(potential, W, steps=steps)
    assert found.of_nudge.shape == found.through_time.shape == (steps, W.size)
    holds("GDU of parameters, step by step", found.apart.max(), 1e-6)
    holds("GDU of neurons, step by step", found.neurons_apart.max(), 1e-6)
    assert np.abs(found.through_time).max(axis=1).min() > 0
    assert off(found.exact, potential.exact(W)[1]) < 1e-12


@pytest.mark.parametrize("name", [*KINDS, "rho-tanh", "rho-sigmoid4"])
def test_increments_of_a_flow_agree_step_by_step(name, holds):
    potential, W = made(name.removeprefix("rho-"), "odd-even")
    if name.startswith("rho-"):
        system = fn.Hopfield(potential.system.sizes, name.removeprefix("rho-"), form="rho")
        potential = potential.changed(system=system, order="flow")
        for part in system.network.parts(W) if name == "rho-sigmoid4" else ():
            part.bias[:] = np.linspace(0.8, 1.1, part.bias.size)
    step = 0.05 if name in ("exponential", "ideal") else 0.4
    found = fn.gdu(potential.changed(order="flow", step=step, sweeps=20000), W, steps=12)
    holds("GDU of parameters, step by step", found.apart.max(), 1e-6)
    holds("GDU of neurons, step by step", found.neurons_apart.max(), 1e-6)
    assert np.abs(found.through_time).max(axis=1).min() > 0
    more = fn.gdu(potential.changed(order="flow", step=step, sweeps=20000), W, steps=400)
    assert more.left[-1] < (1e-2 if step < 0.1 else 1e-9)


@pytest.mark.parametrize("order", ["odd-even", "upwards"])
def test_in_the_same_order_increments_differ_and_sums_do_not(order):
    potential, W = made("tanh", order)
    same = fn.gdu(potential, W, steps=30, backwards=order)
    assert same.apart[:K].max() > 0.1
    assert same.left[-1] < 1e-8
    assert off(same.of_nudge.sum(axis=0), same.exact) < 1e-7


@pytest.mark.parametrize("order", ORDERS)
def test_increments_are_derivatives_of_what_the_last_sweeps_make(order):
    """One sweep with other parameters, and t more with the old: differences of the last cost."""
    potential, W = made("sigmoid4", order)
    reversed_order = fn.gdu(potential, W, steps=1).backwards
    found = fn.gdu(potential, W, steps=4)
    free = potential.changed(order=reversed_order, fixed=True, sweeps=1)
    states = np.concatenate([layer.ravel() for layer in potential.relax(W)])

    def last(W_t, more):
        s = states.copy()
        for each, sweeps in ((W_t, 1), (W, more)):
            with free.phases.at(each) as at:
                at.states.relax(s, at.states.free, sweeps)
                cost = at.losses(s).mean()
        return cost

    V, h = np.random.default_rng(0).normal(size=W.size), 1e-4
    for t in range(4):
        near, far = (last(W + size * V, t) - last(W - size * V, t) for size in (h, 2 * h))
        assert found.through_time[t] @ V == pytest.approx((8 * near - far) / (12 * h), rel=1e-7)


def test_what_it_says_and_draws():
    potential, W = made("tanh", "odd-even")
    found = fn.gdu(potential, W, steps=5)
    assert "apart" in str(found)
    assert "odd-even" in str(found)
    assert len(found.table().rows) == 5
    figure = fn.plot.gdu(found)
    lines = figure.axes[0].get_lines()
    assert len(lines) == 6
    for line, circles in zip(lines[::2], lines[1::2]):
        assert np.allclose(line.get_ydata(), circles.get_ydata(), rtol=1e-4)


def test_a_mistake_gets_one_line():
    potential, W = made("tanh", "odd-even")
    net = fn.Network([2, 1])
    plain = fn.Potential(net, fn.Quadratic(), fn.data.load("xor"))
    for make, line in (
        (lambda: fn.gdu(plain, net.init(0)), "an Equilibrium of layers"),
        (lambda: fn.gdu(potential, W, steps=0), "1, 2, 3"),
        (lambda: fn.gdu(potential, W, backwards="sideways"), "unknown order"),
        (lambda: fn.gdu(potential, W, backwards="flow"), "cannot be compared"),
        (lambda: fn.plot.gdu(3), "as flownet.gdu gives it"),
    ):
        with pytest.raises(fn.FlownetError, match=line):
            make()
