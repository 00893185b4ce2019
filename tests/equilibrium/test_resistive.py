"""Resistive networks: Kirchhoff's law, what each resistor sees, and conductances that stay ≥ 0."""

import numpy as np
import pytest

import flownet as fn

SIZES, M = (4, 7, 6, 3), 8
DIODES = ["ideal", "exponential", "none"]


def setting(diodes, *, nudge=0.05, dtype="float64", **words):
    random = np.random.default_rng(3)
    data = fn.Dataset(random.random((M, SIZES[0])) - 0.5, random.random((M, SIZES[-1])) - 0.5)
    system = fn.Resistive(SIZES, diodes=diodes, gain=2.0, current=1e-3, scale=0.1, dtype=dtype)
    W = system.init(1)
    for part in system.network.parts(W):
        part.weights[:] += 0.05
        part.bias[:] += 0.1 * random.normal(size=part.bias.size)
    return fn.Equilibrium(system, fn.Quadratic(), data, nudge=nudge, **words), W.astype(dtype)


def along(value, W, V, h=1e-5):
    near, far = (
        np.array([value(W + size * v) - value(W - size * v) for v in V]) for size in (h, 2 * h)
    )
    return (8 * near - far) / (12 * h)


@pytest.mark.parametrize("diodes", DIODES)
def test_exact_covector_is_that_of_differences(diodes, holds):
    potential, W = setting(diodes)
    V = np.random.default_rng(0).normal(size=(6, W.size))
    wanted = along(potential.value, W, V)
    apart = np.abs(V @ potential.exact(W)[1] - wanted).max() / np.abs(wanted).max()
    holds("exact covector beside differences", apart, 1e-9)


@pytest.mark.parametrize("diodes", DIODES)
def test_currents_into_every_node_add_up_to_nothing(diodes):
    potential, W = setting(diodes)
    s = np.concatenate(potential.relax(W), axis=1)
    assert np.abs(potential.system.slope(W, potential.phases.x, s)).max() < 1e-13


def test_kirchhoff_by_hand():
    """One output between two sources, x and −x, through g₁ and g₂, with a current b into it."""
    system = fn.Resistive([1, 1])
    g1, g2, b, x = 0.7, 0.2, 0.3, 1.5
    potential = fn.Equilibrium(
        system, fn.Quadratic(), fn.Dataset([[x]], np.array([[0.5]])), nudge=0.1
    )
    v = (g1 * x - g2 * x + b) / (g1 + g2)
    W = np.array([g1, g2, b])
    assert potential.relax(W)[0][0, 0] == pytest.approx(v, rel=1e-15)
    e = v - 0.5
    dL = e / (g1 + g2) * np.array([x - v, -x - v, 1])
    assert potential.exact(W)[1] == pytest.approx(dL, rel=1e-13)
    assert potential.averaged(points=12).differential(W)[1] == pytest.approx(dL, rel=2e-2)


@pytest.mark.parametrize("diodes", ["exponential", "none"])
@pytest.mark.parametrize(
    ("estimator", "order"), [("one-sided", 1), ("symmetric", 2), ("richardson", 4)]
)
def test_error_falls_with_the_order_of_the_estimator(diodes, estimator, order, holds):
    errors = []
    large = 0.05 if order == 4 else 0.004
    for nudge in (large, large / 2):
        potential, W = setting(diodes, nudge=nudge, estimator=estimator)
        errors.append(np.abs(potential.differential(W)[1] - potential.exact(W)[1]).max())
    holds(
        "order of an estimator, off the whole number",
        abs(np.log2(errors[0] / errors[1]) - order),
        0.1,
    )


@pytest.mark.parametrize("diodes", ["exponential", "none"])
@pytest.mark.parametrize("estimator", ["one-sided", "symmetric"])
def test_estimate_is_the_differential_of_the_averaged_cost(diodes, estimator, holds):
    potential, W = setting(diodes, nudge=0.1, estimator=estimator)
    averaged = potential.averaged(points=24)
    V = np.random.default_rng(2).normal(size=(4, W.size))
    wanted = along(averaged.value, W, V)
    apart = np.abs(V @ averaged.differential(W)[1] - wanted).max() / np.abs(wanted).max()
    holds("estimate beside the differential of L̄", apart, 1e-9)


def test_frozen_force_is_exact_until_a_diode_switches():
    potential, W = setting("ideal", nudge=1e-3, force="frozen")
    exact = potential.exact(W)[1]
    assert np.abs(potential.differential(W)[1] - exact).max() < 1e-11 * np.abs(exact).max()
    far, _ = setting("ideal", nudge=5.0, force="frozen")
    assert np.abs(far.differential(W)[1] - exact).max() > 1e-3 * np.abs(exact).max()


@pytest.mark.parametrize("diodes", DIODES)
def test_estimate_is_the_difference_of_what_resistors_see(diodes):
    potential, W = setting(diodes)
    system, (m, b) = potential.system, (M, potential.nudge)
    dL = potential.differential(W)[1]
    up, down = (np.concatenate(potential.relax(W, nudge=n), axis=1) for n in (b, -b))
    weight = np.full(m, 1 / m)
    seen = [system.covector(W, potential.phases.x, s, weight) for s in (up, down)]
    assert dL == pytest.approx((seen[0] - seen[1]) / (2 * b), rel=1e-9, abs=1e-11)


def test_energy_falls_at_every_sweep():
    energies = []
    for sweeps in range(1, 10):
        potential, W = setting("ideal", fixed=True, sweeps=sweeps)
        s = np.concatenate(potential.relax(W), axis=1)
        energies.append(potential.system.energy(W, potential.phases.x, s))
    assert (np.diff(energies, axis=0) <= 1e-14).all()


def test_conductances_stay_at_or_above_0(tmp_path):
    potential, W = setting("ideal", nudge=0.2)
    run = fn.train(potential, fn.Aristotle(0.3), W0=W, steps=400, batch_size=4)
    assert run.loss[-1] < 0.6 * potential.value(W)
    conductances = np.concatenate(
        [part.weights.ravel() for part in potential.network.parts(run.parameters[-1])]
    )
    assert conductances.min() == 0.0
    system = potential.system
    assert fn.Resistive(**system.parameters()).parameters() == system.parameters()
    assert np.array_equal(fn.Resistive(**system.parameters()).init(2), system.init(2))


def test_a_mistake_gets_one_line():
    with pytest.raises(fn.FlownetError, match="unknown diodes"):
        fn.Resistive([2, 3, 1], diodes="zener")
    with pytest.raises(fn.FlownetError, match="2 numbers for 3 layers"):
        fn.Resistive([2, 3, 4, 1], init=[1.0, 1.0])


@pytest.mark.parametrize("sizes", [(3, 5, 2), (1, 1, 1), (130, 9, 7, 1), (700, 300, 40, 2)])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_sums_and_bounds_of_conductances(sizes, dtype):
    """Beside NumPy's: what leads to each node, what its ends add, and no conductance below 0."""
    gains = [2.0] * (len(sizes) - 2)
    system = fn.Resistive(sizes, voltage_gain=gains, current_gain=gains, dtype=dtype)
    random = np.random.default_rng(5)
    W = random.normal(size=system.size).astype(dtype)
    parts, eps = list(system.network.parts(W)), np.finfo(dtype).eps
    own = [part.weights.sum(axis=1, dtype=float) for part in parts]
    for part, below in zip(parts[1:], own):
        below += 4 * part.weights.sum(axis=0, dtype=float)  # c·A², with c = C/A = 1
    size = max(np.abs(part.weights).sum(axis=1).max() for part in parts)
    assert np.abs(system.stiffness(W) - np.concatenate(own)).max() < 40 * eps * size
    s, u = random.normal(size=(2, 3 * system.states)).astype(dtype)
    weight, dL = random.random(3), W.copy()
    system.beside(None, s, u, weight, dL)
    each = (weight[:, None] * layer for layer in rows_of(system, s.astype(float) * u))
    ends = [layer.sum(axis=0) for layer in each]
    for i, (part, before) in enumerate(zip(system.network.parts(dL), parts)):
        wanted = before.weights + ends[i][:, None] + (4 * ends[i - 1] if i else 0)
        assert np.abs(part.weights - wanted).max() < 20 * eps * np.abs(wanted).max()
        assert np.array_equal(part.bias, before.bias)
    parts[0].weights[0, 0] = -0.0
    held = W.copy()
    system.project(held)
    for part, before in zip(system.network.parts(held), parts):
        assert np.array_equal(part.weights, np.maximum(before.weights, 0))
        assert not np.signbit(part.weights).any()
        assert np.array_equal(part.bias, before.bias)
    held[0] = np.nan
    system.project(held)
    assert np.isnan(held[0])  # a run that diverges is seen


def rows_of(system, s):
    ends = 3 * np.cumsum(system.sizes[1:])
    return [layer.reshape(3, -1) for layer in np.split(s, ends[:-1])]
