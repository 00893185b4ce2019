"""Where a step breaks: critical steps, missed promises, radius of convergence, kinks, verdicts."""

import made
import naive
import numpy as np
import pytest
import twins
from scipy.optimize import brentq
from tolerance import close, has_order

import flownet as fn
from flownet._errors import FlownetError
from flownet.linearization._branches import on_branch, passed
from flownet.linearization._radius import mercer_roberts

# ---- critical steps -----------------------------------------------------------------------------


def test_critical_steps_of_the_quartic():
    """L = (α/8)W⁴ along −hV: second meets first at 4/(3αW²), third at 2/(αW²)."""
    W, alpha = 1.3, 0.7
    for h in (0.01, 0.2):
        b = fn.breakdown(fn.Quartic(alpha=alpha), [W], h)
        close([b.critical_step, b.critical_third],
              [4 / (3 * alpha * W**2), -2 / (alpha * W**2)], kind="rounding")


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
    delta = b.place.delta

    def apart(s):
        change = naive.value(p, W + s * delta) - b.loss
        return abs(change - s * b.linear) - fraction * abs(s * b.linear)

    grid = np.linspace(0, 60, 6001)[1:]
    first = np.flatnonzero(np.array([apart(s) for s in grid]) > 0)[0]
    root = brentq(apart, grid[first - 1] if first else 1e-3, grid[first], xtol=1e-13)
    found = b.missed(fraction)
    close(found.measured, 0.3 * root, kind="solver")
    cubic = np.roots([b.third, b.second, fraction * b.linear]), np.roots(
        [b.third, b.second, -fraction * b.linear])
    real = [r.real for r in np.concatenate(cubic) if abs(r.imag) < 1e-12 and r.real > 0]
    close(found.predicted, 0.3 * min(real, default=np.inf))
    close(b.curve([1.0, 0.0]), [b.actual, 0.0])


def test_on_a_parabola_half_the_promise_is_missed_at_half_the_critical_step():
    """L along the step is its own Taylor polynomial: measured = predicted = 2·fraction/κ."""
    missed = fn.breakdown(fn.Parabola(3, strength=4.0), [1.0, 2.0, 3.0], 0.01).missed()
    close([missed.measured, missed.predicted], [0.25, 0.25], kind="solver")
    flat = fn.breakdown(fn.UV(1), [0.0, 2.0], displacement=np.zeros(2)).missed()
    assert np.isnan(flat.measured) and np.isnan(flat.predicted)


# ---- radius of convergence ----------------------------------------------------------------------


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


@pytest.mark.parametrize("activation, pole", [("tanh", np.pi / 2), ("sigmoid", np.pi),
                                              ("softplus", np.pi)])
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
    cases = (twins.case(53_000, [2, 3, 2], ["tanh"], "cross-entropy"),
             twins.case(53_000, [2, 3, 2, 2], ["tanh", "tanh"], "quadratic"))
    for case in cases:
        W, V = twins.point(case)
        radius = fn.breakdown(twins.potential(case), W, displacement=V).radius()
        assert np.isnan(radius.exact) and 0 < radius.estimate < 1.1 * radius.bound < np.inf
    entire = twins.case(53_000, [2, 3, 2], ["sin"], "quadratic")
    W, V = twins.point(entire)
    radius = fn.breakdown(twins.potential(entire), W, displacement=0.1 * V).radius()
    assert radius.exact == radius.bound == np.inf and radius.estimate > 100
    assert fn.breakdown(fn.Parabola(), [1.0], 0.1).radius().estimate == np.inf


# ---- kinks --------------------------------------------------------------------------------------


def one_unit(activation, delta):
    """ŷ = φ(w) of one input 1 and outgoing weight 1, truth 0: L = φ(w)²/2, from w = 1."""
    net = fn.Network([1, 1, 1], activation, bias=False)
    potential = fn.Potential(net, fn.Quadratic(), fn.Dataset([[1.0]], [[0.0]]))
    return fn.breakdown(potential, [1.0, 1.0], displacement=[delta, 0.0])


@pytest.mark.parametrize("activation, below", [
    ("relu", lambda w: 0.0), ("leaky_relu", lambda w: 0.01 * w), ("elu", np.expm1)])
def test_kinks_of_one_unit(activation, below):
    """w = 1 − 3 is below the kink: L is φ(−2)²/2 and its continuation (−2)²/2."""
    b = one_unit(activation, -3.0)
    kinks = b.kinks
    close(kinks.value, below(-2.0)**2 / 2 - 2.0)
    close(kinks.smooth, 0.0, scale=2.0)
    close([kinks.first, kinks.first_step, kinks.changed, kinks.pairs], [1 / 3, 1 / 3, 1, 1])
    assert kinks.exact and "kinks" in str(b)
    untouched = one_unit(activation, -0.5).kinks
    assert (untouched.value, untouched.changed) == (0.0, 0) and untouched.first == 2.0
    assert one_unit(activation, 0.5).kinks.first == np.inf


def test_smooth_networks_have_no_kinks():
    """No row, no number."""
    b = one_unit("tanh", -3.0)
    assert b.kinks is None and "kinks" not in str(b)


def walk(case, s):
    """Branches along the naive pass at W + sδ."""
    p, (W, V) = twins.problem(case), twins.point(case)
    x, found = p.x, []
    layers = zip(naive.unpack(p.net["sizes"], W + s * V, p.net["bias"]),
                 naive.layerwise(p.net["sizes"], p.net["acts"], p.net["output"]))
    for (A, b), name in layers:
        z = x @ A.T + b
        found.append(z > 0)
        x = naive.activation(name, z)[0]
    return np.concatenate([part.ravel() for part in found[:-1]])


KINKED = {
    "relu": twins.case(54_000, [3, 5, 4, 2], ["relu", "relu"], "quadratic"),
    "deep": twins.case(55_000, [2, 4, 4, 4, 2], ["leaky_relu", "identity", "relu"],
                       "cross-entropy"),
    "elu": twins.case(56_000, [3, 5, 4, 2], ["elu", "elu"], "quadratic"),
    "curved": twins.case(57_000, [3, 5, 4, 2], ["tanh", "relu"], "cross-entropy"),
}


@pytest.mark.parametrize("name", KINKED)
def test_the_first_kink_is_where_the_first_branch_changes(name):
    """By halving the naive pass; the remainder has its order below it and not beyond."""
    case = KINKED[name]
    kinked = [i for i, act in enumerate(case["activations"]) if act not in ("identity", "tanh")]
    W, V = twins.point(case)
    b = fn.breakdown(twins.potential(case), W, displacement=V)
    units = np.repeat(range(len(case["sizes"]) - 2), 7 * np.array(case["sizes"][1:-1]))
    chosen = np.isin(units, kinked)
    start = walk(case, 0.0)[chosen]
    grid = np.linspace(0, 1, 400)
    high = grid[np.flatnonzero([(walk(case, s)[chosen] != start).any() for s in grid])[0]]
    low = high - grid[1]
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if (walk(case, middle)[chosen] != start).any() else (middle, high)
    assert b.kinks.exact == (name in ("relu", "deep"))
    close(b.kinks.first, high, kind="solver")
    assert b.kinks.changed == np.sum(walk(case, 1.0)[chosen] != start)
    close(b.kinks.value + b.kinks.smooth, b.remainder)


def test_kinks_are_of_second_order_and_the_rest_is_not():
    """For relu beyond the first kink: smooth falls like the order after the last, kinks do not."""
    case = KINKED["relu"]
    W, V = twins.point(case)
    sizes = np.geomspace(1e-3, 1e-2, 5)
    found = [fn.breakdown(twins.potential(case), W, displacement=size * V) for size in sizes]
    has_order([b.kinks.smooth + b.third for b in found], sizes, 3)


def test_the_pass_on_branches_is_the_network():
    """On its own branches it is the network's output, and elu's upper branch is the line."""
    case = KINKED["elu"]
    potential, W = twins.potential(case), case["arrays"]["W"]
    close(passed(potential.network, W, potential.data.x)[2],
          potential.network.forward(W, potential.data.x))
    assert on_branch("elu", np.array([[-2.0]]), np.array([[True]])) == -2.0


# ---- verdicts -----------------------------------------------------------------------------------


def verdict(potential, W, step, **options):
    return fn.breakdown(potential, W, step, **options).verdict


def test_an_isotropic_hessian_bends_all_directions_alike():
    """H = 1: one direction in the step's own Krylov space, and yet no single mode."""
    b = fn.breakdown(made.isotropic(), np.zeros(12), 0.5)
    assert b.split("eigen").top_share == 1.0
    close(b.split("eigen").isotropy, 1.0)
    assert b.verdict.words == "all directions bend alike"


def test_a_hessian_of_rank_one_is_a_single_mode():
    """One sample, one output, and the curved network whose loss rises: physics.md's regime."""
    assert verdict(made.rank_one(), np.zeros(6), 0.01).words == "a single mode"
    b = made.curved()
    split = b.split("parameters")
    ratio = split.second_pairs / split.second_self
    chance = split.rotations.second_pairs / split.rotations.second_self
    assert b.actual > 0 and 30 < ratio < 80 and 200 < chance < 420
    assert b.split("eigen").top_share > 0.99
    assert b.verdict.words == "a single mode" and "%" in b.verdict.reason


def test_on_digits_the_split_depends_on_the_basis(digits):
    """64-16-10 at the start: pairs outweigh self terms, in a random basis even more."""
    potential = fn.Potential(fn.Network([64, 16, 10]), fn.CrossEntropy(), digits)
    b = fn.breakdown(potential, potential.network.init(0), 0.5)
    split = b.split("parameters")
    assert 1 < split.second_pairs / split.second_self < (
        split.rotations.second_pairs / split.rotations.second_self)
    assert b.verdict.words == "depends on the basis"


def test_interference_beyond_chance():
    """Three modes spread over parameters of little own curvature, while others have much."""
    b = fn.breakdown(made.incoherent(), np.zeros(16), 0.2)
    split, modes = b.split("parameters"), b.split("eigen")
    assert modes.top_share < 0.9 and split.second_self < split.rotations.second_self
    assert b.verdict.words == "interference beyond chance"


def test_the_further_cases():
    """Nothing broke; nothing can be said; other orders; kinks."""
    assert verdict(fn.Parabola(2), np.ones(2), 1e-3).words == "the linearization holds"
    nothing = verdict(fn.UV(1), [0.0, 2.0], None, displacement=np.zeros(2))
    assert nothing.words == "the promise is noise"
    flat = fn.DoubleWell()  # H = 0 at W² = c²/3
    assert verdict(flat, [1 / np.sqrt(3)], 1.0).words == "higher orders"
    net = fn.Network([1, 1, 1], "relu", bias=False)
    line = fn.Potential(net, fn.Quadratic(), fn.Dataset([[1.0]], [[-50.0]]))
    told = verdict(line, [1.0, 1.0], None, displacement=[-2.0, 0.0])
    assert told.words == "kinks" and str(told).startswith("kinks: 1 of 1")


# ---- print --------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1e-7, 0.3, 1e4])
@pytest.mark.parametrize("name", ["relu", "curved"])
def test_everything_that_is_printed_fits_a_page(name, step):
    """At most 100 columns: the table, the splits, and what goes beyond them; HTML has every row."""
    case = KINKED[name]
    b = fn.breakdown(twins.potential(case), case["arrays"]["W"], step)
    parts = [b, b.verdict, b.interventions(), b.layer_subsets(), b.one_at_a_time(),
             *(b.split(basis) for basis in ("parameters", "layers", "neurons", "eigen", "map"))]
    for part in parts[:1] + parts[2:]:
        assert max(map(len, str(part).splitlines())) <= 100, str(part)
    html = b._repr_html_()
    assert html.count("<tr>") == html.count("</tr>") > 8 and "critical step" in html


MISTAKES = {
    "another basis": (lambda b: b.split("fourier"), "unknown basis 'fourier'"),
    "layers of a parabola": (lambda b: b.split("layers"), "no network, hence no layers"),
    "no fraction": (lambda b: b.missed(0), "fraction is 0"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    """One error class, one line."""
    call, line = MISTAKES[mistake]
    with pytest.raises(FlownetError, match=line) as caught:
        call(fn.breakdown(fn.Parabola(2), np.ones(2), 0.1))
    assert "\n" not in str(caught.value)


def test_a_displacement_of_what_is_frozen_has_no_length():
    """Its terms are told; a split in the metric is refused."""
    case = twins.case(58_000, [2, 3, 2], ["tanh"], "quadratic")
    potential, (W, V) = twins.potential(case), twins.point(case)
    frozen = fn.LayerMetric(potential.network, [1, np.inf])
    b = fn.breakdown(potential, W, displacement=V, metric=frozen)
    with pytest.raises(FlownetError, match="that the metric freezes"):
        b.split("eigen")
    assert "delivered" in str(b)
