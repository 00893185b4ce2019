"""Paths and orbits whose action is stationary: they learn by a nudge, or by their echo."""

import pickle
from functools import partial

import numpy as np
import pytest
from moving_systems import KINDS, moving, orbit, path
from states_at_rest import differences, off, slope_less_first_term

import flownet as fn
from flownet.equilibrium import Mechanical
from flownet.equilibrium.actions._orbits import Orbits

ESTIMATORS = [("one-sided", 1), ("symmetric", 2), ("richardson", 4)]
ESTIMATORS += [({"kind": "contour", "points": n}, n) for n in (3, 4, 6)]


@pytest.mark.parametrize("kind", KINDS)
def test_derivatives_of_a_mechanical_system(kind):
    made, W = moving(kind)
    random = np.random.default_rng(2)
    q, v = random.normal(size=(2, 5, 3))
    u, weight = random.normal(size=(5, 2)), random.random(5)
    covector = made.covector(W, q, u, weight)
    assert off(covector, differences(lambda W: weight @ made.energy(W, q, u), W, 1e-3)) < 1e-11
    for i, e in enumerate(np.eye(3)):
        moved = [made.energy(W, q + h * e, u) - made.energy(W, q - h * e, u) for h in (1e-3, 2e-3)]
        assert off(made.slope(W, q, u)[:, i], (8 * moved[0] - moved[1]) / 0.012) < 1e-10
    assert off(made.curvature(W, q, u), Mechanical.curvature(made, W, q, u)) < 1e-9
    along = made.along(W, q, u, v, weight)
    assert off(along, Mechanical.along(made, W, q, u, v, weight)) < 1e-9


@pytest.mark.parametrize("make", [path, orbit])
@pytest.mark.parametrize("kind", KINDS)
def test_exact_covector_is_that_of_differences(make, kind, holds):
    potential, W = make(kind)
    dL = potential.exact(W)[1]
    holds("exact covector beside differences", off(dL, differences(potential.value, W, 3e-4)), 1e-9)


@pytest.mark.parametrize("make", [path, orbit])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("estimator", "order"), ESTIMATORS)
def test_error_falls_with_the_order_of_the_estimator(make, kind, estimator, order, holds):
    errors, large = [], 0.05
    if (make, kind) in ((orbit, "own"), (path, "oscillators")):  # whose radii are smaller
        large = 0.02 if (make, order) == (orbit, 6) else 0.01
    for nudge in (large, large / 2):
        potential, W = make(kind, nudge=nudge, estimator=estimator)
        errors.append(off(potential.differential(W)[1], potential.exact(W)[1]))
    holds(
        "order of an estimator, off the whole number",
        abs(np.log2(errors[0] / errors[1]) - order),
        0.1,
    )


@pytest.mark.parametrize("make", [path, orbit])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("estimator", "slope"), [("one-sided", 2), ("symmetric", 4)])
def test_bias_less_its_first_term(make, kind, estimator, slope, holds):
    large = 0.01 if (make, kind) in ((orbit, "own"), (path, "oscillators")) else 0.05
    found = slope_less_first_term(partial(make, kind), estimator, large)
    holds("bias less its first term: slope off 2 or 4", abs(found - slope), 0.1)


def test_path_is_that_of_verlet_between_its_ends():
    potential, W = path("neural")
    system, x = potential.system, potential.data.x
    states = potential.relax(W)[0]
    q = system.path(states)
    whole = np.concatenate([system.ends(x)[0], q, system.ends(x)[1]], axis=1)
    force = -system.mechanical.slope(W, q.reshape(-1, 3), system.signals(x)).reshape(q.shape)
    assert np.abs(np.diff(whole, 2, axis=1) / system.dt**2 - force).max() < 1e-11
    assert np.abs(system.slope(W, x, states)).max() < 1e-12


def test_action_is_stationary_on_the_path():
    potential, W = path("oscillators")
    s, x = potential.relax(W)[0], potential.data.x
    u = np.random.default_rng(3).normal(size=s.shape)
    one, two = (potential.system.energy(W, x, s + h * u) for h in (1e-3, -1e-3))
    at = potential.system.energy(W, x, s)
    assert np.abs(one - two).max() < 1e-7 * np.abs(one + two - 2 * at).max() ** 0.5
    bent = (u * potential.system.curvature(W, x, s, u)).sum(axis=1)
    assert off((one + two - 2 * at) / 1e-6, bent) < 1e-4


def test_estimate_of_a_path_is_the_differential_of_the_averaged_cost(holds):
    potential, W = path("neural", nudge=0.05)
    averaged = potential.averaged(points=16)
    V = np.random.default_rng(2).normal(size=(3, W.size))
    along = differences(averaged.value, W, 3e-4, along=V)
    holds(
        "estimate beside the differential of L̄", off(V @ averaged.differential(W)[1], along), 1e-9
    )


@pytest.mark.parametrize("kind", KINDS)
def test_an_echo_returns_to_where_the_orbit_began(kind, holds):
    potential, W = orbit(kind, steps=400)
    holds("an echo returns", potential.returns(W), 1e-13)


@pytest.mark.parametrize("kind", ["oscillators", "neural"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_compiled_orbits_are_those_of_numpy(kind, dtype):
    potential, W = orbit(kind, dtype=dtype, estimator="one-sided", nudge=0.3)
    plain = potential.changed()
    plain._orbits = Orbits(plain.system, plain._cost)
    (loss, dL), (other, slow) = potential.differential(W), plain.differential(W)
    eps = float(np.finfo(dtype).eps)
    assert loss == pytest.approx(other, rel=100 * eps)
    assert dL.dtype == dtype
    assert off(dL, slow) < 1e4 * eps
    (loss, dL), (other, slow) = potential.exact(W), plain.exact(W)
    assert loss == pytest.approx(other, rel=100 * eps)
    assert dL.dtype == dtype
    assert off(dL, slow) < 100 * eps


def test_orbit_of_a_harmonic_oscillator_is_known():
    """Verlet's own frequency: cos(ω·dt) = 1 − κ·dt²/2."""
    system = fn.Verlet(fn.Oscillators(1), steps=50, time=10.0, begins=True)
    W, dt = np.array([1.7, 0.0]), system.dt
    q, p = system.orbit(W, np.array([[1.0, 0.0]]))
    omega = np.arccos(1 - 1.7 * dt**2 / 2) / dt
    assert np.abs(q[0, :, 0] - np.cos(omega * dt * np.arange(51))).max() < 1e-13
    conserved = p[0, :, 0] ** 2 + 1.7 * (1 - 1.7 * dt**2 / 4) * q[0, :, 0] ** 2
    assert np.ptp(conserved) < 1e-13  # Verlet's own energy


def test_friction_spoils_an_echo():
    """A step that is not reversible learns another covector, whatever the nudge."""

    class Rubbed(fn.Verlet):
        def step(self, W, u, here, there, q, p):
            q, p = super().step(W, u, here, there, q, p)
            return q, p * (1 - 0.1 * self.dt)

    potential, W = orbit("oscillators", nudge=1e-3)
    rubbed = Rubbed(**{**potential.system.parameters(), "mechanical": potential.system.mechanical})
    spoilt = potential.changed(system=rubbed)
    spoilt._orbits = Orbits(rubbed, spoilt._cost)
    dL = differences(spoilt.value, W)
    assert off(spoilt.differential(W)[1], dL) > 0.05
    assert off(potential.differential(W)[1], differences(potential.value, W)) < 1e-5


def test_data_have_their_closed_form():
    data = fn.data.spring(m=6, steps=400, stiffness=4.0, time=1.2)
    whole = np.concatenate([data.x[:, :1], data.y, data.x[:, 1:]], axis=1)
    dt = 1.2 / 400
    assert np.abs(np.diff(whole, 2, axis=1) / dt**2 + 4 * data.y).max() < 1e-4
    data = fn.data.resonator(m=6, steps=2000, stiffness=2.0, time=8.0)
    dt, inner = 8.0 / 2000, slice(1, -1)
    bend = np.diff(data.y, 2, axis=1) / dt**2
    assert np.abs(bend + 2 * data.y[:, inner] - data.x[:, inner]).max() < 1e-4
    assert np.abs(data.y[:, 0]).max() < 1e-15
    assert np.abs(data.y[:, 1]).max() < dt**2 * np.abs(data.x).max()
    with pytest.raises(fn.FlownetError, match="below π"):
        fn.data.spring(stiffness=16.0)


def test_a_path_learns_the_spring_of_its_data():
    data = fn.data.spring(stiffness=4.0, steps=20)
    system = fn.LeastAction(fn.Oscillators(1), steps=20, time=1.0)
    potential = fn.Equilibrium(system, fn.Quadratic(), data, nudge=0.01)
    W = np.array([1.0, 0.0])
    metric = fn.DiagonalMetric([1.0, np.inf])  # it does not harden
    run = fn.train(potential, fn.Aristotle(step=2.0), metric=metric, W0=W, steps=150)
    wanted = 2 * (1 - np.cos(2.0 / 20)) * 20**2  # whose steps are those of κ = 4
    assert run.loss[-1] < 1e-9
    assert run.parameters[-1][0] == pytest.approx(wanted, rel=1e-3)


def test_an_echo_learns_the_resonator_of_its_data_and_resumes_to_the_bit(tmp_path, holds):
    data = fn.data.resonator(m=10, steps=50, time=5.0, stiffness=2.0)
    system = fn.Verlet(fn.Oscillators(1, inputs=1), steps=50, time=5.0)
    potential = fn.Echo(system, fn.Quadratic(), data, nudge=1e-3)
    W = np.array([1.0, 0.0, 0.5])
    whole = fn.train(potential, fn.Adam(0.05), W0=W, steps=300)
    assert whole.loss[-1] < 1e-4 * whole.loss[0]
    assert whole.parameters[-1][[0, 2]] == pytest.approx([2.0, 1.0], rel=0.02)
    store = tmp_path / "run.h5"
    fn.train(potential, fn.Adam(0.05), W0=W, steps=120, store=store)
    again = fn.resume(store, steps=300)
    holds(
        "numbers that a resumed run has otherwise",
        np.count_nonzero(again.parameters[-1] != whole.parameters[-1]),
        0,
    )


FILE = """
[data]
name = "{data}"
[system]
kind = "{system}"
steps = {steps}
time = {time}
mechanical = {{ kind = "oscillators", coordinates = 2, inputs = {inputs} }}
observed = 1
[loss]
kind = "quadratic"
[equilibrium]
{learning}
nudge = 0.01
[mechanics]
kind = "aristotle"
step = 0.1
[run]
steps = 5
"""
WORDS = {
    "path": {"data": "spring", "system": "least-action", "steps": 20, "time": 1.0, "inputs": 0},
    "orbit": {"data": "resonator", "system": "verlet", "steps": 100, "time": 10.0, "inputs": 1},
}


@pytest.mark.parametrize("name", WORDS)
def test_files_say_what_moves(tmp_path, name):
    learning = 'kind = "echo"' if name == "orbit" else ""
    file = tmp_path / "made.toml"
    file.write_text(FILE.format(**WORDS[name], learning=learning))
    made = fn.Experiment.load(file)
    run = made.run(tmp_path / "run.h5")
    again = fn.Trajectory.open(tmp_path / "run.h5").potential
    assert again.parameters() == made.parts()[0].parameters()
    assert np.isfinite(run.loss).all()
    of = fn.Experiment.of(again, fn.Aristotle(0.1), steps=5).run()
    assert np.array_equal(of.parameters[-1], run.parameters[-1])
    swept = fn.sweep(made, axes={"equilibrium.nudge": [0.01, 0.02]}, progress=False)
    assert swept.loss[0] == run.loss[-1]


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: fn.LeastAction(3, steps=4, time=1.0), "mechanical is 3; it has to be one such"),
        (lambda: fn.LeastAction(fn.Oscillators(1), steps=1, time=1.0), "two or more"),
        (lambda: fn.Verlet(fn.Oscillators(1), steps=5, time=-1.0), "time is -1.0"),
        (lambda: fn.Verlet(fn.Oscillators(1), steps=5, time=1.0, observed=2), "1 coordinate"),
        (lambda: fn.Oscillators(1, dtype="complex128"), "real parameters"),
        (lambda: path("own")[0].system.init(0), "no rule for initial parameters"),
        (lambda: orbit("oscillators", nudge=0.0), "a number other than 0"),
        (lambda: fn.Echo(3, fn.Quadratic(), None, nudge=1.0), "flownet.Verlet"),
        (lambda: fn.Equilibrium(orbit("own")[0].system, None, None, nudge=1.0), "system is"),
    ],
)
def test_a_mistake_gets_one_line(make, line):
    with pytest.raises(fn.FlownetError, match=line) as error:
        make()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("make", [path, orbit])
def test_a_step_is_broken_down_by_the_exact_covector(make, holds):
    potential, W = make("neural")
    smooth = fn.CustomPotential(potential.size, potential.exact, value=potential.value)
    b = fn.breakdown(smooth, W, 0.05)
    holds(
        "breakdown's terms beside what was delivered",
        abs((b.linear + b.second + b.third + b.remainder) / b.actual - 1),
        1e-12,
    )
    assert b.linear == pytest.approx(potential.exact(W)[1] @ b.taken.delta, rel=1e-11)
    assert potential.learner is potential.system
    assert potential.with_data(potential.data).value(W) == potential.value(W)
    again = pickle.loads(pickle.dumps(potential))
    assert np.array_equal(again.differential(W)[1], potential.differential(W)[1])


def test_a_path_with_its_outputs_held():
    """What is not seen moves as it does where the truth is what is seen."""
    potential, W = path("neural")
    system, y = potential.system, potential.data.y
    with potential.phases.at(W) as at:
        s = at.free.copy()
        at.states.clamp(s, y, 100)
    assert np.abs(s[:, -system.n_out :] - y).max() < 1e-15
    slope = system.slope(W, potential.data.x, s)
    assert np.abs(slope[:, : -system.n_out]).max() < 1e-12
