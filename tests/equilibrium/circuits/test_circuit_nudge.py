"""Circuits that are nudged: orders of the error, series, breakdown, kinks, and XOR learnt."""

import numpy as np
import pytest
from circuit_cases import setting, voltages
from make_ngspice_reference import CASES, xor
from test_resistive import along

import flownet as fn
from flownet.equilibrium import Diode, InputSource, Output, Resistor


@pytest.mark.parametrize(
    ("estimator", "order"),
    [("one-sided", 1), ("symmetric", 2), ("richardson", 4)]
    + [({"kind": "contour", "points": n}, n) for n in (3, 4)],
)
def test_error_falls_with_the_order_of_the_estimator(estimator, order, holds):
    errors = []
    for nudge in (0.02, 0.01):
        circuit, W, data = CASES["mesh, exponential"]()
        potential = fn.Equilibrium(circuit, fn.Quadratic(), data, nudge=nudge, estimator=estimator)
        errors.append(np.abs(potential.differential(W)[1] - potential.exact(W)[1]).max())
    holds(
        "order of an estimator, off the whole number",
        abs(np.log2(errors[0] / errors[1]) - order),
        0.1,
    )


def test_estimate_is_the_differential_of_the_averaged_cost(holds):
    potential, W, _ = setting("mesh, exponential")
    averaged = potential.averaged(points=24)
    V = np.random.default_rng(2).normal(size=(4, W.size))
    wanted = along(averaged.value, W, V, 1e-5)
    apart = np.abs(V @ averaged.differential(W)[1] - wanted).max() / np.abs(wanted).max()
    holds("estimate beside the differential of L̄", apart, 1e-9)


@pytest.mark.parametrize("name", ["mesh, exponential", "mesh, ideal", "layered, amplified"])
def test_series_in_a_step_and_in_the_nudge(name):
    _, W, potential = setting(name, estimator="one-sided")
    V = 0.01 * np.random.default_rng(4).normal(size=W.size)
    c = potential.jet(W, V, 5)
    assert c[1] == pytest.approx(potential.exact(W)[1] @ V, rel=1e-10)
    left = [potential.difference(W, t * V) - sum(c[k] * t**k for k in (1, 2, 3)) for t in (2, 1)]
    assert np.log2(left[0] / left[1]) == pytest.approx(4, abs=0.2)
    g, exact = potential.nudge_jet(W, 1)[0], potential.exact(W)[1]
    assert np.abs(g - exact).max() < 1e-11 * np.abs(exact).max()
    nudged = potential.changed(nudge=1e-3)
    bias, off = nudged.bias(W, 9).sum(axis=0), nudged.differential(W)[1] - exact
    assert np.abs(off).max() > 1e-6
    assert np.abs(off - bias).max() < 1e-6 * np.abs(off).max()


def test_breakdown_and_meters_of_a_circuit(holds):
    _, W, potential = setting("mesh, exponential")
    b = fn.breakdown(potential, W, 0.1)
    holds(
        "breakdown's terms beside what was delivered",
        abs((b.linear + b.second + b.third + b.remainder) / b.actual - 1),
        1e-12,
    )
    parts = b.split("nudge")
    assert parts.descent + parts.bias.sum() + parts.left == pytest.approx(b.linear, rel=1e-10)
    found = potential.meters(W)
    assert found.kink == np.inf
    assert found.curl < 1e-6
    assert found.softness > 0


def test_first_kink_of_ideal_diodes():
    """A frozen force is exact below it, and not above."""
    _, W, potential = setting("mesh, ideal", force="frozen")
    kink, exact = potential.meters(W).kink, potential.exact(W)[1]
    off = [
        np.abs(potential.changed(nudge=share * kink).differential(W)[1] - exact).max()
        for share in (0.999, 1.3)
    ]
    assert 0 < kink < np.inf
    assert off[0] < 1e-11
    assert off[1] > 1e-5


def test_xor_by_a_circuit():
    circuit, data = xor(), fn.data.load("xor")
    potential = fn.Equilibrium(circuit, fn.Quadratic(), data, nudge=0.01)
    run = fn.train(potential, fn.Adam(0.05), W0=circuit.init(1), steps=150)
    W = run.parameters[-1]
    assert W.min() >= 0
    assert run.loss[-1] < 1e-3
    assert np.abs(voltages(potential, W)[:, -1] - data.y[:, 0]).max() < 0.1


def test_a_nudge_beyond_what_outputs_hold_is_refused():
    elements = [InputSource("i", column=0), Resistor("i", "o"), Diode("o", "i"), Output("o")]
    data = fn.Dataset(np.ones((1, 1)), np.zeros((1, 1)))
    potential = fn.Equilibrium(
        fn.Circuit(elements), fn.Quadratic(), data, nudge=-2.0, estimator="one-sided"
    )
    with pytest.raises(fn.FlownetError, match="take a smaller one"):
        potential.differential([1.0])
