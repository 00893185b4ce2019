"""Steps whose second order is a fraction of first: closed forms, bounds, the naive twin."""

import naive
import numpy as np
import pytest
import twins
from policy_case import CASE, W0, Program
from tolerance import close

import flownet as fn


@pytest.mark.parametrize("batch_size", [None, 5])
@pytest.mark.parametrize("stiffness", [None, [1.0, 4.0, np.inf]])
@pytest.mark.parametrize("regulator", [0.0, 0.01])
@pytest.mark.parametrize("fraction", [0.1, 0.6])
def test_every_step_has_its_fraction(fraction, regulator, stiffness, batch_size, small):
    """|½H(δ,δ)| = fraction·|dL(δ)|, of the displacements as they were taken."""
    potential = small + regulator * fn.Parabola(small.size) if regulator else small
    metric = stiffness and fn.LayerMetric(small.network, stiffness)
    run = fn.train(
        potential,
        fn.Aristotle(fn.Linearity(fraction, most=1e6)),
        W0=W0,
        steps=20,
        batch_size=batch_size,
        metric=metric,
    )
    series = fn.breakdown(run, every=1)
    assert len(series) == 20 and (run.step > 0).all() and np.ptp(run.step) > 0
    close(series.ratio, np.full(20, fraction))


def test_the_default_bound_leaves_such_steps_alone(small):
    """Without `most`, too: the bound is 25 parabolas away."""
    bound, free = (
        fn.train(small, fn.Aristotle(fn.Linearity(0.1, most)), W0=W0, steps=60)
        for most in (None, 1e6)
    )
    np.testing.assert_array_equal(bound.parameters[:], free.parameters[:])


def test_linearity_against_its_naive_twin(small):
    """From each recorded row to the next by h = fraction·|c₁|/|c₂|, jet and all in plain NumPy."""
    run = fn.train(small, fn.Aristotle("linear:0.2"), W0=W0, steps=25)
    problem, path = twins.problem(CASE), run.parameters[:]
    for W, after, step in zip(path, path[1:], run.step):
        _, dL = naive.differential(problem, W)
        _, c1, c2 = naive.jet2(problem, W, -dL)
        close(step, 0.2 * abs(c1) / abs(c2))
        close(after, W - step * dL)


def test_linearity_in_float32(small):
    """One jet in the run's own precision; the fraction holds to that precision."""
    run = fn.train(small.with_dtype("float32"), fn.Aristotle("linear:0.1"), W0=W0, steps=15)
    close(fn.breakdown(run, every=1).ratio, np.full(15, 0.1), "float32", scale=1)


@pytest.mark.parametrize("kappa", [1.0, 3.0])
@pytest.mark.parametrize("fraction", [0.1, 0.7, 1.3])
def test_linearity_on_the_parabola(fraction, kappa):
    """c₁ = −κ²W², c₂ = ½κ³W²: h = 2·fraction/κ everywhere, and W ← (1 − 2·fraction)W."""
    start = np.array([1.0, -2.0, 0.5])
    run = fn.train(
        fn.Parabola(3, strength=kappa), fn.Aristotle(fn.Linearity(fraction)), W0=start, steps=12
    )
    close(run.step, np.full(12, 2 * fraction / kappa), kind="rounding")
    close(run.parameters[:], (1 - 2 * fraction) ** np.arange(13.0)[:, None] * start)


def test_linearity_on_the_quartic():
    """c₁ = −¼α²W⁶, c₂ = 3α³W⁸/16: h = 4·fraction/(3αW²), and W ← (1 − 2·fraction/3)W."""
    run = fn.train(fn.Quartic(alpha=2.0), fn.Aristotle("linear:0.3"), W0=[1.5], steps=30)
    W = 1.5 * 0.8 ** np.arange(31)
    close(run.parameters[:, 0], W)
    close(run.step * W[:-1] ** 2, np.full(30, 0.2))


def test_half_a_parabola_in_one_step():
    """fraction ½ ends in the minimum; there dL = 0, and the run stands still without a NaN."""
    run = fn.train(fn.Parabola(2), fn.Aristotle(fn.Linearity(0.5)), W0=[3.0, -4.0], steps=5)
    assert run.parameters[:].tolist() == [[3, -4], *[[0, 0]] * 5]
    assert run.step.tolist() == run.time[1:].tolist()[:1] + [0] * 4 and run.finished


def test_no_square_underflows():
    """|W| halves down to the least number of all; V² and L are 0 long before."""
    run = fn.train(fn.Parabola(), fn.Aristotle(fn.Linearity(0.25)), W0=[1.0], steps=1200)
    np.testing.assert_array_equal(run.parameters[:1075, 0], 0.5 ** np.arange(1075.0))
    np.testing.assert_array_equal(run.step[:1000], 0.5)
    assert run.finished and run.parameters[-1] == 5e-324


@pytest.mark.parametrize("most, step", [(None, 100 * 0.1 * 0.5), (0.3, 0.3), (1e6, None)])
def test_an_inflection_has_a_longest_step(most, step):
    """c₂ = 0 at W² = c²/3: from there 100·fraction·L/|c₁| or `most`, with L = ½ and dL = −1."""
    well, policy = fn.DoubleWell(alpha=1.0, c=np.sqrt(3)), fn.Linearity(0.1, most)
    run = fn.train(well, fn.Aristotle(policy), W0=[1.0], steps=1)
    assert run.step[0] == pytest.approx(step) if step else run.step[0] == 1e6


def test_a_bounded_step_has_less_than_its_fraction(small):
    """min(fraction·|c₁|/|c₂|, most): never more second order than was asked for."""
    run = fn.train(small, fn.Aristotle("linear:0.1:0.5"), W0=W0, steps=40)
    ratio = fn.breakdown(run, every=1).ratio
    held = run.step == 0.5
    assert 0 < held.sum() < 40 and (run.step <= 0.5).all() and (ratio[held] < 0.1).all()
    close(ratio[~held], np.full((~held).sum(), 0.1))


class Slope(Program):
    """L = W, without end and without curvature."""

    def __init__(self):
        super().__init__(fn.Parabola())
        self.value = lambda W: float(W[0])
        self.differential = lambda W: (float(W[0]), np.ones(1))
        self.jet = lambda W, V, order: np.array([W[0], V[0], 0.0])


def test_a_step_without_bound_ends_the_run():
    """On L = W, W ← W − 100·0.1·W, and below 0 there is no bound: h = ∞, recorded no more."""
    run = fn.train(Slope(), fn.Aristotle("linear:0.1"), W0=[1.0], steps=9)
    assert run.diverged_at == 1 == len(run.loss) == len(run.step) == len(run.parameters)
    close(run.step, [10.0], kind="rounding")
    with_most = fn.train(Slope(), fn.Aristotle("linear:0.1:2"), W0=[1.0], steps=9)
    assert with_most.finished and with_most.parameters[-1] == -17
