"""Complex states and parameters: a real energy, complex covectors, and contours of nudges."""

from functools import partial

import numpy as np
import pytest
from states_at_rest import off, run_and_resumed, slope_less_first_term

import flownet as fn


def setting(sizes=(2, 3, 2), quartic=0.5, m=3, dtype="complex128", **words):
    system = fn.ComplexHopfield(sizes, quartic, dtype=dtype)
    random = np.random.default_rng(0)

    def drawn(*shape):
        return (random.normal(size=shape) + 1j * random.normal(size=shape)) / 2

    W = (system.init(1) + 0.1 * drawn(system.size)).astype(dtype)
    data = fn.Dataset(drawn(m, sizes[0]).astype(dtype), drawn(m, sizes[-1]).astype(dtype))
    return fn.Equilibrium(system, fn.Quadratic(), data, **{"nudge": 0.05, **words}), W


def differences(value, W, h=1e-3, along=None):
    """∂L/∂Re W + i·∂L/∂Im W along some directions, by central differences of sixth order."""

    def one(e):
        d = [value(W + k * h * e) - value(W - k * h * e) for k in (1, 2, 3)]
        return (45 * d[0] - 9 * d[1] + d[2]) / (60 * h)

    return np.array(
        [one(e) + 1j * one(1j * e) for e in (np.eye(W.size) if along is None else along)]
    )


@pytest.mark.parametrize("sizes", [(3, 2), (2, 3, 2), (2, 2, 2, 1)])
@pytest.mark.parametrize("quartic", [0.0, 0.5])
def test_exact_covector_is_that_of_differences(sizes, quartic, holds):
    potential, W = setting(sizes, quartic)
    loss, dL = potential.exact(W)
    assert dL.dtype == np.complex128
    assert loss == potential.value(W)
    holds("exact covector beside differences", off(dL, differences(potential.value, W)), 1e-9)


def test_state_is_stationary_and_derivatives_are_those_of_the_energy():
    potential, W = setting()
    system, x = potential.system, potential.data.x
    with potential.phases.at(W) as at:
        s = at.free
    assert np.abs(system.slope(W, x, s)).max() < 1e-13
    random = np.random.default_rng(4)
    s, u = random.normal(size=(2, *s.shape))
    h = 1e-3
    one, two = (system.energy(W, x, s + k * u) - system.energy(W, x, s - k * u) for k in (h, 2 * h))
    assert off((system.slope(W, x, s) * u).sum(axis=1), (8 * one - two) / (12 * h)) < 1e-11
    bent = (system.slope(W, x, s + 1e-5 * u) - system.slope(W, x, s - 1e-5 * u)) / 2e-5
    assert off(system.curvature(W, x, s, u), bent) < 1e-8


def test_states_turn_with_their_inputs():
    potential, W = setting()
    turned = fn.Dataset(np.exp(0.7j) * potential.data.x, potential.data.y)
    for _, bias in potential.system.unpack(W):
        bias[:] = 0
    one, other = (p.relax(W)[0] for p in (potential, potential.changed(data=turned)))
    assert off(other, np.exp(0.7j) * one) < 1e-12


def test_weights_see_their_two_units_alone():
    """2∂E/∂W̄ = −z₂·z₁ᴴ."""
    potential, W = setting((3, 2), m=1)
    x, z = potential.data.x[0], potential.relax(W)[0][0]
    with potential.phases.at(W) as at:
        dE = potential.system.covector(W, potential.data.x, at.free, np.ones(1))
    weights = potential.system.unpack(dE[::2] + 1j * dE[1::2])[0][0]
    assert off(weights, -np.outer(z, x.conj())) < 1e-14


@pytest.mark.parametrize("force", ["moving", "frozen"])
@pytest.mark.parametrize(
    ("estimator", "order"),
    [("one-sided", 1), ("symmetric", 2), ("richardson", 4)]
    + [({"kind": "contour", "points": n}, n) for n in (2, 3, 4, 6)],
)
def test_error_falls_with_the_order_of_the_estimator(force, estimator, order, holds):
    errors = []
    for nudge in (0.04, 0.02):
        potential, W = setting(nudge=nudge, estimator=estimator, force=force)
        errors.append(off(potential.differential(W)[1], potential.exact(W)[1]))
    holds(
        "order of an estimator, off the whole number",
        abs(np.log2(errors[0] / errors[1]) - order),
        0.1,
    )


@pytest.mark.parametrize("force", ["moving", "frozen"])
@pytest.mark.parametrize(("estimator", "slope"), [("one-sided", 2), ("symmetric", 4)])
def test_bias_less_its_first_term(force, estimator, slope, holds):
    found = slope_less_first_term(partial(setting, force=force), estimator, 0.04)
    holds("bias less its first term: slope off 2 or 4", abs(found - slope), 0.1)


def test_estimate_is_the_differential_of_the_averaged_cost(holds):
    potential, W = setting((3, 2, 2), m=3, nudge=0.1)
    averaged = potential.averaged(points=8)
    V = np.random.default_rng(5).normal(size=(2, W.size))
    along = differences(averaged.value, W, along=V)
    holds(
        "estimate beside the differential of L̄", off(V @ averaged.differential(W)[1], along), 1e-9
    )


def test_metric_of_complex_outputs():
    potential, W = setting(estimator="richardson", nudge=0.01)
    weighed = potential.changed(cost=fn.Quadratic(output_metric=np.array([2.0, 0.5])))
    e = potential.relax(W)[0][:, -2:] - potential.data.y
    assert weighed.value(W) == pytest.approx(np.mean(abs(e) ** 2 @ [1.0, 0.25]), rel=1e-12)
    assert off(weighed.exact(W)[1], differences(weighed.value, W)) < 1e-9
    assert off(weighed.differential(W)[1], weighed.exact(W)[1]) < 1e-6


def test_single_precision():
    potential, W = setting(dtype="complex64", estimator="symmetric")
    double = setting(estimator="symmetric")[0]
    dL = potential.differential(W)[1]
    assert dL.dtype == np.complex64
    assert off(dL, double.differential(W.astype(np.complex128))[1]) < 1e-3


def test_training_goes_down_and_files_resume_to_the_bit(tmp_path, holds):
    text = """
[data]
name = "antenna"
m = 12
antennas = 3
[system]
kind = "complex-hopfield"
sizes = [3, 4, 1]
[loss]
kind = "quadratic"
[equilibrium]
nudge = 0.1
[mechanics]
kind = "aristotle"
step = 0.1
[run]
steps = 40
"""
    whole, _ = run_and_resumed(text, 15, tmp_path, holds)
    assert whole.parameters.dtype == np.complex128
    assert whole.loss[-1] < 0.95 * whole.loss[0]


def test_a_mistake_gets_one_line():
    with pytest.raises(fn.FlownetError, match="want complex128 or complex64"):
        fn.ComplexHopfield([2, 2], dtype="float64")
    potential, W = setting()
    with pytest.raises(fn.FlownetError, match="no Taylor series of its states"):
        potential.sample_jets(W, W)
