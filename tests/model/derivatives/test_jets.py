"""Taylor coefficients of s ↦ L(W + sV) to any order: mpmath, closed forms, and their own laws."""

from math import comb

import mp
import mpmath
import naive
import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from tolerance import close, has_order, tolerance

import flownet as fn
from flownet.kernels.cpu.base import threads

LOSSES = ["quadratic", "cross-entropy"]
KINKED = ["relu", "leaky_relu", "elu"]
SMOOTH = [a for a in fn.ACTIVATIONS if a not in ("identity", *KINKED)]
every_loss = pytest.mark.parametrize("loss", LOSSES)
every_activation = pytest.mark.parametrize("activation", fn.ACTIVATIONS)


def agree(found, exact, dtype="float64"):
    """Each coefficient within the tolerance of itself, or of its samples' shares if they cancel."""
    scale = np.maximum(np.abs(exact.jet), exact.scale)
    assert found.shape == exact.jet.shape
    error = np.abs(found - exact.jet) / np.where(scale > 0, scale, 1)
    assert error.max() <= tolerance("reference", dtype), f"relative errors {error}"


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


# ---- parts, threads, sums -----------------------------------------------------------------------


@every_loss
@pytest.mark.parametrize("weighted", [False, True])
def test_the_jet_is_the_mean_of_the_samples(weighted, loss, dtype):
    metric = {"Gamma": twins.weights(60_001, 7)} if weighted else {}
    case = twins.case(60_000, [3, 5, 2], ["sin"], loss, **metric)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    samples = p.sample_jets(W, V, 5)
    assert samples.shape == (7, 6)
    close(samples.mean(axis=0), p.jet(W, V, 5), dtype, "rounding")
    close(samples[:, 0], p.sample_losses(W), dtype, "rounding")
    close(samples, mp.jet(case, 5).samples, dtype)


@pytest.mark.parametrize("sizes", [[3, 5, 2], [20, 30, 4]], ids=["small shards", "large ones"])
@every_loss
def test_large_batches_are_the_mean_of_their_parts(loss, sizes, dtype):
    """9001 rows pass in chunks of 4096: coefficients add up over any cut of them."""
    case = twins.case(61_000, sizes, ["tanh"], loss, m=9001, Gamma=twins.weights(61_001, 9001))
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    V = V / 4
    cuts = [slice(0, 17), slice(17, 4113), slice(4113, 9001)]
    parts = sum(q.data.m / 9001 * q.jet(W, V, 6) for q in map(p.on, cuts))
    scale = np.abs(p.sample_jets(W, V, 6)).mean(axis=0)
    assert (np.abs(p.jet(W, V, 6) - parts) <= tolerance("reference", dtype) * scale).all()
    bent = sum(q.data.m / 9001 * q.linearized_jet(W, V, 6) for q in map(p.on, cuts))
    close(p.linearized_jet(W, V, 6), bent, dtype)


@pytest.mark.skipif(threads.most() < 2, reason="one thread is all there is here")
def test_threads_do_not_change_a_bit(dtype):
    case = twins.case(62_000, [40, 60, 10], ["gelu"], "cross-entropy", m=5000)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    found = []
    for count in (1, 2):
        with threads.limited(count):
            found.append(np.concatenate([p.jet(W, V, 5), p.linearized_jet(W, V, 5)]))
    np.testing.assert_array_equal(*found)


W6, V6 = twins.uniforms(63_000, 6, low=-2), twins.uniforms(63_001, 6)


def polynomial(*factors):
    """Coefficients of a product of polynomials, lowest first."""
    c = np.ones(1)
    for factor in factors:
        c = np.convolve(c, factor)
    return c


def quartic_series(W, V, alpha, c=0.0):
    """(α/8) Σ ((W + sV)² − c²)²: W² − c² + 2WVs + V²s² squared."""
    return (
        alpha / 8 * sum(polynomial(*[[w * w - c * c, 2 * w * v, v * v]] * 2) for w, v in zip(W, V))
    )


def uv_series(W, V):
    """½f², f = (u + sa)·(v + sb)/√n."""
    (u, v), (a, b) = W.reshape(2, -1), V.reshape(2, -1)
    f = np.array([u @ v, u @ b + a @ v, a @ b]) / np.sqrt(len(u))
    return polynomial(f, f) / 2


SERIES = {
    "parabola": (
        fn.Parabola(6, strength=1.3),
        lambda W, V: 1.3 * np.array([W @ W / 2, W @ V, V @ V / 2, 0, 0]),
    ),
    "quartic": (fn.Quartic(6, alpha=0.7), lambda W, V: quartic_series(W, V, 0.7)),
    "double well": (
        fn.DoubleWell(6, alpha=0.7, c=1.4),
        lambda W, V: quartic_series(W, V, 0.7, 1.4),
    ),
    "uv": (fn.UV(3), uv_series),
}


@pytest.mark.parametrize("order", [0, 1, 2, 3, 4, 7, 20])
@pytest.mark.parametrize("name", SERIES)
def test_analytic_potentials_are_polynomials(name, order, dtype):
    """Every coefficient in closed form; those beyond the fourth are zeros."""
    potential, series = SERIES[name]
    W, V = W6.astype(dtype), V6.astype(dtype)
    expected = np.append(series(W.astype(float), V.astype(float)), np.zeros(16))[: order + 1]
    close(
        potential.jet(W, V, order),
        expected,
        dtype,
        "rounding",
        np.abs(series(abs(W6), abs(V6))).max(),
    )
    assert not potential.jet(W, V, order)[5:].any()


def test_a_sum_has_the_sum_of_the_coefficients(dtype):
    case = twins.mixed_case("sigmoid", "quadratic", 64_000)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    total = 2 * p - 0.5 * fn.Quartic(p.size, alpha=0.3)
    expected = 2 * mp.jet(case, 6).jet
    expected[:5] -= 0.5 * quartic_series(W, V, 0.3)
    close(total.jet(W, V, 6), expected, dtype)


# ---- what the loss bends, what the map bends ----------------------------------------------------


@every_loss
@pytest.mark.parametrize("activation", ["tanh", "gelu", "relu"])
def test_linearized_jets_against_mpmath(activation, loss):
    """L along Ŷ + s·JV: the loss's own curvature and what follows."""
    case = twins.mixed_case(activation, loss, 65_000)
    found = twins.potential(case).linearized_jet(*twins.point(case), 6)
    agree(found, mp.linearized_jet(case, 6))


@every_loss
def test_a_linear_map_bends_nothing(loss, dtype):
    """Without hidden layers Ŷ is linear in W: jet and linearized_jet are the same."""
    case = twins.case(66_000, [4, 3], [], loss, gamma=twins.positive(66_001, 3))
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    close(p.linearized_jet(W, V, 6), p.jet(W, V, 6), dtype)


@pytest.mark.parametrize("activation", SMOOTH)
def test_linearized_jets_start_as_the_jet_does(activation, dtype):
    """c_0 and c_1 are L and dL(V); the quadratic loss bends at second order alone, ½⟨JV, γJV⟩."""
    case = twins.mixed_case(activation, "quadratic", 67_000)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    b = p.linearized_jet(W, V, 4)
    close(b[:2], p.jet(W, V, 1), dtype)
    JV = p.network.pushforward(W, p.data.x, V).astype(float)
    metrics = {name: case["arrays"].get(name) for name in ("gamma", "Gamma")}
    close(b[2], np.sum(JV * naive.mixed(JV, **metrics)) / (2 * len(JV)), dtype)
    close(b[3:], [0, 0], dtype, scale=b[2])


def test_the_exponential_series_of_one_logit():
    """−log P̂ of two classes along a logit is softplus: its series at 0, to order 12."""
    p = fn.Potential(
        fn.Network([1, 2], bias=False),
        fn.CrossEntropy(),
        fn.Dataset(np.ones((1, 1)), np.array([[1.0, 0.0]])),
    )
    bernoulli = {
        0: np.log(2),
        1: 0.5,
        2: 1 / 8,
        4: -1 / 192,
        6: 1 / 2880,
        8: -17 / 645120,
        10: 31 / 14515200,
        12: -691 / 3832012800,
    }
    expected = [bernoulli.get(k, 0.0) for k in range(13)]
    np.testing.assert_allclose(p.jet(np.zeros(2), [0.0, 1.0], 12), expected, rtol=1e-13, atol=1e-18)


def test_the_binomial_series_of_a_deep_linear_chain():
    """Identity layers of one unit each: (1 + s)^d, whose coefficients are binomials."""
    d = 9
    p = fn.Potential(
        fn.Network([1] * (d + 1), "identity", bias=False),
        fn.Quadratic(),
        fn.Dataset(np.ones((1, 1)), np.zeros((1, 1))),
    )
    expected = [comb(2 * d, k) / 2 for k in range(2 * d + 3)]
    close(p.jet(np.ones(d), np.ones(d), 2 * d + 2), expected, kind="rounding")


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
