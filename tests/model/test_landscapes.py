"""Rosenbrock, Müller–Brown and Hénon–Heiles, as users write them, through everything there is."""

import numpy as np
import pytest
from landscapes import LANDSCAPES, Landscape
from scipy.integrate import solve_ivp
from tolerance import close, tolerance

import flownet as fn
from flownet.motion._problem import is_compiled
from flownet.motion.loops._compiled_loop import CompiledLoop
from flownet.motion.loops._loop import make_loop
from flownet.motion.loops._python_loop import PythonLoop

ROSENBROCK, MULLER_BROWN, HENON_HEILES = LANDSCAPES


@pytest.fixture(params=LANDSCAPES, ids=[each.name for each in LANDSCAPES])
def landscape(request) -> Landscape:
    return request.param


@pytest.fixture(params=[False, True], ids=["python", "compiled"])
def compiled(request):
    return request.param


def places(landscape, count=8):
    """Points around the minima, and displacements of very different lengths."""
    random = np.random.default_rng(1)
    for _ in range(count):
        W = landscape.minima[0] + random.uniform(-0.3, 0.3, 2)
        yield W, random.normal(size=2) * 10 ** random.uniform(-3, 1)


def test_differences_reach_the_closed_forms_within_the_error_that_they_state(landscape):
    p, off = landscape.potential(), []
    for W, V in places(landscape):
        H, T = landscape.second(W, V)
        c, error = p.jet(W, V, 3), p.jet_error(W, V, 3)
        close(p.hessian_action(W, V), H, kind="solver")
        assert np.abs(p.third_action(W, V) - T).max() < 1e-6 * np.abs(T).max() + 1e-9 * (V @ V)
        rounding = 1e-13 * np.array([np.abs(H) @ np.abs(V), np.abs(T) @ np.abs(V)])
        assert abs(c[2] - V @ H / 2) <= error[2] + rounding[0]
        assert abs(c[3] - V @ T / 6) <= error[3] + rounding[1]
        assert not error[:2].any()
        off.append(error[2] / np.abs(V @ H))
    assert np.median(off) < 1e-11


def test_complex_steps_are_exact_to_rounding(landscape):
    p = landscape.potential(method="complex-step")
    for W, V in places(landscape):
        close(p.hessian_action(W, V), landscape.second(W, V)[0])
        assert not p.jet_error(W, V, 2).any()


def test_given_derivatives_are_taken(landscape):
    """Each by itself, and the third order of a given action."""
    seen = []

    def action(W, V):
        seen.append("H")
        return landscape.second(W, V)[0]

    def third(W, V):
        seen.append("T")
        return landscape.second(W, V)[1]

    both = landscape.potential(hessian_action=action, third_action=third)
    one = landscape.potential(hessian_action=action)
    for W, V in places(landscape):
        H, T = landscape.second(W, V)
        seen.clear()
        close(both.hessian_action(W, V), H, kind="rounding")
        close(both.third_action(W, V), T, kind="rounding")
        assert seen[0] == "H" and seen[-1] == "T"
        assert not both.jet_error(W, V, 3).any()
        close(one.third_action(W, V), T, kind="solver", scale=np.abs(T).max() + 10 * (V @ V))
        fn.testing.check_potential(both, W)
        fn.testing.check_potential(one, W)


@pytest.mark.slow
def test_it_keeps_the_contract(landscape, compiled):
    fn.testing.check_potential(landscape.potential(compiled), landscape.start)


MECHANICS = {
    "aristotle": lambda h: fn.Aristotle(h),
    "newton": lambda h: fn.Newton(h, friction=0.5),
    "leapfrog": lambda h: fn.Newton(h, friction=0.0, integrator="leapfrog"),
    "adam": lambda h: fn.Adam(h),
    "langevin": lambda h: fn.Langevin(h, temperature=1e-3),
    "schedule": lambda h: fn.Aristotle(f"cosine:{h}:100"),
}


@pytest.mark.parametrize("mechanics", MECHANICS.values(), ids=MECHANICS)
def test_compiled_and_python_runs_agree(landscape, mechanics):
    """The compiled loop and the one in Python, whose arithmetic is the same up to exp."""
    runs = []
    for compiled, loop in ((False, PythonLoop), (True, CompiledLoop)):
        p, way = landscape.potential(compiled), mechanics(landscape.step)
        W0 = np.array(landscape.start)
        assert is_compiled(p) == compiled
        assert type(make_loop(p, way, fn.Euclidean(2), W0.copy(), 0.0)) is loop
        runs.append(fn.train(p, way, W0=W0, steps=60, progress=False))
    assert runs[0].diverged_at is None
    close(runs[1].parameters[:], runs[0].parameters[:])
    close(runs[1].loss[:], runs[0].loss[:])
    if landscape.name != "Müller–Brown" and mechanics is MECHANICS["aristotle"]:
        assert runs[0].parameters[:].tobytes() == runs[1].parameters[:].tobytes()


def test_a_run_goes_to_the_minimum_below_it(landscape, compiled):
    p = landscape.potential(compiled)
    n = landscape.steps
    run = fn.train(p, fn.Aristotle(landscape.step), W0=landscape.start, steps=n, record_every=n)
    np.testing.assert_allclose(run.parameters[-1], landscape.minima[0], rtol=0, atol=1e-6)


def test_the_flow_is_that_of_scipy(landscape, compiled):
    p, time = landscape.potential(compiled), 100 * landscape.step
    flow = fn.flow(p, W0=landscape.start, time=time, rtol=1e-11, atol=1e-13)
    wanted = solve_ivp(
        lambda _, W: -landscape.function(W)[1],
        (0, time),
        landscape.start,
        method="DOP853",
        rtol=1e-13,
        atol=1e-14,
    )
    close(flow.parameters[-1], wanted.y[:, -1], kind="solver", scale=1.0)


def test_newton_keeps_the_energy_of_henon_and_heiles(compiled):
    """Without friction: of a flow to its tolerance, of leapfrog to second order of the step."""
    p, W0 = HENON_HEILES.potential(compiled), np.array([0.1, 0.3])
    flow = fn.flow(
        p, W0=W0, time=20.0, mechanics=fn.Newton(0.1, friction=0.0), rtol=1e-11, atol=1e-13
    )
    wanted = solve_ivp(
        lambda _, y: np.append(y[2:], -HENON_HEILES.function(y[:2])[1]),
        (0, 20.0),
        [*W0, 0.0, 0.0],
        method="DOP853",
        rtol=1e-13,
        atol=1e-14,
    )
    close(flow.parameters[-1], wanted.y[:2, -1], kind="solver", scale=10.0)
    drift = []
    for step in (0.1, 0.05):
        mechanics = fn.Newton(step, friction=0.0, integrator="leapfrog")
        run = fn.train(
            p, mechanics, W0=W0, steps=round(20 / step), observe={"energy": (1, fn.Energy(p))}
        )
        drift.append(np.ptp(run.observables["energy"].value))
    assert drift[0] < 1e-3 and abs(np.log2(drift[0] / drift[1]) - 2) < 2 * tolerance("order")


def test_minima_and_saddles_are_the_known_ones(landscape, compiled):
    p = landscape.potential(compiled)
    for place in landscape.minima:
        found = fn.minimum(p, np.add(place, [0.01, 0.02]), progress=False)
        assert found.words == "minimum"
        np.testing.assert_allclose(found.W, place, rtol=0, atol=1e-6)
    for place in landscape.saddles:
        counted = fn.inertia(p, place)
        assert (counted.negative, counted.zero, counted.positive) == (1, 0, 1)
    at = np.array(landscape.minima[0])
    H = np.array([landscape.second(at, unit)[0] for unit in np.eye(2)])
    pairs = fn.eigenpairs(p, at, 2)
    close(pairs.values, np.linalg.eigvalsh(H)[::-1], kind="solver")
    close(fn.sharpness(p, at), pairs.values[0], kind="solver")
    close(fn.spectral_density(p, at).nodes.max(), pairs.values[0], kind="solver")


def test_curvature_by_hand():
    close(
        ROSENBROCK.potential().hessian(np.ones(2)) @ np.eye(2),
        [[802.0, -400.0], [-400.0, 200.0]],
        kind="solver",
    )
    close(HENON_HEILES.potential().hessian(np.zeros(2)) @ np.eye(2), np.eye(2), kind="solver")


def test_a_step_is_broken_down(landscape, compiled):
    p, W, h = landscape.potential(compiled), np.array(landscape.start), landscape.step
    loss, dL = landscape.function(W)
    delta = -h * dL
    H, T = landscape.second(W, delta)
    step = fn.breakdown(p, W, h)
    for found, wanted, name in (
        (step.linear, dL @ delta, "linear"),
        (step.second, H @ delta / 2, "second"),
        (step.third, T @ delta / 6, "third"),
        (step.actual, landscape.function(W + delta)[0] - loss, "actual"),
    ):
        assert abs(found - wanted) <= 2 * step.noise[name]
        assert step.noise[name] < 1e-6 * abs(step.linear)
    parts, modes = step.split("parameters"), step.split("eigen")
    own = [landscape.second(W, unit)[0] @ unit for unit in np.eye(2)]
    close(parts.second_self, own @ delta**2 / 2, kind="solver", scale=abs(step.second))
    close(modes.contributions.sum(), step.second, kind="solver")
    assert "verdict" in str(step) and np.isnan(step.radius().estimate)
    assert str(step.radius()).startswith("not known")


def test_what_means_nothing_is_printed_as_noise():
    """A parabola has no third order; its differences leave one below their stated floor."""
    parabola = fn.CustomPotential(2, lambda W: (1.5 * W[0] ** 2 + W[1] ** 2, W * [3.0, 2.0]))
    step = fn.breakdown(parabola, np.array([0.3, -0.7]), 0.1)
    assert abs(step.third) <= step.noise["third"] < 1e-10
    (line,) = (line for line in str(step).splitlines() if line.startswith("third order, exact"))
    assert "noise" in line


@pytest.mark.slow
def test_a_run_beside_its_flow(landscape, compiled):
    p, h = landscape.potential(compiled), landscape.step
    run = fn.train(p, fn.Aristotle(h), W0=landscape.start, steps=40)
    finer = fn.train(p, fn.Aristotle(h / 2), W0=landscape.start, steps=80)
    far, near = (fn.departure(each, progress=False).distance.max() for each in (run, finer))
    assert 1.6 < far / near < 2.6  # of first order
    modified = fn.departure(run, fields={"modified": fn.Modified(h, order=2)}, progress=False)
    assert "modified" in str(modified)


@pytest.mark.slow
def test_exits(compiled):
    """Long steps over Müller and Brown's surface come down in another valley than the flow."""
    p, W = MULLER_BROWN.potential(compiled), np.array([-0.75, 0.75])
    alike = fn.exits(p, W, step=1e-4, steps=200, progress=False)
    assert alike.verdict == "same basin"
    np.testing.assert_allclose(alike.flow.W, alike.run.W, atol=1e-6)
    assert min(np.linalg.norm(alike.flow.W - each) for each in MULLER_BROWN.minima) < 1e-5
    searched = fn.exit_step(p, W, low=1e-4, high=4e-3, steps=50, grid=5, rtol=0.1, progress=False)
    assert searched.step is not None


@pytest.mark.parametrize("landscape", [MULLER_BROWN], ids=["Müller–Brown"])
def test_figures(landscape):
    p = landscape.potential()
    run = fn.train(p, fn.Aristotle(landscape.step), W0=landscape.start, steps=40)
    flow = fn.flow(p, W0=landscape.start, time=run.time[-1], at=run.time)
    drawn = fn.plot.breakdown(run)
    assert "Müller–Brown" in drawn.get_suptitle()
    lines = [line for axis in fn.plot.flows(run, flow).axes for line in axis.lines]
    assert any(len(line.get_xdata()) == len(run) for line in lines)
    assert len(fn.plot.loss(run).axes)
