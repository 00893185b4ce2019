"""Circuits: Kirchhoff's law node by node, covectors, netlists, and what ngspice says of them."""

import numpy as np
import pytest
from checkout import REFERENCE
from circuit_cases import setting, voltages
from make_ngspice_reference import CASES, NUDGE, SPICE, meshed, solved, xor
from scipy.optimize import LinearConstraint, minimize, root
from test_resistive import along

import flownet as fn
from flownet.equilibrium import (
    Amplifier,
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


def test_xor_by_a_circuit():
    circuit, data = xor(), fn.data.load("xor")
    potential = fn.Equilibrium(circuit, fn.Quadratic(), data, nudge=0.01)
    run = fn.train(potential, fn.Adam(0.05), W0=circuit.init(1), steps=150)
    W = run.parameters[-1]
    assert W.min() >= 0
    assert run.loss[-1] < 1e-3
    assert np.abs(voltages(potential, W)[:, -1] - data.y[:, 0]).max() < 0.1


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


FILE = """
[data]
name = "xor"
[system]
kind = "circuit"
elements = [
    { kind = "input-source", a = "x", column = 0 }, { kind = "input-source", a = "y", column = 1 },
    { kind = "voltage-source", a = "rail", voltage = 0.5 },
    { kind = "resistor", a = "x", b = "h" }, { kind = "resistor", a = "y", b = "h" },
    { kind = "exponential-diode", a = "h", b = "rail" }, { kind = "current-source", a = "h" },
    { kind = "amplifier", a = "h", b = "shown", voltage_gain = 2.0 },
    { kind = "resistor", a = "shown", b = "o" }, { kind = "resistor", a = "o", conductance = 1.0 },
    { kind = "output", a = "o" },
]
[loss]
kind = "quadratic"
[equilibrium]
nudge = 0.1
[mechanics]
kind = "aristotle"
step = 0.2
[run]
steps = 10
"""


def test_a_circuit_in_a_file(tmp_path):
    path = tmp_path / "circuit.toml"
    path.write_text(FILE)
    made = fn.Experiment.load(path)
    whole = made.run()
    assert whole.loss[-1] < whole.loss[0]
    made.run(tmp_path / "run.h5")
    again = fn.Trajectory.open(tmp_path / "run.h5").potential
    assert again.system.elements == made.parts()[0].system.elements
    path.write_text(FILE.replace('kind = "output"', 'kind = "outptu"'))
    with pytest.raises(fn.FlownetError, match="did you mean 'output'"):
        fn.Experiment.load(path).parts()


@pytest.mark.parametrize(
    ("elements", "line"),
    [
        ([Resistor("a")], "has no Output"),
        ([VoltageSource("a", voltage=1.0), Output("a")], "has to be a node of its own"),
        (
            [VoltageSource("a", voltage=1.0), InputSource("a", column=0), Output("b")],
            "more than one source or amplifier holds the node 'a'",
        ),
        ([Amplifier("a", "b", voltage_gain=2.0), Amplifier("b", "a", voltage_gain=2.0)], "feeds"),
        (
            [Amplifier("a", "b", voltage_gain=2.0), Resistor("b", "a"), Output("o")],
            "the circuit has no energy",
        ),
        ([{"kind": "resistor", "a": "n", "length": 3}], "unknown word of the element 'resistor'"),
        ([{"a": "n"}], "its table with a kind"),
    ],
)
def test_a_mistake_gets_one_line(elements, line):
    with pytest.raises(fn.FlownetError, match=line) as error:
        fn.Circuit(elements)
    assert "\n" not in str(error.value)


def test_names_and_numbers_of_elements_are_checked():
    for make, line in (
        (lambda: Resistor("A"), "names are a small letter"),
        (lambda: Resistor("a", "a"), "both ends"),
        (lambda: Resistor("a", conductance=-1.0), "0 or more"),
        (lambda: InputSource("a", column=-1), "0, 1, 2"),
        (lambda: Amplifier("a", "b", voltage_gain=0.0), "voltage_gain"),
        (lambda: fn.Circuit([Output("a")], init=(2.0, 1.0)), "the lower first"),
        (lambda: xor().netlist(xor().init(), [0.0, 1.0], nudge=0.1), "give y"),
    ):
        with pytest.raises(fn.FlownetError, match=line):
            make()


def test_a_nudge_beyond_what_outputs_hold_is_refused():
    elements = [InputSource("i", column=0), Resistor("i", "o"), Diode("o", "i"), Output("o")]
    data = fn.Dataset(np.ones((1, 1)), np.zeros((1, 1)))
    potential = fn.Equilibrium(
        fn.Circuit(elements), fn.Quadratic(), data, nudge=-2.0, estimator="one-sided"
    )
    with pytest.raises(fn.FlownetError, match="take a smaller one"):
        potential.differential([1.0])
