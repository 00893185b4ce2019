"""One finite step, term by term: linear + second + third + remainder = actual (TM §3.6)."""

import naive
import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from tolerance import close, has_order

import flownet as fn

SMOOTH = ["tanh", "sigmoid", "softplus", "sin"]
TERMS = ("linear", "second", "third", "actual", "remainder")


def terms(b):
    return {name: getattr(b, name) for name in TERMS}


# ---- closed forms -------------------------------------------------------------------------------


@pytest.mark.parametrize("kappa", [0.5, 3.0])
@pytest.mark.parametrize("h", [0.1, 1.0])
def test_the_parabola_breaks_at_second_order_alone(kappa, h):
    """−hκ²W², ½h²κ³W², nothing beyond; critical step 2/κ, where it stops to converge."""
    W = np.array([1.0, -2.0, 0.5])
    b = fn.breakdown(fn.Parabola(3, strength=kappa), W, h)
    close(b.linear, -h * kappa**2 * W @ W, kind="rounding")
    close(b.second, h**2 * kappa**3 * W @ W / 2, kind="rounding")
    close(b.critical_step, 2 / kappa, kind="rounding")
    close(b.ratio, h * kappa / 2, kind="rounding")
    assert abs(b.remainder) <= b.noise["remainder"]


def test_the_quartic_has_all_four_orders():
    """L = (α/8)W⁴ along δ = −hV, V = (α/2)W³: every term a power of δ."""
    W, h, alpha = 1.3, 0.2, 0.7
    d = -h * alpha / 2 * W**3
    b = fn.breakdown(fn.Quartic(alpha=alpha), [W], h)
    close(b.linear, alpha / 2 * W**3 * d, kind="rounding")
    close(b.second, alpha / 2 * 1.5 * W**2 * d**2, kind="rounding")
    close(b.third, alpha / 2 * W * d**3, kind="rounding")
    close(b.remainder, alpha / 8 * d**4, scale=b.loss, kind="rounding")
    close(b.critical_step, 4 / (3 * alpha * W**2), kind="rounding")


def test_between_the_wells_the_curvature_is_negative():
    """Downhill from the top, second order goes along with the promise: the critical step < 0."""
    b = fn.breakdown(fn.DoubleWell(), [0.1], 0.3)
    assert b.linear < 0 and b.second < 0 and b.critical_step < 0


@pytest.mark.parametrize("size", [1e-100, 1e-8, 1e8, 1e100])
def test_the_critical_step_does_not_depend_on_the_units_of_the_loss(size):
    """2/κ on the parabola wherever its loss is a number, 1e-200 or 1e200."""
    close(fn.breakdown(fn.Parabola(), [size], 0.1).critical_step, 2.0, kind="rounding")


@pytest.mark.parametrize("flat", [np.zeros(2), np.array([0.0, 1.0])])
def test_without_curvature_there_is_no_critical_step(flat):
    """Zero displacement, and a straight direction of the UV model: ∞, and a table without fault."""
    b = fn.breakdown(fn.UV(1), [0.0, 2.0], displacement=flat)
    assert b.critical_step == np.inf and "no critical step" in str(b)


# ---- against the naive derivatives --------------------------------------------------------------


@pytest.mark.parametrize("loss", ["quadratic", "cross-entropy"])
@pytest.mark.parametrize("activation", SMOOTH)
def test_terms_against_jets_and_a_dense_hessian(activation, loss):
    """linear = dL(δ), second = ½H(δ,δ), third = T(δ,δ,δ)/6, actual, for δ = −step·g^♯dL."""
    case = twins.case(80_000, [2, 3, 2], [activation], loss)
    p, W, step = twins.problem(case), case["arrays"]["W"], 0.3
    potential = twins.potential(case)
    metric = fn.LayerMetric(potential.network, [2.0, 0.5])
    delta = -step * naive.differential(p, W)[1] / np.repeat([2.0, 0.5], [9, 8])
    b = fn.breakdown(potential, W, step, metric=metric)
    L, linear, second, third = naive.jet(p, W, delta, 3)
    close(terms(b)["linear"], linear)
    close(terms(b)["third"], third)
    close(terms(b)["second"], second)
    close(b.second, delta @ naive.hessian(p, W) @ delta / 2)
    close(b.actual, naive.value(p, W + delta) - L, scale=L)
    close(b.critical_step, step * abs(linear) / second)
    close([b.loss, b.step], [L, step])
    given = fn.breakdown(potential, W, displacement=delta)
    close([given.linear, given.second, given.actual], [b.linear, b.second, b.actual])


@pytest.mark.parametrize("activation", SMOOTH)
def test_each_term_has_its_order(activation):
    """linear + second + third + remainder = actual, and the remainder falls like step⁴."""
    case = twins.case(81_000, [3, 5, 2], [activation], "cross-entropy")
    potential, steps = twins.potential(case), np.geomspace(3e-3, 3e-2, 6)
    found = [fn.breakdown(potential, case["arrays"]["W"], h) for h in steps]
    for name, order in (("remainder", 4), ("third", 3), ("second", 2)):
        has_order([getattr(b, name) for b in found], steps, order)
    close([b.linear + b.second + b.third + b.remainder for b in found], [b.actual for b in found])


# ---- noise floors -------------------------------------------------------------------------------


def drawn(number):
    """A random case and a random downhill displacement, from far too long to nearly nothing."""
    seed = 90_000 + 1000 * number
    size, log_step = twins.uniforms(seed + 1, 2)
    case = twins.case(
        seed,
        [3, 6 + int(3 * size), 4, 2],
        [SMOOTH[number % 4]] * 2,
        ["quadratic", "cross-entropy"][number % 2],
        m=9 + number,
    )
    W = case["arrays"]["W"]
    return case, W, -(10.0 ** (2 * log_step - 2)) * naive.differential(twins.problem(case), W)[1]


@pytest.fixture(scope="module")
def noise():
    """Errors and floors (60, 4) of all terms but the remainder, against extended precision."""
    errors, floors = np.zeros((60, 4)), np.zeros((60, 4))
    for number in range(60):
        case, W, delta = drawn(number)
        p = twins.problem(case, dtype=np.longdouble)
        wide = W.astype(np.longdouble)
        L, *orders = naive.jet(p, wide, delta, 3)
        b = fn.breakdown(twins.potential(case), W, displacement=delta)
        exact = *orders, naive.value(p, wide + delta) - L
        for i, name in enumerate(TERMS[:4]):
            errors[number, i] = abs(getattr(b, name) - exact[i])
            floors[number, i] = b.noise[name]
    return errors, floors


@pytest.mark.skipif(
    np.finfo(np.longdouble).eps > 1e-18, reason="long double is no longer than double here"
)
@pytest.mark.parametrize("term", range(4), ids=TERMS[:4])
def test_noise_floors_are_neither_too_low_nor_too_high(term, noise):
    """Errors stay below three floors in 95 % of the cases, and mostly above a thousandth of one."""
    errors, floors = noise[0][:, term], noise[1][:, term]
    assert np.mean(errors <= 3 * floors) >= 0.95
    assert np.median(floors / np.maximum(errors, 1e-300)) < 1e3


def test_below_its_floor_a_term_is_printed_as_noise():
    """A step far too short: the remainder is a difference of rounding errors, and says so."""
    case = twins.case(82_000, [3, 5, 2], ["tanh"], "quadratic")
    b = fn.breakdown(twins.potential(case), case["arrays"]["W"], 1e-7)
    assert abs(b.remainder) <= b.noise["remainder"]
    rows = [line for line in str(b).splitlines() if "noise" in line]
    assert len(rows) == 2 and rows[1].startswith("remainder")  # after the head of the table


# ---- table and mistakes -------------------------------------------------------------------------


@pytest.mark.parametrize("step, scale", [(1e-9, 1.0), (0.123456789, 1e-8), (3e5, 1e-5)])
def test_the_table_fits_a_page(step, scale):
    """At most 100 columns, whatever the numbers; every term is in it."""
    case = twins.case(83_000, [3, 6, 2], ["tanh"], "quadratic")
    table = str(fn.breakdown(scale * twins.potential(case), case["arrays"]["W"], step))
    assert max(map(len, table.splitlines())) <= 100
    assert all(word in table for word in ("promised", "second", "third", "remainder", "delivered"))


P, W = fn.Parabola(2), np.ones(2)
MISTAKES = {
    "no point": (lambda: fn.breakdown(P, step=0.1), "wants the parameters W, and a step"),
    "no step": (lambda: fn.breakdown(P, W), "and a step or a displacement"),
    "a short W": (lambda: fn.breakdown(P, W[:1], 0.1), r"W has shape \(1,\)"),
    "a long displacement": (lambda: fn.breakdown(P, W, displacement=np.ones(3)), r"shape \(3,\)"),
    "a low order": (lambda: fn.breakdown(P, W, 0.1, order=1), "order is 1"),
    "a step of a potential": (lambda: fn.breakdown(P, W, 0.1, at=3), "at=3"),
    "no potential": (lambda: fn.breakdown("parabola", W, 0.1), "potential"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    """One error class, one line: what was wrong, and what would be right."""
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call()
