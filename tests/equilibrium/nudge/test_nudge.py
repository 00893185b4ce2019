"""What a finite step and a finite nudge do to a physical system, term by term."""

import numpy as np
import pytest
from nudged_systems import QUADRATIC, system
from states_at_rest import off

import flownet as fn

SMOOTH = ["tanh", "sigmoid4", "identity", "exponential", "none"]


@pytest.mark.parametrize("name", SMOOTH)
def test_jet_of_a_step_to_fourth_order(name):
    potential, W = system(name)
    V = 0.1 * np.random.default_rng(4).normal(size=W.size)
    c = potential.jet(W, V, 4)
    loss, dL = potential.exact(W)
    assert c[0] == pytest.approx(loss, rel=1e-13)
    assert c[1] == pytest.approx(dL @ V, rel=1e-11)
    sizes = 0.04, 0.02
    for order in (1, 2, 3):
        beyond = [
            potential.difference(W, t * V) - sum(c[k] * t**k for k in range(1, order + 1))
            for t in sizes
        ]
        assert np.log2(beyond[0] / beyond[1]) == pytest.approx(order + 1, abs=0.2)
    mean = potential.sample_jets(W, V, 4).mean(axis=0)
    assert np.array_equal(mean, c)


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("force", ["moving", "frozen"])
@pytest.mark.parametrize("estimator", ["one-sided", "symmetric", "richardson"])
def test_bias_of_the_nudge_order_by_order(name, force, estimator):
    potential, W = system(name, nudge=0.02, force=force, estimator=estimator)
    dL = potential.exact(W)[1]
    assert off(potential.nudge_jet(W, 1)[0], dL) < 1e-12
    estimate, bias = potential.differential(W)[1], potential.bias(W, 8)
    assert np.abs(estimate - dL).max() > 1e-9 or estimator == "richardson" or name in QUADRATIC
    assert np.abs(estimate - dL - bias.sum(axis=0)).max() < 1e-11 * max(1.0, np.abs(dL).max())


@pytest.mark.parametrize("name", ["tanh", "sigmoid4", "exponential"])
@pytest.mark.parametrize("force", ["moving", "frozen"])
@pytest.mark.parametrize(("estimator", "slope"), [("one-sided", 2), ("symmetric", 4)])
def test_bias_less_its_first_term(name, force, estimator, slope, holds):
    large = 0.02 if slope == 4 else 0.002
    left = []
    for nudge in (large, large / 2):
        potential, W = system(name, nudge=nudge, force=force, estimator=estimator)
        bias = potential.differential(W)[1] - potential.exact(W)[1]
        left.append(np.abs(bias - potential.bias(W, slope // 2 + 1)[-1]).max())
    off_by = abs(np.log2(left[0] / left[1]) - slope)
    holds("bias less its first term: slope off 2 or 4", off_by, 0.1)


@pytest.mark.parametrize("name", ["tanh", "exponential"])
@pytest.mark.parametrize("estimator", ["one-sided", "symmetric"])
def test_breakdown_of_a_step_along_an_estimate(name, estimator, holds):
    potential, W = system(name, estimator=estimator)
    b = fn.breakdown(potential, W, 0.1)
    holds(
        "breakdown's terms beside what was delivered",
        abs((b.linear + b.second + b.third + b.remainder) / b.actual - 1),
        1e-12,
    )
    assert b.linear == pytest.approx(potential.exact(W)[1] @ b.taken.delta, rel=1e-11)
    parts = b.split("nudge")
    dL, estimate = potential.exact(W)[1], potential.differential(W)[1]
    assert parts.descent == pytest.approx(-0.1 * dL @ dL, rel=1e-12)
    assert parts.averaged == pytest.approx(-0.1 * estimate @ estimate, rel=1e-12)
    assert parts.descent + parts.bias.sum() + parts.left == pytest.approx(b.linear, rel=1e-11)
    assert abs(parts.left) < np.abs(parts.bias[parts.bias != 0]).min()
    assert "bias, power 2 of the nudge" in str(parts)


def test_breakdown_of_another_displacement_has_no_descent():
    potential, W = system("tanh")
    V = np.random.default_rng(0).normal(size=W.size)
    parts = fn.breakdown(potential, W, displacement=V).split("nudge")
    assert np.isnan(parts.descent)
    assert parts.averaged == pytest.approx(potential.differential(W)[1] @ V)


def test_breakdown_along_a_run(holds):
    potential, W = system("tanh")
    run = fn.train(potential, fn.Aristotle(0.2), W0=W, steps=4)
    for k, b in enumerate(fn.breakdown(run, every=1)):
        delivered = run.loss[k + 1] - run.loss[k]
        holds("breakdown of a run beside its losses", abs(b.actual / delivered - 1), 1e-12)


@pytest.mark.parametrize("estimator", ["one-sided", "symmetric", "richardson"])
def test_nudge_that_keeps_the_bias_at_a_share(estimator):
    for share in (1e-2, 1e-3):
        potential, W = system("sigmoid4", nudge=f"bias:{share}", estimator=estimator)
        dL, estimate = potential.exact(W)[1], potential.differential(W)[1]
        found = np.linalg.norm(estimate - dL) / np.linalg.norm(dL)
        assert found == pytest.approx(share, rel=0.2) or (
            found < share and estimator == "richardson"  # the nudge ends at a share of the radius
        )
    made = fn.Experiment.of(potential, fn.Aristotle(0.1), steps=1).parts()[0]
    assert made.nudge == "bias:0.001"
    assert made.nudge_at(W) == potential.nudge_at(W)
    with pytest.raises(fn.FlownetError, match="between 0 and 1"):
        potential.changed(nudge="bias:2")
    with pytest.raises(fn.FlownetError, match="another one at each W"):
        potential.averaged()
