"""Taylor coefficients of s ↦ L(W + sV) to any order: against mpmath, and by their own laws."""

import mp
import mpmath
import naive
import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from settings_of_derivatives import agree
from tolerance import close, has_order, tolerance
from twins import KINKED, SMOOTH, every_activation, every_loss

import flownet as fn

# ---- the witness --------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", fn.ACTIVATIONS)
def test_the_witness_on_one_unit(activation):
    """½(v φ(w x) − y)² along (ẇ, v̇) by mpmath's own differentiation."""
    case = twins.case(50_900, [1, 1, 1], [activation], "quadratic", m=1, bias=False)
    (x,), (y,) = case["arrays"]["x"][0], case["arrays"]["y"][0]
    (w, v), (dw, dv) = twins.point(case)
    with mpmath.mp.workdps(60):
        phi = mp.PHI[activation]
        c = mpmath.taylor(lambda s: ((v + s * dv) * phi((w + s * dw) * x) - y) ** 2 / 2, 0, 8)
    close(mp.jet(case, 8).jet, c, kind="rounding")


# ---- against a hundred digits -------------------------------------------------------------------


@every_loss
@every_activation
def test_six_orders_against_mpmath(activation, loss):
    """c_0 … c_6 with biases, metrics, temperatures and output activations in turn."""
    case = twins.mixed_case(activation, loss, 50_000)
    agree(twins.potential(case).jet(*twins.point(case), 6), mp.jet(case, 6))


@every_loss
@every_activation
def test_six_orders_in_the_tails(activation, loss):
    """The same where hidden units go up to |z| = 6: saturated, or their derivatives nearly gone."""
    case = twins.steep(twins.mixed_case(activation, loss, 51_000))
    agree(twins.potential(case).jet(*twins.point(case), 6), mp.jet(case, 6))


@pytest.mark.parametrize("activation", fn.ACTIVATIONS)
def test_each_unit_far_out(activation):
    """½φ(x + s)² of one unit at x from −5 to 5: every sample's coefficients by themselves."""
    case = twins.case(52_000, [1, 1], [], "quadratic", m=12, output=activation)
    case["arrays"] |= {
        "x": np.linspace(-5, 5, 12)[:, None],
        "y": np.zeros((12, 1)),
        "W": np.array([1.0, 0.0]),
        "V": np.array([0.0, 1.0]),
    }
    found = twins.potential(case).sample_jets(*twins.point(case), 6)
    exact = mp.jet(case, 6).samples
    np.testing.assert_allclose(found, exact, rtol=tolerance("reference"))


@pytest.mark.parametrize("activation", ["identity", "tanh", "relu"])
def test_a_saturated_softmax_keeps_its_digits(activation, gap=30.0):
    """The true class leads by far: c_1 … c_6 are e⁻³⁰ where the outputs' own are 1."""
    sizes = [3, 4, 3]
    case = twins.case(53_000, sizes, [activation], "cross-entropy", m=1)
    a = case["arrays"]
    logits = naive.forward(sizes, [activation], a["W"], a["x"])[0]
    a["W"][-15:] *= gap / np.diff(np.sort(logits))[-1]
    a["y"] = np.eye(3)[[np.argmax(logits)]]
    found, exact = twins.potential(case).jet(*twins.point(case), 6), mp.jet(case, 6).jet
    np.testing.assert_allclose(found, exact, rtol=tolerance("reference"))


@pytest.mark.parametrize("order", [12, 20])
@every_loss
def test_far_orders(order, loss):
    """tanh has poles at ±iπ/2, so that nothing dies out before order 20."""
    case = twins.mixed_case("tanh", loss, 54_000, sizes=(2, 3, 2))
    agree(twins.potential(case).jet(*twins.point(case), order), mp.jet(case, order))


@every_loss
@every_activation
def test_single_precision(activation, loss):
    case = twins.mixed_case(activation, loss, 55_000)
    found = twins.potential(case, "float32").jet(*twins.point(case), 6)
    agree(found.astype(float), mp.jet(case, 6), "float32")


def test_real_digits(digits_potential):
    """Four samples of a 64-16-10 network, D = 1210."""
    p = digits_potential.on(slice(4))
    W, V = p.network.init(0), twins.uniforms(56_000, p.size)
    case = dict(
        sizes=[64, 16, 10],
        activations=["tanh"],
        bias=True,
        output="identity",
        loss="cross-entropy",
        temperature=1.0,
        arrays={"x": p.data.x, "y": p.data.y, "W": W, "V": V},
    )
    agree(p.jet(W, V, 6), mp.jet(case, 6))


# ---- laws ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", range(5))
def test_a_lower_order_is_the_beginning_of_a_higher_one(order, dtype):
    case = twins.mixed_case("gelu", "cross-entropy", 57_000)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    c = p.jet(W, V, 6)
    assert p.jet(W, V, order).shape == (order + 1,)
    close(p.jet(W, V, order), c[: order + 1], dtype, "rounding")
    close(c[0], p.value(W), dtype, "rounding")
    close(c[1], p.differential(W)[1].astype(float) @ V, dtype, scale=np.abs(c).max())


@every_loss
@every_activation
def test_scaling_the_displacement(activation, loss):
    """c_k(aV) = aᵏ c_k(V), to the last bit for powers of two; a displacement 0 leaves L alone."""
    case = twins.mixed_case(activation, loss, 58_000)
    p, (W, V) = twins.potential(case), twins.point(case)
    c = p.jet(W, V, 6)
    for a in (-1.0, 2.0, -0.25):
        np.testing.assert_array_equal(p.jet(W, a * V, 6), c * a ** np.arange(7))
    np.testing.assert_array_equal(p.jet(W, 0 * V, 6), [c[0], *np.zeros(6)])


def kinkless(case, reach):
    """The longest step, `reach` or some of its halves, on which no hidden unit changes sign."""
    p, (W, V), acts = twins.problem(case), twins.point(case), case["activations"]

    def signs(s):
        a, found = p.x, []
        for (A, b), name in zip(naive.unpack(case["sizes"], W + s * V, case["bias"]), acts):
            found.append(a @ A.T + b > 0)
            a = naive.activation(name, a @ A.T + b)[0]
        return np.concatenate(found, axis=1)

    while any((signs(s) != signs(0.0)).any() for s in np.linspace(0, reach, 20)):
        reach /= 2
    return reach


def good_line(activation, loss, order):
    """Of a few displacements that along which order K+1 stands out most, and steps to see it.

    There the two orders after K+1 are a few percent of it, or less.
    """

    def steps(c):
        return 0.04 * min(abs(c[order + 1] / c[order + 1 + j]) ** (1 / j) for j in (1, 2))

    case, best = twins.mixed_case(activation, loss, 59_000), (0.0, None, None)
    if activation in KINKED:
        case["output"] = "sin"  # for they alone make a polynomial
    for seed in range(8):
        V = twins.uniforms(59_500 + seed, len(case["arrays"]["V"]))
        line = {**case, "arrays": {**case["arrays"], "V": V}}
        c = naive.jet(twins.problem(case), case["arrays"]["W"], V, order + 3)
        s = kinkless(line, steps(c)) if activation in KINKED else steps(c)
        best = max(best, (abs(c[order + 1] / c[1]) * s**order, s, seed), key=lambda b: b[0])
        if best[2] == seed:
            chosen = line
    return chosen, best[1] * np.geomspace(0.3, 1, 6)


@pytest.mark.parametrize("order", range(1, 7))
@every_loss
@pytest.mark.parametrize("activation", [*SMOOTH, *KINKED])
def test_remainders_fall_one_order_faster(activation, loss, order):
    """What K orders leave of L(W+sV) falls like s^{K+1}; below the first kink, if there is one."""
    case, s = good_line(activation, loss, order)
    c = twins.potential(case).jet(*twins.point(case), order)
    left = mp.changes(case, s) - sum(c[k] * s**k for k in range(1, order + 1))
    has_order(left, s, order + 1)


# ---- mistakes -----------------------------------------------------------------------------------

P, ONE = fn.Parabola(2), np.ones(2)
NET = fn.Potential(fn.Network([2, 3, 1]), fn.Quadratic(), fn.data.load("xor"))
D = np.ones(NET.size)
MISTAKES = {
    "a negative order": (lambda: NET.jet(D, D, -1), "order"),
    "half an order": (lambda: NET.jet(D, D, 1.5), "order"),
    "a word for an order": (lambda: NET.jet(D, D, "two"), "order"),
    "a negative order of a formula": (lambda: P.jet(ONE, ONE, -1), "order"),
    "a negative order of a sum": (lambda: (P + P).jet(ONE, ONE, -1), "order"),
    "a negative order of samples": (lambda: NET.sample_jets(D, D, -1), "order"),
    "a negative order of a linearized jet": (lambda: NET.linearized_jet(D, D, -1), "order"),
    "a short W": (lambda: NET.jet(D[:-1], D), "shape"),
    "a long V": (lambda: NET.jet(D, np.ones(NET.size + 1)), "shape"),
    "several V": (lambda: NET.jet(D, np.ones((2, NET.size))), "shape"),
    "a short V of a linearized jet": (lambda: NET.linearized_jet(D, D[:-1]), "shape"),
    "a complex V": (lambda: NET.jet(D, 1j * D), "complex"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    call, word = MISTAKES[mistake]
    with told_in_one_line(word):
        call()
