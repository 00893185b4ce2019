"""States that flow: the form of 2017, and the flow of every other one."""

import numpy as np
import pytest
from states_at_rest import differences, off, setting
from test_resistive import setting as resistive

import flownet as fn
from flownet.kernels.scalar.states import COMPLIANCES, RHO_SIGMOID, RHO_TANH

MAPPED = ["tanh", "sigmoid4"]
FORMS = ["primitive", "rho"]


def made(name, form="rho", *, nudge=0.02, scale=0.4, order="flow", output=None, **words):
    system, W, data = setting("tanh", scale=scale)
    if name in ("hard-sigmoid", "relu"):
        system, W, data = setting(name, scale=0.3)
    flows = fn.Hopfield(system.sizes, name, form=form, output=output)
    if name in ("hard-sigmoid", "sigmoid4"):  # most units well within their bounds
        for part in flows.network.parts(W):
            part.bias[:] = np.linspace(0.8, 1.1, part.bias.size) if name == "sigmoid4" else 0.3
    words = {"sweeps": 20000, "step": 0.25, **words}
    return fn.Equilibrium(flows, fn.Quadratic(), data, nudge=nudge, order=order, **words), W


def states(potential, W, nudge=0.0):
    return np.concatenate(potential.relax(W, nudge=nudge), axis=1)


@pytest.mark.parametrize("name", MAPPED)
@pytest.mark.parametrize("output", [None, "identity"])
def test_exact_covector_of_the_form_of_2017_is_that_of_differences(name, output, holds):
    potential, W = made(name, output=output)
    V = np.random.default_rng(0).normal(size=(5, W.size))
    wanted = differences(potential.value, W, 1e-4, along=V)
    holds("exact covector beside differences", off(V @ potential.exact(W)[1], wanted), 1e-9)


@pytest.mark.parametrize("name", MAPPED)
def test_state_of_the_form_of_2017_is_stationary_and_its_energy_least(name):
    potential, W = made(name)
    s, system, x = states(potential, W), potential.system, potential.phases.x
    assert np.abs(system.slope(W, x, s)).max() < 1e-13
    if name == "sigmoid4":
        assert 0 < s.min() < s.max() < 1
    low = system.energy(W, x, s)
    random = np.random.default_rng(1)
    for size in (1e-3, 1e-2):
        assert (system.energy(W, x, s + size * random.normal(size=s.shape)) >= low).all()
    V, h = random.normal(size=s.shape), 1e-5
    away = s + 0.02 * random.random(s.shape)
    ends = [system.energy(W, x, away + sign * h * V) for sign in (1, -1)]
    wanted = (system.slope(W, x, away) * V).sum(axis=1)
    assert (ends[0] - ends[1]) / (2 * h) == pytest.approx(wanted, abs=1e-8)
    slopes = [system.slope(W, x, s + sign * h * V) for sign in (1, -1)]
    with potential.phases.at(W) as at:
        v, _ = at.states.solve(
            at.free,
            np.concatenate(
                [layer.ravel() for layer in system.split((slopes[0] - slopes[1]) / (2 * h))]
            ),
        )
        assert np.abs(np.concatenate(at.states.layers(v), axis=1) - V).max() < 1e-8


@pytest.mark.parametrize("name", MAPPED)
@pytest.mark.parametrize("force", ["moving", "frozen"])
@pytest.mark.parametrize(
    ("estimator", "order"), [("one-sided", 1), ("symmetric", 2), ("richardson", 4)]
)
def test_error_falls_with_the_order_of_the_estimator(name, force, estimator, order, holds):
    errors = []
    for nudge in (0.04, 0.02):
        potential, W = made(name, nudge=nudge, estimator=estimator, force=force)
        errors.append(off(potential.differential(W)[1], potential.exact(W)[1]))
    holds(
        "order of an estimator, off the whole number",
        abs(np.log2(errors[0] / errors[1]) - order),
        0.1,
    )


@pytest.mark.parametrize("name", MAPPED)
@pytest.mark.parametrize("estimator", ["one-sided", "symmetric"])
def test_estimate_is_the_differential_of_the_averaged_cost(name, estimator, holds):
    potential, W = made(name, nudge=0.1, estimator=estimator)
    averaged = potential.averaged(points=24)
    V = np.random.default_rng(2).normal(size=(3, W.size))
    wanted = differences(averaged.value, W, along=V)
    holds(
        "estimate beside the differential of L̄", off(V @ averaged.differential(W)[1], wanted), 1e-9
    )


def published(system, W, x, y, sweeps, step, nudge):
    """The program of 2017, as its authors wrote it: s ← clip(s + ε(ρ′(s)(…) − s − β(o − y)))."""
    parts = list(system.network.parts(W))
    s = [np.zeros((len(x), n)) for n in system.sizes[1:]]

    def rho(s):
        return np.clip(s, 0, 1)

    for _ in range(sweeps):
        seen = [x, *map(rho, s)]
        moved = []
        for i, (part, s_l) in enumerate(zip(parts, s)):
            a = seen[i] @ part.weights.T + part.bias
            if i + 1 < len(s):
                a = a + seen[i + 2] @ parts[i + 1].weights
            slope = ((s_l >= 0) & (s_l <= 1)) * a - s_l
            if i + 1 == len(s):
                slope = slope - nudge * (s_l - y)
            moved.append(np.clip(s_l + step * slope, 0, 1))
        s = moved
    return np.concatenate(s, axis=1)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("sweeps", [1, 4, 20])
def test_flow_of_the_hard_sigmoid_is_the_program_of_2017(form, sweeps):
    system, W, data = setting("hard-sigmoid")
    system = fn.Hopfield(system.sizes, "hard-sigmoid", form=form)
    potential = fn.Equilibrium(
        system, fn.Quadratic(), data, nudge=0.5, order="flow", step=0.3, sweeps=sweeps, fixed=True
    )
    wanted = published(system, W, data.x, data.y, sweeps, 0.3, 0.0)
    assert np.abs(states(potential, W) - wanted).max() < 1e-14


@pytest.mark.parametrize("name", ["tanh", "sigmoid4", "hard-sigmoid", "relu", "identity"])
@pytest.mark.parametrize("nudge", [0.0, 0.3])
def test_flow_and_settling_come_to_rest_at_the_same_state(name, nudge):
    found = []
    for order in ("odd-even", "flow"):
        potential, W = made(name, "primitive", order=order, step=0.4)
        found.append(states(potential, W, nudge))
    assert np.abs(found[0] - found[1]).max() < 1e-13


@pytest.mark.parametrize("diodes", ["ideal", "exponential", "none"])
def test_resistive_networks_flow_as_capacitors_charge(diodes):
    settled, W = resistive(diodes)
    flowing = settled.changed(order="flow", step=0.02, sweeps=100000)
    assert np.abs(states(settled, W, 0.05) - states(flowing, W, 0.05)).max() < 1e-12


@pytest.mark.parametrize("name", ["tanh", "sigmoid4", "hard-sigmoid"])
@pytest.mark.parametrize("form", FORMS)
def test_energy_falls_at_every_step(name, form):
    energies = []
    for sweeps in range(1, 30, 3):
        potential, W = made(name, form, fixed=True, sweeps=sweeps, step=0.2)
        s = states(potential, W)
        energies.append(potential.system.energy(W, potential.phases.x, s))
    assert (np.diff(energies, axis=0) <= 1e-14).all()


@pytest.mark.parametrize(
    ("code", "rho"), [(RHO_TANH, np.tanh), (RHO_SIGMOID, lambda s: 1 / (1 + np.exp(2 - 4 * s)))]
)
def test_compliance_is_how_what_is_seen_follows_its_drive(code, rho):
    """r = ρ(s) with s = ρ′(s)·a: dr/da by differences."""
    h = 1e-5
    for s in np.linspace(0.05, 0.95, 7):
        slope = (rho(s + h) - rho(s - h)) / (2 * h)

        def drive(s):
            return s / ((rho(s + h) - rho(s - h)) / (2 * h))

        wanted = slope / ((drive(s + h) - drive(s - h)) / (2 * h))
        found = COMPLIANCES[code](np.float64(s), 1.0, np.float64(-2.0), np.float64(2.0))
        assert found == pytest.approx(wanted, rel=1e-5)


def test_bits_of_a_flow_do_not_depend_on_threads():
    random = np.random.default_rng(0)
    data = fn.Dataset(random.random((40, 60)), random.random((40, 5)))
    system = fn.Hopfield([60, 300, 5], "sigmoid4", form="rho", dtype="float32")
    W = 0.3 * system.init(0)
    potential = fn.Equilibrium(
        system, fn.Quadratic(), data, nudge=0.1, fixed=True, sweeps=20, order="flow"
    )
    found = []
    for threads in (1, 2):
        with potential.kernels.limited(threads):
            found.append(potential.differential(W)[1])
    assert np.array_equal(*found)
    assert found[0].dtype == np.float32


class Falls(fn.equilibrium.Energy):
    """E = ½s² − θs with a wrong way of settling, which a flow does not use."""

    size, states, n_in, n_out = 1, 1, 1, 1

    def energy(self, W, x, s):
        return (s**2 / 2 - W[0] * s)[:, 0]

    def slope(self, W, x, s):
        return s - W[0]

    def covector(self, W, x, s, weight):
        return np.array([-(weight[:, None] * s).sum()])

    def settle(self, W, x, s, pull):
        return s + 1


def test_energies_of_a_user_flow_by_their_slope():
    data = fn.Dataset(np.zeros((1, 1)), np.ones((1, 1)))
    potential = fn.Equilibrium(Falls(), fn.Quadratic(), data, nudge=0.1, order="flow", step=0.3)
    assert potential.relax([0.4])[0][0, 0] == pytest.approx(0.4, abs=1e-13)


FILE = """
[data]
name = "xor"
[system]
kind = "hopfield"
sizes = [2, 6, 1]
activation = "sigmoid4"
form = "rho"
[loss]
kind = "quadratic"
[equilibrium]
nudge = 0.1
order = "flow"
step = 0.4
[mechanics]
kind = "aristotle"
step = 0.2
[run]
steps = 10
"""


def test_it_stands_in_files(tmp_path):
    path = tmp_path / "flow.toml"
    path.write_text(FILE)
    made = fn.Experiment.load(path)
    made.run(tmp_path / "run.h5")
    again = fn.Trajectory.open(tmp_path / "run.h5").potential
    assert again.parameters() == made.parts()[0].parameters()
    assert again.step == 0.4


def test_a_mistake_gets_one_line():
    potential, _ = made("tanh")
    for make, line in (
        (lambda: potential.changed(order="odd-even"), "take order='flow'"),
        (lambda: made("tanh", form="roh"), "did you mean 'rho'"),
        (lambda: potential.changed(step=0.0), "step"),
        (lambda: potential.changed(estimator="contour"), "wants complex states"),
    ):
        with pytest.raises(fn.FlownetError, match=line) as error:
            make()
        assert "\n" not in str(error.value)
