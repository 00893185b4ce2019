"""Charges: derived completely, kept by the flow, changed by finite steps as h² says, exactly."""

from itertools import pairwise

import naive
import numpy as np
import pytest
from mistakes import told_in_one_line
from tolerance import close, has_order, tolerance
from twins import case, point, positive, potential, problem, uniforms

import flownet as fn
from flownet import FlownetError

BOTH = ("quadratic", "cross-entropy")


def in_metric(stiffness, potential):
    return None if stiffness is None else fn.LayerMetric(potential.network, stiffness)


def only_rounding(found, dtype="float64"):
    """Drift and prediction differ by the rounding of a few operations, and by one more a step."""
    return found.error < tolerance("rounding", dtype) / np.finfo(dtype).eps + len(found.iteration)


def brute_force(case, stiffness, W):
    """Every charge the case can have, entry by entry from the equations, in the precision of W.

    identity: g₂ Σ_c w₂[c,i] w₂[c,j] − g₁ (Σ_k w₁[i,k] w₁[j,k] + b₁[i] b₁[j]), i ≤ j; relu: i = j;
    softmax: Σ_c w[c,a], Σ_c b[c] of the last layer.
    """
    layers, Q = naive.unpack(case["sizes"], W, case["bias"]), []
    g = stiffness or [1.0] * len(layers)
    for i, name in enumerate(naive.layerwise(None, case["activations"], "")[:-1]):
        (below, b), (above, _), n = layers[i], layers[i + 1], len(layers[i][1])
        pairs = {
            "identity": [(i, j) for i in range(n) for j in range(i, n)],
            "relu": [(i, i) for i in range(n)],
            "leaky_relu": [(i, i) for i in range(n)],
        }
        for k, m in pairs.get(name, []):
            out = sum(above[c, k] * above[c, m] for c in range(len(above)))
            into = sum(w * v for w, v in zip(below[k], below[m])) + b[k] * b[m]
            Q.append(g[i + 1] * out - g[i] * into)
    if case["loss"] == "cross-entropy" and case["output"] == "identity":
        weights, bias = layers[-1]
        Q += [sum(column) for column in weights.T] + [sum(bias)] * case["bias"]
    return np.array(Q)


NETWORKS = [  # sizes, hidden activations, bias, stiffness
    ([3, 4, 2], ["relu"], True, None),
    ([3, 4, 2], ["leaky_relu"], False, [2.0, 0.5]),
    ([3, 4, 2], ["identity"], True, [0.25, 3.0]),
    ([3, 4, 3, 2], ["relu", "identity"], True, [2.0, 1.0, 0.5]),
    ([3, 4, 3, 2], ["tanh", "leaky_relu"], True, None),
    ([2, 3, 4, 3, 2], ["identity", "sigmoid", "identity"], True, None),
    ([2, 3, 4, 3, 2], ["relu", "relu", "identity"], False, [1.0, 2.0, 3.0, 4.0]),
]


@pytest.fixture(params=NETWORKS, ids=lambda n: "-".join(n[1]))
def network(request):
    return request.param


@pytest.mark.parametrize("loss", BOTH)
def test_values_and_changes_against_brute_force(network, loss):
    """Q(W) and Q(W − h·g⁻¹dL) − Q(W) in long double from a twin's pullback, h small and large."""
    sizes, activations, bias, stiffness = network
    made = case(31000, sizes, activations, loss, bias=bias)
    pot, long = potential(made), problem(made, dtype=np.longdouble)
    charges = fn.charges(pot, in_metric(stiffness, pot))
    W = point(made)[0]
    assert len(charges) == len(brute_force(made, stiffness, W)) > 0
    exact, dL = W.astype(np.longdouble), naive.differential(long, W.astype(np.longdouble))[1]
    close(charges.value(W), brute_force(made, stiffness, exact), kind="rounding")
    ends = [end for _, end in pot.network.ranges]
    g = np.repeat(stiffness or [1.0] * len(ends), np.diff([0, *ends])).astype(np.longdouble)
    for h in (0.03, 1.0, 30.0):
        change = brute_force(made, stiffness, exact - np.longdouble(h) * dL / g) - brute_force(
            made, stiffness, exact
        )
        close(charges.change(W, pot.differential(W)[1], h), change)


@pytest.mark.parametrize("loss", BOTH)
@pytest.mark.parametrize(
    "step, batch_size, dtype",
    [
        (0.05, None, "float64"),
        (0.8, None, "float64"),
        (0.05, 3, "float64"),
        (0.05, None, "float32"),
    ],
)
def test_finite_steps_move_them_as_predicted(network, loss, step, batch_size, dtype):
    """Over 300 steps, Q(W_k) − Q(W_0) is Σ Q(h·g^♯dL) to rounding, and far from 0; also on a way
    that diverges, up to the last finite charge."""
    sizes, activations, bias, stiffness = network
    pot = potential(case(32000, sizes, activations, loss, bias=bias), dtype)
    metric = in_metric(stiffness, pot)
    run = fn.train(
        pot,
        fn.Aristotle(step),
        steps=300,
        W0=pot.network.init(3),
        metric=metric,
        batch_size=batch_size,
    )
    charges = fn.charges(pot, metric)
    found = charges.along(run)
    last = len(found.drift) - 1
    assert last == 300 or (step == 0.8 and run.diverged_at)
    assert only_rounding(found, dtype)
    quadratic, W0 = ~charges.linear, run.parameters[0]
    if batch_size is None:  # in float64, whatever the run's own precision
        dL = pot.with_dtype("float64").differential(W0)[1]
        np.testing.assert_array_equal(found.predicted[1], charges.change(W0, dL, step))
    assert (found.predicted[:, ~quadratic] == 0).all()
    assert np.abs(found.drift[-1, quadratic]).max() > 300 * found.rounding.max()
    close(found.drift[-1] + charges.value(W0), charges.value(run.parameters[last]), kind="rounding")


@pytest.mark.parametrize("stiffness", [None, [2.0, 1.0, 0.5]])
def test_the_flow_keeps_them(stiffness):
    """One step breaks a charge by O(h²), a unit of time by O(h)."""
    made = case(33000, [3, 4, 3, 2], ["leaky_relu", "identity"], "quadratic")
    pot, steps = potential(made), [0.02, 0.01, 0.005, 0.0025]
    charges = fn.charges(pot, in_metric(stiffness, pot))
    runs = [
        fn.train(
            pot,
            fn.Aristotle(h),
            steps=round(2 / h),
            W0=0.5 * point(made)[0],
            metric=in_metric(stiffness, pot),
        )
        for h in steps
    ]
    drifts = [
        charges.value(run.parameters[:][[1, -1]][i]) - charges.value(run.parameters[0])
        for i in (0, 1)
        for run in runs
    ]
    has_order([np.linalg.norm(d) for d in drifts[:4]], steps, 2)
    has_order([np.linalg.norm(d) for d in drifts[4:]], steps, 1)


# ---- what is derived is right and complete ------------------------------------------------------


def kept_polynomials(made, stiffness=None, decay=0.0):
    """Number of quadratic and linear functions P of the free parameters that every step keeps to
    first order, dP(g⁻¹dL) = 0 whatever W, x and y; and how far the rest is from being kept."""
    sizes = made["sizes"]
    ends = np.cumsum([n * (k + made["bias"]) for k, n in pairwise(sizes)])
    g = np.repeat(stiffness or [1.0] * len(ends), np.diff([0, *ends]))
    free, rows, p = np.isfinite(g), [], problem(made)
    upper = np.triu_indices(free.sum())
    x, y = p.x, p.y
    for i, W in enumerate(3 * uniforms(34000, int(1.5 * (free.sum() + len(upper[0]))), len(g))):
        p.x, p.y = np.roll(x, i, axis=0) * (1 + W[: x.shape[1]]), np.roll(y, i // 7, axis=1)
        W[~free] = made["arrays"]["W"][~free]
        V = ((naive.differential(p, W)[1] + decay * W) / g)[free]
        row = np.concatenate([V, (np.outer(W[free], V) + np.outer(V, W[free]))[upper]])
        if (V != 0).any():
            rows.append(row / np.linalg.norm(row))
    assert len(rows) >= len(rows[0])
    values = np.linalg.svd(np.array(rows), compute_uv=False)
    kept = int((values < 1e-12).sum())
    return kept, values[len(values) - kept - 1]


def claimed_polynomials(charges):
    """The charges, and the products of the linear ones with each other."""
    p = int(charges.linear.sum())
    return len(charges) + p * (p + 1) // 2


@pytest.mark.parametrize("loss", BOTH)
@pytest.mark.parametrize("name", naive.ACTIVATIONS)
def test_nothing_is_missing_and_nothing_too_much(name, loss):
    """Every activation: the charges span all quadratic and linear functions that are kept."""
    made = case(35000, [2, 2, 2], [name], loss)
    kept, gap = kept_polynomials(made, [1.0, 3.0])
    pot = potential(made)
    assert kept == claimed_polynomials(fn.charges(pot, in_metric([1.0, 3.0], pot)))
    assert gap > 1e-6
    assert kept > 0 or not any(c in name for c in ("relu", "identity"))


MIXED = {
    "deep": (dict(sizes=[1, 2, 2, 1], activations=["leaky_relu", "identity"]), None),
    "deep, one bent": (dict(sizes=[1, 2, 2, 1], activations=["identity", "gelu"]), None),
    "deep linear": (dict(sizes=[2, 2, 2, 2], activations=["identity"] * 2, bias=False), None),
    "softmax, metrics": (
        dict(
            sizes=[2, 2, 3],
            activations=["tanh"],
            loss="cross-entropy",
            temperature=0.3,
            gamma=positive(36001, 3),
            Gamma=positive(36002, 7),
        ),
        [2.0, 1.0],
    ),
    "softmax of tanh": (
        dict(sizes=[2, 2, 2], activations=["relu"], loss="cross-entropy", output="tanh"),
        None,
    ),
    "blind metric": (
        dict(sizes=[2, 2, 2], activations=["tanh"], gamma=np.array([[4.0, -2.0], [-2.0, 1.0]])),
        None,
    ),
    "across a frozen layer": (
        dict(sizes=[2, 2, 2, 2], activations=["leaky_relu"] * 2, bias=False),
        [2.0, np.inf, 1.0],
    ),
    "across, bent": (
        dict(sizes=[2, 2, 2, 2], activations=["relu", "gelu"], bias=False),
        [2.0, np.inf, 1.0],
    ),
    "across, with bias": (
        dict(sizes=[1, 2, 2, 1], activations=["leaky_relu"] * 2),
        [2.0, np.inf, 1.0],
    ),
    "below a frozen layer": (
        dict(sizes=[2, 2, 2], activations=["relu"], loss="cross-entropy"),
        [1.0, np.inf],
    ),
}


@pytest.mark.parametrize("words, stiffness", MIXED.values(), ids=MIXED)
def test_mixtures_have_no_more_and_no_less(words, stiffness):
    made = case(36000, **{"loss": "quadratic", **words})
    kept, gap = kept_polynomials(made, stiffness)
    pot = potential(made)
    assert kept == claimed_polynomials(fn.charges(pot, in_metric(stiffness, pot))) and gap > 1e-6


@pytest.mark.parametrize(
    "words", [dict(sizes=[1, 2, 1], loss="quadratic"), dict(sizes=[1, 3, 2], loss="cross-entropy")]
)
def test_one_input_and_one_output_keep_functions_of_the_charges_too(words):
    """L of v·u alone, without biases: v_i u_j − v_j u_i is kept as well; two classes are one v.

    It says nothing new: vvᵀ − uuᵀ fixes v and u up to the hyperbolic rotation that is the flow.
    """
    made = case(36500, activations=["identity"], bias=False, **words)
    kept, gap = kept_polynomials(made)
    n = words["sizes"][1]
    claimed = claimed_polynomials(fn.charges(potential(made)))
    assert kept == claimed + n * (n - 1) // 2 and gap > 1e-6


@pytest.mark.parametrize("loss", BOTH)
@pytest.mark.parametrize("name", ["identity", "relu", "tanh"])
def test_weight_decay_leaves_none(name, loss):
    """+ κ·Parabola: nothing quadratic or linear is kept, and nothing is claimed."""
    made = case(37000, [2, 2, 2], [name], loss)
    kept, gap = kept_polynomials(made, decay=0.1)
    decayed = potential(made) + 0.1 * fn.Parabola(12)
    assert kept == len(fn.charges(decayed)) == 0 and gap > 1e-6


def test_how_weight_decay_wears_charges_off():
    """Plain metric: sums shrink by 1 − hκ a step, exactly; Q as e^{−2κt} up to O(h)."""
    made = case(38000, [3, 4, 3], ["relu"], "cross-entropy")
    pot, errors, steps = potential(made), [], [0.02, 0.01, 0.005]
    charges, W0 = fn.charges(pot), point(made)[0]
    for h in steps:
        run = fn.train(
            pot + 0.3 * fn.Parabola(pot.size), fn.Aristotle(h), steps=round(1 / h), W0=W0
        )
        first, last = charges.value(W0), charges.value(run.parameters[-1])
        sums = charges.linear
        close(last[sums], first[sums] * (1 - 0.3 * h) ** round(1 / h), scale=1.0, kind="reference")
        errors.append(np.linalg.norm((last - np.exp(-2 * 0.3) * first)[~sums]))
    has_order(errors, steps, 1)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "elu", "softplus", "gelu", "sin"])
def test_bent_units_break_every_candidate(name):
    """What relu units keep, these lose at first order in h: all four, by far more than h²."""
    made = case(39000, [3, 4, 2], ["relu"], "quadratic")
    bent = potential({**made, "activations": [name]})
    W, h = point(made)[0], 1e-4
    dL = bent.differential(W)[1]
    candidates = fn.charges(potential(made))
    lost = candidates.value(W - h * dL) - candidates.value(W)
    assert (np.abs(lost) > 10 * np.abs(candidates.change(W, dL, h))).all()
    assert len(fn.charges(bent)) == 0


# ---- softmax, UV, frozen layers, sums ------------------------------------------------------------


@pytest.mark.parametrize("step", [0.1, 3.0])
@pytest.mark.parametrize(
    "metrics",
    [
        {},
        {"gamma": positive(40001, 3), "temperature": 0.5},
        {"Gamma": uniforms(40002, 7, low=0.1), "temperature": 2.0},
        {"Gamma": positive(40003, 7)},
    ],
    ids=str,
)
def test_class_sums_stay_under_finite_steps(metrics, step, dtype):
    """Σ_c w[c,a] and Σ_c b[c], to rounding, in any metric and at any temperature."""
    pot = potential(case(40000, [3, 5, 3], ["tanh"], "cross-entropy", **metrics), dtype)
    run = fn.train(pot, fn.Aristotle(step), steps=400, seed=1)
    charges = fn.charges(pot)
    assert charges.names == ["class sums"] and charges.shapes == [(6,)]
    weights, bias = pot.network.unpack(run.parameters[:].astype(float))[-1]
    sums = np.concatenate([weights.sum(axis=1), bias.sum(axis=1)[:, None]], axis=1)
    found = charges.along(run)
    close(found.drift, sums - sums[0], kind="rounding", scale=10.0)
    assert (found.predicted == 0).all()
    assert only_rounding(found, dtype)
    assert np.abs(run.parameters[-1] - run.parameters[0]).max() > 0.01


def uv_start(n):
    """W (2n,) of UV with λ ≈ 2 and f ≈ 1."""
    W = np.sqrt(3) * uniforms(41000, 2 * n)
    W[:n] += W[n:] / np.sqrt(n)
    return W


@pytest.mark.parametrize("n", [1, 30])
@pytest.mark.parametrize("speed", [0.3, 1.5, 2.2, 3.0, 3.6])
def test_uv_obeys_its_two_recurrences(speed, n):
    """f′ = (1 − hλ + h²f²/n)f and λ′ = λ + (hf²/n)(hλ − 4) for 1000 steps; catapults for hλ > 2."""
    W0 = uv_start(n)
    h = speed / (W0 @ W0 / n)
    W = fn.train(fn.UV(n), fn.Aristotle(h), W0=W0, steps=1000).parameters[:]
    u, v = W[:, :n], W[:, n:]
    f, lam = (u * v).sum(axis=1) / np.sqrt(n), (W * W).sum(axis=1) / n
    size = np.sqrt((u * u).sum(axis=1) * (v * v).sum(axis=1) / n).max()
    close(f[1:], (1 - h * lam + h**2 * f**2 / n)[:-1] * f[:-1], kind="rounding", scale=size)
    close(lam[1:], lam[:-1] + (h * f**2 / n * (h * lam - 4))[:-1], kind="rounding", scale=lam.max())
    if n > 1:
        climbed = np.abs(f).max() > 1.05 * abs(f[0])
        assert climbed == (speed > 2) and abs(f[-1]) < 1e-6 and h * lam[-1] < 2


@pytest.mark.parametrize("stiffness", [None, [2.0, 0.5]])
@pytest.mark.parametrize("speed", [0.3, 3.0])
def test_uv_keeps_a_matrix(speed, stiffness):
    """g_u uuᵀ − g_v vvᵀ, changed by h²f²/n·(vvᵀ/g_u − uuᵀ/g_v) a step."""
    n, W0 = 4, uv_start(4)
    metric = stiffness and fn.LayerMetric(fn.Network([1, n, 1], bias=False), stiffness)
    g_u, g_v = stiffness or (1.0, 1.0)
    charges = fn.charges(fn.UV(n), metric)
    h = speed * n / (W0[:n] @ W0[:n] / g_v + W0[n:] @ W0[n:] / g_u)
    run = fn.train(
        0.7 * fn.UV(n) + 0.3 * fn.UV(n), fn.Aristotle(h), W0=W0, steps=300, metric=metric
    )
    u, v = run.parameters[:][:, :n, None], run.parameters[:][:, n:, None]
    whole = g_u * u @ u.transpose(0, 2, 1) - g_v * v @ v.transpose(0, 2, 1)
    found = charges.along(run)
    close(charges.unpack(found.drift)["u, v"], whole - whole[0], kind="rounding", scale=10.0)
    f2 = (u * v).sum(axis=(1, 2))[:-1, None, None] ** 2 / n
    change = h**2 * f2 / n * (v @ v.transpose(0, 2, 1) / g_u - u @ u.transpose(0, 2, 1) / g_v)[:-1]
    predicted = charges.unpack(np.diff(found.predicted, axis=0))["u, v"]
    close(predicted, change, kind="rounding", scale=10.0)
    assert only_rounding(found)


def test_uv_is_a_linear_network():
    """[1, n, 1] without biases, one sample x = 1/√n, y = 0: the same charges, the other sign."""
    n, W = 4, uv_start(4)
    net = fn.Network([1, n, 1], "identity", bias=False)
    pot = fn.Potential(net, fn.Quadratic(), fn.Dataset([[n**-0.5]], [[0.0]]))
    np.testing.assert_array_equal(fn.charges(pot).value(W), -fn.charges(fn.UV(n)).value(W))


def test_the_matrix_of_uv_fixes_its_orbit():
    """Equal charges are points of one orbit: (u + v, u − v) ~ (e^s(u + v), e^{−s}(u − v))."""
    W = uv_start(5)
    plus, minus = np.exp(0.7) * (W[:5] + W[5:]), np.exp(-0.7) * (W[:5] - W[5:])
    there = np.concatenate([plus + minus, plus - minus]) / 2
    charges = fn.charges(fn.UV(5))
    close(charges.value(there), charges.value(W), kind="rounding")
    jacobian = np.array(
        [(charges.value(W + 1e-6 * e) - charges.value(W - 1e-6 * e)) / 2e-6 for e in np.eye(10)]
    )
    assert np.linalg.matrix_rank(jacobian, tol=1e-6) == 9  # all but the direction of the orbit


def test_the_total_across_a_frozen_layer():
    """g₃‖W₃‖² − g₁‖W₁‖², the only one left of homogeneous layers without bias."""
    made = case(42000, [3, 4, 4, 2], ["relu", "leaky_relu"], "quadratic", bias=False)
    pot = potential(made)
    metric = fn.LayerMetric(pot.network, [2.0, np.inf, 0.5])
    charges = fn.charges(pot, metric)
    assert charges.labels == ["layers 1, 3"] and charges.shapes == [()]
    assert [r for r in charges.reasons if "beside a frozen layer (2)" in r] == charges.reasons[:2]
    run = fn.train(pot, fn.Aristotle(0.05), steps=200, W0=point(made)[0], metric=metric)
    layers = [weights for weights, _ in pot.network.unpack(run.parameters[:])]
    total = 0.5 * (layers[2] ** 2).sum(axis=(1, 2)) - 2 * (layers[0] ** 2).sum(axis=(1, 2))
    found = charges.along(run)
    close(charges.unpack(found.drift)["layers 1, 3"], total - total[0], kind="rounding", scale=20.0)
    assert only_rounding(found) and np.abs(found.drift).max() > 0.01


def test_sums_keep_what_all_terms_keep(digits):
    """Several networks: the least of them; a scale changes nothing, a term of scale 0 is none."""
    data = fn.data.load("iris")

    def term(activation, loss=None):
        return fn.Potential(fn.Network([4, 3, 3], activation), loss or fn.CrossEntropy(), data)

    linear, relu, tanh = (fn.charges(term(name)) for name in ("identity", "relu", "tanh"))
    assert linear.shapes == [(3, 3), (4,)] and relu.shapes == [(3,), (4,)] and tanh.shapes == [(4,)]
    assert fn.charges(-2 * term("relu")) == relu
    assert fn.charges(term("relu") + 0.0 * fn.Parabola(27)) == relu
    assert fn.charges(term("relu") + 0.5 * term("identity")) == relu
    assert fn.charges(term("identity") + term("tanh")).shapes == tanh.shapes
    assert fn.charges(term("identity") + term("identity", fn.Quadratic())).shapes == [(3, 3)]
    blind = fn.Quadratic(output_metric=np.eye(3) - 1 / 3)
    assert fn.charges(term("tanh") + term("tanh", blind)) == tanh
    other = fn.Potential(fn.Network([3, 4, 2, 1]), fn.Quadratic(), fn.Dataset([[0, 1, 0]], [[1]]))
    square = fn.Potential(
        fn.Network([1, 9, 1], bias=False), fn.Quadratic(), fn.Dataset([[1]], [[1]])
    )
    assert "different shape" in fn.charges(square + fn.UV(9)).reasons[0]
    assert len(fn.charges(other)) == 0


# ---- reasons, text, the run's observable --------------------------------------------------------


class Program:
    """A potential that flownet knows nothing of."""

    size, dtype = 12, None

    def value(self, W):
        return float(W @ W)

    def differential(self, W):
        return self.value(W), 2 * W


def small(*activations, loss="quadratic", **words):
    return potential(case(43000, [3, *[4] * len(activations), 2], list(activations), loss, **words))


REASONS = {
    "odd": (
        lambda: small("tanh"),
        None,
        [
            "hidden 1 (tanh): no continuous symmetry, only signs",
            "output: the quadratic loss sees a shift",
        ],
    ),
    "bent": (
        lambda: small("gelu", loss="cross-entropy", output="sigmoid"),
        None,
        ["hidden 1 (gelu): no continuous symmetry, only permutations", "output (sigmoid)"],
    ),
    "frozen": (lambda: small("relu"), [np.inf, 1.0], ["beside a frozen layer (1)", "output"]),
    "frozen sums": (
        lambda: small("sin", loss="cross-entropy"),
        [1.0, np.inf],
        ["hidden 1 (sin)", "layer 2 is frozen, its sums stand still"],
    ),
    "decay": (lambda: small("relu") + 0.02 * fn.Parabola(26, strength=0.5), None, ["κ = 0.01"]),
    "quartic": (lambda: fn.Quartic(3), None, ["Quartic: no continuous symmetry"]),
    "nothing": (lambda: 0 * fn.UV(2), None, ["nothing moves"]),
    "program": (Program, None, ["Program: a program of its own"]),
}


@pytest.mark.parametrize("make, stiffness, lines", REASONS.values(), ids=REASONS)
def test_what_has_none_says_why(make, stiffness, lines):
    """An empty list of charges works like any other, and prints its reasons."""
    pot = make()
    charges = fn.charges(pot, in_metric(stiffness, pot))
    assert len(charges) == 0 and not charges.names
    assert charges.value(np.ones(pot.size)).shape == (0,)
    assert len(charges.reasons) == len(lines)
    assert all(line in reason for line, reason in zip(lines, charges.reasons))
    text = " ".join(str(charges).split())
    assert text.startswith("no charges of ") and all(line in text for line in lines)
    run = fn.train(
        pot,
        fn.Aristotle(0.01),
        steps=3,
        W0=0.1 * np.ones(pot.size),
        metric=in_metric(stiffness, pot),
    )
    if not isinstance(pot, Program):
        assert charges.along(run).error == 0


@pytest.mark.parametrize("stiffness", [None, [1e-3, 12345.678, 0.1]])
def test_the_text_fits_a_page(stiffness):
    for activations in (["identity", "relu"], ["sigmoid", "identity"]):
        pot = small(*activations, loss="cross-entropy")
        metric = in_metric(stiffness, pot)
        charges = fn.charges(pot, metric)
        run = fn.train(pot, fn.Aristotle(1e-4), steps=5, metric=metric)
        for text in (str(charges), str(charges.along(run)), repr(charges)):
            assert max(map(len, text.splitlines())) <= 100
        assert all(name in str(charges.along(run)) for name in charges.names)


def test_labels_and_shapes():
    charges = fn.charges(small("relu", "identity", loss="cross-entropy"))
    assert charges.names == ["hidden 1", "hidden 2", "class sums"]
    assert charges.shapes == [(4,), (4, 4), (5,)]
    assert len(charges) == len(charges.labels) == 4 + 10 + 5
    assert charges.labels[3:6] == ["hidden 1 [3]", "hidden 2 [0, 0]", "hidden 2 [0, 1]"]
    assert charges.labels[-2:] == ["class sums [3]", "class sums [bias]"]
    values = np.arange(19.0)
    whole = charges.unpack(np.stack([values, -values]))
    np.testing.assert_array_equal(whole["hidden 2"][0], whole["hidden 2"][0].T)
    assert [part.shape for part in whole.values()] == [(2, 4), (2, 4, 4), (2, 5)]


def test_every_kind_of_run(tmp_path):
    """From a file, every n-th row, and of a run that diverges while its squares still exist."""
    pot, W0 = small("relu"), point(case(43000, [3, 4, 2], ["relu"], "quadratic"))[0]
    run = fn.train(pot, fn.Aristotle(0.05), steps=20, W0=W0, store=tmp_path / "run.h5")
    charges = fn.charges(pot)
    whole = charges.along(fn.Trajectory.open(tmp_path / "run.h5"))
    sparse = charges.along(run, every=8)
    assert sparse.iteration.tolist() == [0, 8, 16, 20]
    np.testing.assert_array_equal(sparse.predicted, whole.predicted[[0, 8, 16, 20]])
    np.testing.assert_array_equal(sparse.drift, whole.drift[[0, 8, 16, 20]])
    lost = charges.along(fn.train(pot, fn.Aristotle(50.0), steps=500, W0=W0))
    assert np.isfinite(lost.drift).all() and np.abs(lost.drift).max() > 1e100
    assert only_rounding(lost)


def test_observed_along_a_run_and_after_a_resume(tmp_path):
    """An observable like any other; a run's file knows it, its metric and its regulator."""
    pot = small("relu", loss="cross-entropy")
    metric = fn.LayerMetric(pot.network, [2.0, 0.5])
    charges = fn.charges(pot, metric)
    words = dict(metric=metric, observe={"Q": (10, charges), "L": (7, pot)})
    fn.train(pot, fn.Aristotle(0.1), steps=20, store=tmp_path / "a.h5", **words)
    whole = fn.train(pot, fn.Aristotle(0.1), steps=35, **words)
    assert whole.experiment["observe"]["Q"] == {"every": 10, "kind": "charges"}
    again = fn.resume(tmp_path / "a.h5", steps=35)
    Q = again.observables["Q"]
    assert Q.iteration.tolist() == [0, 10, 20, 30, 35]
    values = [charges.value(whole.parameters[k]) for k in Q.iteration]
    np.testing.assert_array_equal(Q.value, values)
    np.testing.assert_array_equal(Q.value, whole.observables["Q"].value)


def test_other_charges_than_the_runs_are_a_function(tmp_path):
    """Those of another metric or without the regulator cannot be made again from the run's file."""
    pot = small("relu")
    decayed = pot + 0.01 * fn.Parabola(pot.size)
    run = fn.train(
        decayed,
        fn.Aristotle(0.1),
        steps=4,
        observe={"Q": (2, fn.charges(pot))},
        store=tmp_path / "a.h5",
    )
    assert run.experiment["observe"]["Q"]["kind"] == "function"
    assert run.observables["Q"].value.shape == (3, 4)
    with pytest.raises(FlownetError, match="pass it on again"):
        fn.resume(tmp_path / "a.h5", steps=8)
    assert fn.resume(tmp_path / "a.h5", steps=8, observe={"Q": fn.charges(pot)}).finished


EXPERIMENT = """
[data]
name = "xor"
[network]
sizes = [2, 4, 1]
activation = "relu"
[loss]
kind = "quadratic"
[metric]
stiffness = [2.0, 0.5]
[mechanics]
kind = "aristotle"
step = 0.1
[run]
steps = 20
[observe.balance]
kind = "charges"
every = 10
"""


def test_observed_by_an_experiment_file(tmp_path):
    """`kind = "charges"` means those of the run, in its metric."""
    path = tmp_path / "experiment.toml"
    path.write_text(EXPERIMENT)
    run = fn.Experiment.load(path).run(tmp_path / "run.h5")
    charges = fn.charges(run.potential, run.metric)
    rows = run.parameters[:][[0, 10, 20]]
    np.testing.assert_array_equal(run.observables["balance"].value, list(map(charges.value, rows)))
    again = fn.Experiment.load(tmp_path / "run.h5").run()
    np.testing.assert_array_equal(
        again.observables["balance"].value, run.observables["balance"].value
    )


@pytest.mark.parametrize(
    "change, line",
    [
        (("every = 10", 'every = 10\nsplit = "test"'), "takes no split"),
        (('"relu"', '"tanh"'), "no charge to observe: hidden 1 .tanh."),
        (('"charges"', '"charge"'), "did you mean 'charges'"),
    ],
)
def test_an_experiment_file_that_asks_too_much(change, line, tmp_path):
    path = tmp_path / "experiment.toml"
    path.write_text(EXPERIMENT.replace(*change))
    with told_in_one_line(line):
        fn.Experiment.load(path).run()


def per_neuron(pot):
    from flownet.geometry.metric import Ranges

    return Ranges([0, 5, pot.size], [1.0, 2.0])


def run_of_others(pot):
    run = run_of(pot)
    run.mechanics = fn.Newton(0.1)
    return run


def run_of(pot, **words):
    return fn.train(pot, fn.Aristotle(0.1), **{"steps": 6, **words})


MISTAKES = {
    "no potential": (lambda p: fn.charges("relu"), "has to be a potential"),
    "a run": (lambda p: fn.charges(run_of(p)), "has to be a potential"),
    "a metric within layers": (lambda p: fn.charges(p, per_neuron(p)), "one for each layer"),
    "no metric": (lambda p: fn.charges(p, 2.0), "one stiffness for each layer"),
    "another's metric": (lambda p: fn.charges(p, fn.Euclidean(7)), "one of 7 parameters"),
    "a short W": (lambda p: fn.charges(p).value(np.ones(3)), r"W has shape \(3,\)"),
    "a short dL": (lambda p: fn.charges(p).change(np.ones(26), np.ones(3), 1.0), "dL has shape"),
    "values of others": (lambda p: fn.charges(p).unpack(np.ones(3)), "there are 4 charges"),
    "sparse rows": (lambda p: fn.charges(p).along(run_of(p, record_every=2)), "record_every=1"),
    "no run": (lambda p: fn.charges(p).along("run.h5"), "has to be a Trajectory"),
    "others' mechanics": (lambda p: fn.charges(p).along(run_of_others(p)), "those of Aristotle"),
    "every 0th": (lambda p: fn.charges(p).along(run_of(p), every=0), "every is 0"),
    "the metric forgotten": (
        lambda p: fn.charges(p).along(run_of(p, metric=fn.LayerMetric(p.network, [1.0, 2.0]))),
        "not those of the run",
    ),
    "the regulator forgotten": (
        lambda p: fn.charges(p).along(run_of(p + fn.Parabola(p.size))),
        "not those of the run",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call(small("relu"))
