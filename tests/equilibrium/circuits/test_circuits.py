"""Circuits: Kirchhoff's law node by node, covectors, and what ngspice says of them."""

import numpy as np
import pytest
from checkout import REFERENCE
from circuit_cases import setting, voltages
from make_ngspice_reference import CASES, NUDGE, SPICE, meshed, solved
from scipy.optimize import LinearConstraint, minimize, root
from test_resistive import along

import flownet as fn
from flownet.equilibrium import (
    CurrentSource,
    Diode,
    ExponentialDiode,
    InputSource,
    Output,
    Resistor,
    VoltageSource,
)


def volts_of(name, apart):
    """What is claimed of a case: how far voltages are apart, and by how much they may be."""
    if "ideal" in name:
        return "ngspice, ideal diodes (V)", np.abs(apart).max(), 1e-8
    return "ngspice, exponential and amplifiers (V)", np.abs(apart).max(), 1e-10


@pytest.mark.parametrize("name", CASES)
def test_exact_covector_is_that_of_differences(name, holds):
    potential, W, _ = setting(name)
    V = np.random.default_rng(0).normal(size=(6, W.size)) * (W != 0)
    wanted = along(potential.value, W, V, 1e-5)
    apart = np.abs(V @ potential.exact(W)[1] - wanted).max() / np.abs(wanted).max()
    holds("exact covector beside differences", apart, 1e-9)


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("layered")])
def test_a_layered_network_is_the_same_circuit(name):
    layered, W, circuit = setting(name)
    for nudge in (0.0, NUDGE, -NUDGE):
        found, wanted = (voltages(p, W, nudge) for p in (circuit, layered))
        assert np.abs(found - wanted).max() < 1e-12
    s = voltages(layered, W)
    of = [(p.system, p.phases.x) for p in (layered, circuit)]
    energies = [system.energy(W, x, s) for system, x in of]
    assert energies[0] == pytest.approx(energies[1], rel=1e-12)
    weight = np.arange(1.0, 1 + len(s))
    covectors = [system.covector(W, x, s, weight) for system, x in of]
    assert np.abs(covectors[0] - covectors[1]).max() < 1e-12 * np.abs(covectors[0]).max()
    assert layered.exact(W)[1] == pytest.approx(circuit.exact(W)[1], abs=1e-11)


@pytest.mark.parametrize("name", CASES)
def test_ngspice_finds_the_same_voltages_and_covector(name, holds):
    potential, W, circuit = setting(name)
    with np.load(REFERENCE / "ngspice.npz") as file:
        stored = file[name]
    for k, nudge in enumerate((0.0, NUDGE, -NUDGE)):
        holds(*volts_of(name, voltages(potential, W, nudge) - stored[k]))
    m, (_, up, down) = len(stored[0]), stored
    weight = np.full(m, 1 / m)
    seen = [circuit.system.covector(W, circuit.phases.x, s, weight) for s in (up, down)]
    dL = (seen[0] - seen[1]) / (2 * NUDGE)
    holds("ngspice, covector", np.abs(potential.differential(W)[1] - dL).max(), 1e-7)


@pytest.mark.skipif(SPICE is None, reason="ngspice is not installed")
@pytest.mark.parametrize("name", CASES)
def test_ngspice_still_says_what_is_stored(name, holds):
    with np.load(REFERENCE / "ngspice.npz") as file:
        stored = file[name]
    claim, *figures = volts_of(name, solved(name, 1) - stored[:, :1])
    holds(f"{claim}, live", *figures)


def test_kirchhoff_node_by_node_of_a_mesh():
    """scipy's root of the currents into each node, written out by hand."""
    circuit, W, data = meshed(lambda a, b: ExponentialDiode(a, b, current=1e-4, scale=0.05))
    potential = fn.Equilibrium(circuit, fn.Quadratic(), data, nudge=NUDGE)
    g, J = W[:8], W[8:]
    pull, truth = 0.2, data.y[:, 0]

    def through(w):
        return 1e-4 * np.expm1(w / 0.05)

    for i, (x, s) in enumerate(zip(data.x, voltages(potential, W, pull))):

        def currents(v, x=x, y=truth[i]):
            p, q, r, o = v
            i0, i1 = 1.5 * x
            a, rail = 3.0 * r, 0.6
            drawn = g[7] * (a - o)  # what the amplifier delivers, and draws three times
            return [
                g[0] * (p - i0) + g[2] * (p - q) + g[4] * (p - o) + through(p - rail) - J[0],
                g[1] * (q - i1)
                + g[2] * (q - p)
                + g[3] * (q - r)
                + 0.3 * q
                + J[1]
                - through(r - q)
                - through(-q),
                g[3] * (r - q)
                + g[5] * (r - rail)
                + g[6] * (r - o)
                - J[1]
                + through(r - q)
                + 3.0 * drawn,
                g[4] * (o - p) + g[6] * (o - r) - drawn + pull * (o - y),
            ]

        assert circuit.nodes.free == ["p", "q", "r", "o"]
        found = root(currents, s + 1e-3, tol=1e-14)
        assert np.abs(s - found.x).max() < 1e-10


def test_ideal_diodes_between_nodes_hold_the_least_energy():
    """Beside scipy's constrained minimiser."""
    circuit, W, data = meshed(Diode)
    potential = fn.Equilibrium(circuit, fn.Quadratic(), data, nudge=NUDGE)
    states, u = voltages(potential, W), potential.phases.x
    least = circuit.energy(W, u, states)
    assert np.isfinite(least).all()
    assert np.abs(circuit.slope(W, u, states)).max() < 1e-13
    held = circuit.over(u, states) == 0
    assert 0.2 < held.mean() < 0.8
    for i, s in enumerate(states):
        u_i = u[i : i + 1]
        within = LinearConstraint(circuit.ideal.K, ub=-(circuit.ideal.of_sources @ u[i]))
        found = minimize(
            lambda v, u=u_i: float(
                0.5 * v @ circuit.curvature(W, u, v[None], v[None])[0]
                + v @ circuit.smooth_slope(W, u, 0 * v[None])[0]
            ),
            s + 0.1,
            jac=lambda v, u=u_i: circuit.smooth_slope(W, u, v[None])[0],
            constraints=[within],
            method="SLSQP",
            options={"ftol": 1e-15},
        )
        assert np.abs(found.x - s).max() < 1e-5


def test_large_circuits_are_sparse():
    """A ladder of 300 nodes, beside the recurrence of its resistances."""
    names = [f"n{k}" for k in range(300)]
    elements = [VoltageSource("top", voltage=1.0)]
    for above, name in zip(["top", *names], names):
        elements += [Resistor(above, name, conductance=1.0), Resistor(name, conductance=0.01)]
    circuit = fn.Circuit([*elements, CurrentSource(names[0]), Output(names[-1])])
    data = fn.Dataset(np.zeros((2, 1)), np.zeros((2, 1)))
    potential = fn.Equilibrium(circuit, fn.Quadratic(), data, nudge=0.1)
    seen = 0.01  # what is seen of all below a node, from the last on
    for _ in names[1:]:
        seen = 0.01 + seen / (1 + seen)
    assert voltages(potential, np.zeros(1))[0, 0] == pytest.approx(1 / (1 + seen), rel=1e-12)
    V = along(potential.value, np.array([0.5]), np.ones((1, 1)), 1e-2)
    assert potential.exact([0.5])[1] == pytest.approx(V, rel=1e-9)


@pytest.mark.parametrize(("rails", "odd"), [((0.0, 0.0), True), ((0.2, -0.5), False)])
def test_one_rail_in_the_middle_makes_a_circuit_odd(rails, odd):
    elements = [InputSource("i", column=0), InputSource("j", column=1, gain=-1.0)]
    elements += [VoltageSource(n, voltage=v) for n, v in zip(("high", "low"), rails)]
    elements += [Resistor("i", "h"), Resistor("j", "h"), Resistor("h", "o"), Resistor("i", "o")]
    elements += [ExponentialDiode("h", "high"), ExponentialDiode("low", "h"), Output("o")]
    x = np.random.default_rng(0).normal(size=(5, 2))
    potential = fn.Equilibrium(
        fn.Circuit(elements),
        fn.Quadratic(),
        fn.Dataset(np.vstack([x, -x]), np.zeros((10, 1))),
        nudge=0.1,
    )
    v = voltages(potential, np.array([0.3, 0.5, 0.2, 0.7]))
    assert (np.abs(v[:5] + v[5:]).max() < 1e-12) == odd
