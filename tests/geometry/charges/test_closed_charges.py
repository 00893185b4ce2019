"""Charges in closed form: of a softmax, of UV, across a frozen layer, of sums of potentials."""

import numpy as np
import pytest
from settings_of_charges import only_rounding
from tolerance import close
from twins import case, point, positive, potential, uniforms

import flownet as fn


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
