"""Where a step breaks: critical steps, missed promises, radius of convergence."""

import naive
import numpy as np
import pytest
import twins
from scipy.optimize import brentq
from tolerance import close

import flownet as fn
from flownet.linearization.breakdown._radius import mercer_roberts

# ---- critical steps ------------------------------------------------------------------------------


def test_critical_steps_of_the_quartic():
    """L = (α/8)W⁴ along −hV: second meets first at 4/(3αW²), third at 2/(αW²)."""
    W, alpha = 1.3, 0.7
    for h in (0.01, 0.2):
        b = fn.breakdown(fn.Quartic(alpha=alpha), [W], h)
        close(
            [b.critical_step, b.critical_third],
            [4 / (3 * alpha * W**2), -2 / (alpha * W**2)],
            kind="rounding",
        )


def test_there_is_no_third_order_on_a_parabola():
    """Infinite where third order is noise, NaN where the promise is or nothing was computed."""
    assert fn.breakdown(fn.Parabola(), [1.0], 0.1).critical_third == np.inf
    rising = fn.DoubleWell(), [1.0]  # dL = 0, T = 3
    assert np.isnan(fn.breakdown(*rising, displacement=[0.1]).critical_third)
    assert np.isnan(fn.breakdown(fn.Quartic(), [1.0], 0.1, order=2).critical_third)


def test_terms_of_any_order():
    """Seven Taylor terms against the naive jet; the remainder stays what lies beyond the third."""
    case = twins.case(50_000, [3, 5, 2], ["tanh"], "cross-entropy")
    W, V = twins.point(case)
    b = fn.breakdown(twins.potential(case), W, displacement=V, order=6)
    close(b.terms, naive.jet(twins.problem(case), W, V, 6), scale=b.loss)
    close(b.remainder, b.actual - sum(b.terms[1:4]))
    assert b.order == 6 and len(b.terms) == 7 and "order 6, exact" in str(b)
    two = fn.breakdown(twins.potential(case), W, displacement=V, order=2)
    close(two.remainder, b.remainder + b.third)
    assert np.isnan(two.third) and "third order" not in str(two)


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9])
def test_where_the_promise_is_missed(fraction):
    """The smallest root by bisection on a fine grid, and that of the cubic."""
    case = twins.case(51_000, [3, 6, 2], ["tanh"], "quadratic")
    p, W = twins.problem(case), case["arrays"]["W"]
    b = fn.breakdown(twins.potential(case), W, 0.3)
    delta = b.taken.delta

    def apart(s):
        change = naive.value(p, W + s * delta) - b.loss
        return abs(change - s * b.linear) - fraction * abs(s * b.linear)

    grid = np.linspace(0, 60, 6001)[1:]
    first = np.flatnonzero(np.array([apart(s) for s in grid]) > 0)[0]
    root = brentq(apart, grid[first - 1] if first else 1e-3, grid[first], xtol=1e-13)
    found = b.missed(fraction)
    close(found.measured, 0.3 * root, kind="solver")
    cubic = (
        np.roots([b.third, b.second, fraction * b.linear]),
        np.roots([b.third, b.second, -fraction * b.linear]),
    )
    real = [r.real for r in np.concatenate(cubic) if abs(r.imag) < 1e-12 and r.real > 0]
    close(found.predicted, 0.3 * min(real, default=np.inf))
    close(b.curve([1.0, 0.0]), [b.actual, 0.0])


def test_on_a_parabola_half_the_promise_is_missed_at_half_the_critical_step():
    """L along the step is its own Taylor polynomial: measured = predicted = 2·fraction/κ."""
    missed = fn.breakdown(fn.Parabola(3, strength=4.0), [1.0, 2.0, 3.0], 0.01).missed()
    close([missed.measured, missed.predicted], [0.25, 0.25], kind="solver")
    flat = fn.breakdown(fn.UV(1), [0.0, 2.0], displacement=np.zeros(2)).missed()
    assert np.isnan(flat.measured) and np.isnan(flat.predicted)


# ---- radius of convergence -----------------------------------------------------------------------


@pytest.mark.parametrize("theta", [0.1, 0.7, 1.5])
@pytest.mark.parametrize("order", [1, 2])
def test_the_quotient_finds_a_pair_of_poles(theta, order):
    """Re a/(1 − s e^{iθ}/R)^order has its poles at R e^{∓iθ}, whatever a and θ."""
    k, R = np.arange(25), 0.3
    size = 1.0 if order == 1 else k + 1.0
    assert abs(mercer_roberts(size * np.cos(k * theta + 0.4) / R**k) / R - 1) < 2e-2


def test_the_quotient_of_entire_functions_is_infinite():
    """eˢ, and a polynomial; too few coefficients say nothing."""
    factorial = np.cumprod([1.0, *range(1, 25)])
    assert mercer_roberts(1 / factorial) == mercer_roberts([1.0, 2.0, 3.0] + 22 * [0.0]) == np.inf
    assert np.isnan(mercer_roberts(1 / factorial[:8]))


@pytest.mark.parametrize(
    "activation, pole", [("tanh", np.pi / 2), ("sigmoid", np.pi), ("softplus", np.pi)]
)
def test_the_radius_of_one_hidden_layer(activation, pole):
    """√(z² + pole²)/|δz| of the nearest unit and sample, and the quotient agrees."""
    case = twins.case(52_000, [2, 3, 1], [activation], "quadratic", m=3)
    p, (W, V) = twins.problem(case), twins.point(case)
    (A, a), (dA, da) = naive.unpack([2, 3, 1], W)[0], naive.unpack([2, 3, 1], V)[0]
    z, dz = p.x @ A.T + a, p.x @ dA.T + da
    radius = fn.breakdown(twins.potential(case), W, displacement=V).radius(order=60)
    close(radius.exact, np.min(np.hypot(z, pole) / abs(dz)))
    assert radius.bound == radius.exact and abs(radius.estimate / radius.exact - 1) < 0.05


def test_a_unit_that_leads_nowhere_has_no_pole():
    """Without outgoing weights its poles are not those of the loss."""
    net = fn.Network([1, 2, 1], bias=False)
    potential = fn.Potential(net, fn.Quadratic(), fn.Dataset([[1.0]], [[0.5]]))
    b = fn.breakdown(potential, [0.3, 0.2, 1.0, 0.0], displacement=[0.5, 9.0, 0.1, 0.0])
    close(b.radius().exact, np.hypot(0.3, np.pi / 2) / 0.5)


def test_where_the_radius_is_only_bounded_it_says_so():
    """Cross-entropy and a second curved layer add singularities; without poles there are none."""
    cases = (
        twins.case(53_000, [2, 3, 2], ["tanh"], "cross-entropy"),
        twins.case(53_000, [2, 3, 2, 2], ["tanh", "tanh"], "quadratic"),
    )
    for case in cases:
        W, V = twins.point(case)
        radius = fn.breakdown(twins.potential(case), W, displacement=V).radius()
        assert np.isnan(radius.exact) and 0 < radius.estimate < 1.1 * radius.bound < np.inf
    entire = twins.case(53_000, [2, 3, 2], ["sin"], "quadratic")
    W, V = twins.point(entire)
    radius = fn.breakdown(twins.potential(entire), W, displacement=0.1 * V).radius()
    assert radius.exact == radius.bound == np.inf and radius.estimate > 100
    assert fn.breakdown(fn.Parabola(), [1.0], 0.1).radius().estimate == np.inf
