"""Steps as long as the loss, η = L (TM 22): the flow of half its square, and its end."""

import numpy as np
import pytest
from landscapes import HalfSquare
from policy_case import W0, Program
from tolerance import close, has_order

import flownet as fn


@pytest.mark.parametrize("batch_size", [None, 5])
def test_loss_rate_is_descent_of_half_the_square(batch_size, small):
    """W ← W − factor·L·dL is a step `factor` on ½L²; the recorded step is factor·L."""
    words = dict(W0=W0, steps=30, batch_size=batch_size, seed=4)
    run = fn.train(small, fn.Aristotle(fn.LossRate(0.05)), **words)
    other = fn.train(HalfSquare(small), fn.Aristotle(0.05), **words)
    close(run.parameters[:], other.parameters[:])
    np.testing.assert_array_equal(run.step, 0.05 * run.loss[:-1])
    np.testing.assert_array_equal(run.time, np.append(0, np.cumsum(run.step)))


def test_loss_rate_follows_the_flow_of_half_the_square():
    """On the parabola W(s) = W₀/√(1 + κ²‖W₀‖²s), s = Σ factor; in its own time W₀e^{−κt}."""
    start, kappa, s = np.array([0.6, -0.8]), 2.0, 3.0
    exact = start / np.sqrt(1 + kappa**2 * s)
    factors, errors, own = s / np.array([150, 300, 600, 1200]), [], []
    for factor in factors:
        run = fn.train(
            fn.Parabola(2, strength=kappa),
            fn.Aristotle(fn.LossRate(factor)),
            W0=start,
            steps=round(s / factor),
        )
        errors.append(np.linalg.norm(run.parameters[-1] - exact))
        own.append(np.linalg.norm(run.parameters[-1] - start * np.exp(-kappa * run.time[-1])))
    has_order(errors, factors, 1)
    has_order(own, factors, 1)


def test_loss_rate_step_by_step_in_python(small):
    """The factor on the loss is the same in the compiled loop and in the other."""
    words = dict(W0=W0, steps=20)
    compiled, python = (
        fn.train(p, fn.Aristotle("loss:0.5"), **words) for p in (small, Program(small))
    )
    close(python.parameters[:], compiled.parameters[:])
    close(python.step, compiled.step)


@pytest.mark.parametrize("wrapped", [lambda p: p, Program])
def test_a_step_that_overflows_ends_the_run(wrapped):
    """L = 5·10¹⁹ is finite, 10³⁰⁰·L is not: not even row 0 is recorded."""
    run = fn.train(wrapped(fn.Parabola()), fn.Aristotle(fn.LossRate(1e300)), W0=[1e10], steps=9)
    assert (run.diverged_at, len(run.loss), len(run.parameters)) == (0, 0, 0)


def test_loss_rate_diverges_up_to_the_last_finite_row():
    """On the parabola W ← W(1 − ½W²) runs away from W = 3, ever faster."""
    run = fn.train(fn.Parabola(), fn.Aristotle("loss"), W0=[3.0], steps=99)
    assert 0 < run.diverged_at == len(run.loss) == len(run.step) == len(run.parameters)
    assert np.isfinite(run.step).all() and np.isfinite(run.parameters[:]).all()
