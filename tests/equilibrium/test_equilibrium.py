"""Equilibrium propagation: dL from relaxations, beside differences, closed forms and identities."""

import numpy as np
import pytest
from states_at_rest import SMOOTH, Fold, differences, equilibrium, off, setting

import flownet as fn
from flownet.equilibrium import Contour


@pytest.mark.parametrize("activation", ["hard-sigmoid", "tanh", "sigmoid4", "relu", "identity"])
@pytest.mark.parametrize("sizes", [(6, 5, 4, 3), (5, 4)])
def test_exact_covector_is_that_of_differences(activation, sizes, holds):
    system, W, data = setting(activation, sizes, scale=0.2)
    potential = fn.Equilibrium(system, fn.Quadratic(), data, nudge=0.1)
    _, dL = potential.exact(W)
    holds("exact covector beside differences", off(dL, differences(potential.value, W, 3e-5)), 1e-9)


@pytest.mark.parametrize("activation", SMOOTH)
@pytest.mark.parametrize("force", ["moving", "frozen"])
@pytest.mark.parametrize(
    ("estimator", "order"),
    [("one-sided", 1), ("symmetric", 2), ("richardson", 4)]
    + [({"kind": "contour", "points": n}, n) for n in (2, 3, 4, 6)],
)
def test_error_falls_with_the_order_of_the_estimator(activation, force, estimator, order, holds):
    errors = []
    for nudge in (0.02, 0.01):
        potential, W = equilibrium(activation, nudge=nudge, estimator=estimator, force=force)
        errors.append(off(potential.differential(W)[1], potential.exact(W)[1]))
    holds(
        "order of an estimator, off the whole number",
        abs(np.log2(errors[0] / errors[1]) - order),
        0.1,
    )


@pytest.mark.parametrize("activation", SMOOTH)
@pytest.mark.parametrize(
    "estimator",
    ["one-sided", "symmetric", "richardson"]
    + [{"kind": "contour", "points": n} for n in (2, 3, 4)],
    ids=str,
)
def test_estimate_is_the_differential_of_the_averaged_cost(activation, estimator, holds):
    nudge = 0.05 if isinstance(estimator, dict) else 0.1  # a contour is one within the radius
    potential, W = equilibrium(activation, nudge=nudge, estimator=estimator)
    # eight nudges are enough so far within the radius, where each wants a ring of complex states
    averaged = potential.averaged(points=8 if isinstance(estimator, dict) else 24)
    V = np.random.default_rng(2).normal(size=(4, W.size))
    wanted = differences(averaged.value, W, 3e-5, along=V)
    holds(
        "estimate beside the differential of L̄", off(V @ averaged.differential(W)[1], wanted), 1e-9
    )


def test_averaged_costs_bound_the_cost():
    costs = []
    for nudge in (0.4, -0.4):
        potential, W = equilibrium("tanh", nudge=nudge, estimator="one-sided")
        costs.append(potential.averaged().value(W))
    assert costs[0] < potential.value(W) < costs[1]


def test_energy_of_a_user_by_its_three_functions():
    data, W, alpha = fn.Dataset(np.zeros((1, 1)), np.array([[0.3]])), np.array([0.4]), Fold.alpha
    root = np.sqrt(1 - 4 * alpha * W[0])
    e = (1 - root) / (2 * alpha) - 0.3
    for estimator, most in (("symmetric", 1e-3), ("richardson", 1e-6), ("contour", 1e-6)):
        potential = fn.Equilibrium(Fold(), fn.Quadratic(), data, nudge=0.02, estimator=estimator)
        loss, dL = potential.differential(W)
        assert loss == pytest.approx(e**2 / 2, rel=1e-11)
        assert dL[0] == pytest.approx(e / root, rel=most)
        assert potential.exact(W)[1][0] == pytest.approx(e / root, rel=1e-9)


def test_float32_agrees_with_float64():
    double, W = equilibrium("tanh", nudge=0.05)
    single, _ = equilibrium("tanh", nudge=0.05, dtype="float32")
    dL = single.differential(W.astype(np.float32))[1]
    assert dL.dtype == np.float32
    assert off(dL, double.differential(W)[1]) < 2e-4
    assert single.with_dtype("float64").dtype == np.float64


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ({"nudge": 0.0}, "nudge is 0.0; it has to be a number other than 0"),
        ({"estimator": "contuor"}, "did you mean 'contour'"),
        ({"order": "sideways"}, "unknown order"),
        ({"force": "brute"}, "unknown force"),
        ({"cost": fn.CrossEntropy(sample_metric=np.eye(2))}, "couples samples"),
        ({"cost": fn.Quadratic(output_metric=np.array([[2, 1], [1, 2]]))}, "not diagonal"),
    ],
)
def test_a_mistake_gets_one_line(words, line):
    data = fn.Dataset(np.zeros((2, 3)), np.ones((2, 2)))
    given = {"system": fn.Hopfield([3, 4, 2]), "cost": fn.Quadratic(), "nudge": 0.1, **words}
    with pytest.raises(fn.FlownetError, match=line) as error:
        fn.Equilibrium(given.pop("system"), given.pop("cost"), data, **given)
    assert "\n" not in str(error.value)


def test_contour_wants_units_without_kinks():
    with pytest.raises(fn.FlownetError, match="bounds or kinks"):
        equilibrium("hard-sigmoid", estimator=Contour(points=4))


def test_training_goes_down_and_resumes_to_the_bit(tmp_path, holds):
    potential, W = equilibrium("sigmoid4", estimator="random-sign", nudge=0.2)
    words = {"W0": W, "batch_size": 4, "seed": 3}
    whole = fn.train(potential, fn.Aristotle(0.1), steps=400, **words)
    assert whole.loss[-1] < 0.5 * potential.value(W)
    path = tmp_path / "run.h5"
    fn.train(potential, fn.Aristotle(0.1), steps=150, store=path, **words)
    on = fn.resume(path, potential=potential, steps=400)
    holds(
        "numbers that a resumed run has otherwise",
        np.count_nonzero(on.parameters[-1] != whole.parameters[-1]),
        0,
    )
