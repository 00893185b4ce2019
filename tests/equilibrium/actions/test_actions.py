"""Paths and orbits whose action is stationary: what their nudges and echoes tell of dL."""

import pickle
from functools import partial

import numpy as np
import pytest
from moving_systems import KINDS, moving, orbit, path
from states_at_rest import differences, off, slope_less_first_term

import flownet as fn
from flownet.equilibrium import Mechanical

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
