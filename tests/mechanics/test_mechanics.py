"""Newton, RMSProp and Adam: finite steps as the field's programs take them, and their flows."""

import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from tolerance import close, has_order, tolerance

import flownet as fn

CASE = twins.case(91_000, [3, 6, 4, 2], ["tanh", "softplus"], "quadratic", m=17)
MECHANICS = {
    "newton": fn.Newton.from_momentum(0.05, 0.9),
    "rmsprop": fn.RMSProp(0.01, memory=0.95, epsilon=0.1),
    "adam": fn.Adam(0.01, memory1=0.8, memory2=0.99, epsilon=0.01),
}
every_mechanics = pytest.mark.parametrize("name", MECHANICS)


def naive(name, slope, W, steps):
    """The steps written out with numpy."""
    W, v, f, s, path = W.copy(), 0 * W, 0 * W, 0 * W, [W.copy()]
    for k in range(1, steps + 1):
        g = slope(W)
        if name == "newton":
            v = 0.9 * v + g
            W = W - 0.05 * v
        elif name == "rmsprop":
            s = 0.95 * s + 0.05 * g * g
            W = W - 0.01 * g / (np.sqrt(s) + 0.1)
        else:
            f, s = 0.8 * f + 0.2 * g, 0.99 * s + 0.01 * g * g
            W = W - 0.01 * (f / (1 - 0.8**k)) / (np.sqrt(s / (1 - 0.99**k)) + 0.01)
        path.append(W.copy())
    return np.array(path)


@every_mechanics
def test_finite_steps(name):
    """300 steps below the threshold, to 1e-11; a potential in Python takes the same ones."""
    p, (W0, _) = twins.potential(CASE), twins.point(CASE)
    mechanics = MECHANICS[name]
    run = fn.train(p, mechanics, W0=W0, steps=300)
    expected = naive(name, lambda W: p.differential(W)[1], W0, 300)
    np.testing.assert_allclose(run.parameters[:], expected, rtol=1e-11, atol=1e-11)

    class Program:
        size, value, differential = p.size, p.value, staticmethod(p.differential)

    other = fn.train(Program(), mechanics, W0=W0, steps=300)
    close(other.parameters[:], run.parameters[:])


@every_mechanics
def test_frozen_layers_and_resumed_runs(name, tmp_path):
    """Frozen parameters keep every bit; a run made longer is the long run, memories included."""
    p, (W0, _) = twins.potential(CASE), twins.point(CASE)
    metric, mechanics = fn.LayerMetric(p.network, [1.0, np.inf, 2.0]), MECHANICS[name]
    path = tmp_path / "run.h5"
    words = dict(W0=W0, metric=metric, batch_size=5)
    fn.train(p, mechanics, steps=70, store=path, **words).close()
    longer = fn.resume(path, steps=140)
    whole = fn.train(p, mechanics, steps=140, **words)
    assert longer.mechanics.parameters() == mechanics.parameters()
    np.testing.assert_array_equal(longer.parameters[:], whole.parameters[:])
    frozen = slice(*p.network.ranges[1])
    assert (whole.parameters[:, frozen] == W0[frozen]).all()
    assert (whole.parameters[-1] != W0).any()


def test_float32(dtype):
    p, W0 = twins.potential(CASE, dtype), twins.point(CASE)[0].astype(dtype)
    for mechanics in MECHANICS.values():
        run = fn.train(p, mechanics, W0=W0, steps=50)
        assert run.parameters.dtype == dtype
        exact = fn.train(twins.potential(CASE), mechanics, W0=W0.astype(float), steps=50)
        close(run.parameters[-1], exact.parameters[-1], dtype, scale=10.0)


# ---- Newton in closed form ----------------------------------------------------------------------


def test_velocity_decays_exactly():
    """Without force v falls by e^{−λδt/m} a step, whatever the step."""

    class Free:
        """No force anywhere."""

        size = 1

        def value(self, W):
            return 0.0

        def differential(self, W):
            return 0.0, np.zeros(1)

    mechanics = fn.Newton(0.3, mass=2.0, friction=0.7)
    run = fn.train(Free(), mechanics, W0=np.zeros(1), V0=[1.5], steps=20)
    v = np.diff(run.parameters[:, 0]) / 0.3
    close(v, 1.5 * np.exp(-0.105 * np.arange(1, 21)), kind="rounding", scale=10)


def oscillator(t, W0, kappa, mass, friction):
    """Damped, from rest: m ẍ = −κx − λẋ."""
    rate = friction / (2 * mass)
    root = np.emath.sqrt(rate**2 - kappa / mass)
    return (W0 * np.exp(-rate * t) * (np.cosh(root * t) + rate / root * np.sinh(root * t))).real


@pytest.mark.parametrize("friction", [0.0, 0.4, 5.0])
def test_newtons_flow_on_a_parabola(friction):
    """Undamped, damped and overdamped oscillator."""
    flow = fn.flow(
        fn.Parabola(1, strength=1.3),
        W0=np.array([1.5]),
        time=10.0,
        rtol=1e-11,
        atol=1e-13,
        mechanics=fn.Newton(0.1, mass=0.8, friction=friction),
    )
    np.testing.assert_allclose(
        flow.parameters[:, 0],
        oscillator(flow.time, 1.5, 1.3, 0.8, friction),
        rtol=0,
        atol=tolerance("solver"),
    )


def test_energy_of_newtons_flow():
    """½m‖v‖² + L falls at the rate λ‖v‖²; without friction it stays, here by L and speed."""
    p, (W0, _) = twins.potential(CASE), twins.point(CASE)
    at = np.linspace(0, 3, 3001)
    flow = fn.flow(
        p,
        W0=W0,
        time=3.0,
        rtol=1e-11,
        atol=1e-13,
        at=at,
        mechanics=fn.Newton(0.1, mass=1.2, friction=0.0),
    )
    v = np.gradient(flow.parameters[:], at, axis=0, edge_order=2)[1:-1]
    energy = 0.6 * (v**2).sum(axis=1) + flow.loss[1:-1]
    np.testing.assert_allclose(energy, flow.loss[0], rtol=1e-5)


@every_mechanics
def test_flows_are_limits_of_ever_smaller_steps(name):
    """Runs of half the step that forget half as much a step come nearer by half.

    RMSProp begins without a memory of F² and so with a rate like 1/√t, which ε bounds.
    """
    p, (W0, _) = twins.potential(CASE), twins.point(CASE)
    time, made = (
        2.0,
        {
            "newton": lambda h: fn.Newton(h, mass=0.5, friction=1.5),
            "rmsprop": lambda h: fn.RMSProp(h, memory=np.exp(-2.0 * h), epsilon=1.0),
            "adam": lambda h: fn.Adam(h, np.exp(-3.0 * h), np.exp(-1.0 * h), epsilon=1e-2),
        }[name],
    )
    steps = time / np.array([400, 800, 1600])
    end = fn.flow(p, W0=W0, time=time, mechanics=made(steps[0]), rtol=1e-9).parameters[-1]
    errors = [
        np.linalg.norm(fn.train(p, made(h), W0=W0, steps=round(time / h)).parameters[-1] - end)
        for h in steps
    ]
    has_order(errors, steps, 1)


def test_a_flow_with_memory_resumes_and_takes_python_potentials(tmp_path):
    p, (W0, _) = twins.potential(CASE), twins.point(CASE)

    class Program:
        size, value, differential = p.size, p.value, staticmethod(p.differential)

    words = dict(W0=W0, time=1.0, mechanics=fn.Adam(0.01))
    ends = [fn.flow(q, **words).parameters[-1] for q in (p, Program())]
    close(*ends)
    stored = fn.flow(p, store=tmp_path / "flow.h5", **words)
    stored.close()
    found = fn.Trajectory.open(tmp_path / "flow.h5")
    np.testing.assert_array_equal(found.parameters[-1], ends[0])
    assert found.mechanics.parameters() == words["mechanics"].parameters()


# ---- adaptive steps -----------------------------------------------------------------------------


def test_runge_kutta_training_keeps_to_the_flow(tmp_path):
    """Every row lies on the flow; gradients are counted; a run made longer is the long one."""
    p, (W0, _) = twins.potential(CASE), twins.point(CASE)
    run = fn.train(p, fn.RungeKutta(rtol=1e-9, atol=1e-11), W0=W0, steps=60)
    flow = fn.flow(p, W0=W0, time=run.time[-1], rtol=1e-11, atol=1e-13, at=run.time)
    np.testing.assert_allclose(run.parameters[:], flow.parameters[:], rtol=0, atol=1e-7)
    close(run.loss, [p.value(W) for W in run.parameters])
    spent = run.observables["evaluations"].value
    assert len(spent) == len(run.step) == 60 and (spent >= 6).all()
    assert run.step.max() > 2 * run.step.min()  # fast in shallow regions
    path = tmp_path / "run.h5"
    fn.train(p, run.mechanics, W0=W0, steps=25, store=path, record_every=5).close()
    longer = fn.resume(path, steps=60)
    np.testing.assert_array_equal(longer.parameters[:], run.parameters[:][::5])
    np.testing.assert_array_equal(longer.observables["evaluations"].value, spent)


def test_runge_kutta_training_takes_a_stiff_valley(dtype):
    """Stages instead of steps: some 20 for a step 50 times and more the pair's longest."""
    metric = fn.DiagonalMetric([1e-4, 1.0])
    run = fn.train(
        fn.Parabola(2), fn.RungeKutta(rtol=1e-4), W0=np.ones(2, dtype), steps=80, metric=metric
    )
    spent = run.observables["evaluations"].value
    assert spent[5] == 6 and 15 < spent[-1] < 30
    assert run.step[-1] * 1e4 > 50 * 3.3


def test_states_of_adaptive_steps_may_be_changed():
    """A script that changes W goes on from there."""
    p, W0 = fn.Quartic(2), np.array([1.0, 2.0])
    for state in fn.states(p, fn.RungeKutta(rtol=1e-8, atol=1e-10), W0=W0, steps=30):
        if state.iteration == 10:
            state.W[:] = [2.0, -1.0]
            time = state.time
    np.testing.assert_allclose(state.W, p.exact([2.0, -1.0], state.time - time), rtol=1e-6)


MISTAKES = {
    "mini-batches of adaptive steps": (
        lambda: fn.train(twins.potential(CASE), fn.RungeKutta(), steps=3, batch_size=5),
        "takes no batch_size",
    ),
    "memory 1": (lambda: fn.RMSProp(0.1, memory=1), "memory is 1"),
    "negative mass": (lambda: fn.Newton(0.1, mass=-1), "mass is -1"),
    "a step along −dL": (lambda: fn.Adam("linear:0.1"), "does not move along it"),
    "momentum 2": (lambda: fn.Newton.from_momentum(0.1, 2), "beta is 2"),
    "a flow of a policy": (
        lambda: fn.flow(fn.Parabola(1), W0=np.ones(1), time=1, mechanics=fn.Adam("cosine:0.1:10")),
        "no flow",
    ),
    "mechanics and a field": (
        lambda: fn.flow(fn.Parabola(1), W0=np.ones(1), time=1, field=3, mechanics=fn.Adam(0.1)),
        "without a field",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call()
