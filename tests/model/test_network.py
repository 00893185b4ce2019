"""The network itself: initial parameters, views of the flat vector, and what mistakes are told."""

import numpy as np
import pytest
from mistakes import told_in_one_line
from tolerance import close
from twins import uniforms

import flownet as fn

VARIANCE = {
    "lecun": lambda n_in, n_out: 1 / n_in,
    "he": lambda n_in, n_out: 2 / n_in,
    "glorot": lambda n_in, n_out: 2 / (n_in + n_out),
}


@pytest.mark.parametrize("law", ["normal", "uniform"])
@pytest.mark.parametrize("rule", VARIANCE)
def test_initial_weights_follow_their_law(rule, law):
    """Mean 0, the rule's variance, kurtosis 3 or 9/5, |w| ≤ √3·deviation if uniform; biases 0."""
    net = fn.Network([300, 400, 200], init=f"{rule}-{law}")
    for (A, b), n_in, n_out in zip(net.unpack(net.init(5)), net.sizes, net.sizes[1:]):
        w = A.ravel() / np.sqrt(VARIANCE[rule](n_in, n_out))
        assert not b.any()
        spread = 5 / np.sqrt(w.size)  # five standard errors of the mean
        assert abs(w.mean()) < spread and abs(w.var() - 1) < np.sqrt(2) * spread
        assert abs((w**4).mean() - (3 if law == "normal" else 1.8)) < np.sqrt(96) * spread
        assert (np.abs(w).max() <= np.sqrt(3)) == (law == "uniform")


def test_zeros_and_bare_rules():
    """A bare rule means its normal law; `zeros` is all zeros."""
    assert not fn.Network([3, 4, 2], init="zeros").init(7).any()
    bare, full = fn.Network([3, 4], init="he"), fn.Network([3, 4], init="he-normal")
    np.testing.assert_array_equal(bare.init(2), full.init(2))


def test_golden_first_weights():
    """The first normal numbers of seed 0, on every machine; with 4 inputs exactly half as large."""
    golden = [
        float.fromhex(x)
        for x in ("-0x1.555c392f49739p+0", "0x1.d21b24b60548bp-3", "0x1.2742079871cddp+0")
    ]
    np.testing.assert_array_equal(fn.Network([1, 3], bias=False).init(0), golden)
    np.testing.assert_array_equal(fn.Network([4, 1]).init(0)[:3], np.array(golden) / 2)


def test_seeds_layers_and_scale():
    """One seed, one W; another seed, or another layer of the same shape, another."""
    net = fn.Network([6, 6, 6], bias=False)
    W = net.init(1)
    np.testing.assert_array_equal(net.init(1), W)
    np.testing.assert_array_equal(net.init(1, scale=0.5), W / 2)
    assert not np.isin(W, net.init(2)).any() and len(np.unique(W)) == W.size


def test_float32_begins_at_the_rounded_parameters_of_float64():
    """Both precisions begin at one point, and a further layer leaves the first ones alone."""
    wide, narrow = (fn.Network([5, 7, 3], dtype=d) for d in ("float64", "float32"))
    np.testing.assert_array_equal(narrow.init(3), wide.init(3).astype(np.float32))
    deeper = fn.Network([5, 7, 3, 4])
    np.testing.assert_array_equal(deeper.init(3)[: wide.size], wide.init(3))


@pytest.mark.parametrize("bias", [True, False])
def test_unpack_gives_views_of_the_flat_vector(bias):
    """W is, layer by layer, weights (n_out, n_in) row by row, then the bias."""
    net = fn.Network([2, 3, 1], bias=bias)
    W = np.arange(net.size, dtype=float)
    (A, b), (B, c) = net.unpack(W)
    np.testing.assert_array_equal(A, [[0, 1], [2, 3], [4, 5]])
    assert B.shape == (1, 3) and B[0, 0] == (9 if bias else 6)
    assert (b.tolist(), c.tolist()) == ([6, 7, 8], [12]) if bias else (b, c) == (None, None)
    A[0, 0] = -1
    assert W[0] == -1


def test_unpack_keeps_the_runs_of_an_ensemble_in_front():
    """R members are the leading axis, never a class."""
    net = fn.Network([2, 3, 1])
    W = uniforms(1, 4, net.size)
    for member in range(4):
        for (A, b), (all_A, all_b) in zip(net.unpack(W[member]), net.unpack(W)):
            np.testing.assert_array_equal(all_A[member], A)
            np.testing.assert_array_equal(all_b[member], b)


def test_one_activation_for_each_hidden_layer():
    """Ŷ = φ₃(φ₂(φ₁(X))), each layer its own."""
    net = fn.Network([1, 1, 1, 1], ["tanh", "sin"], output="sigmoid", bias=False)
    z = 3 * np.sin(2 * np.tanh(0.5))
    close(net.forward([1.0, 2.0, 3.0], [[0.5]]), [[1 / (1 + np.exp(-z))]], kind="rounding")


def test_a_description_makes_the_network_again():
    net = fn.Network([3, 4, 2], ["gelu"], output="sin", bias=False, init="he", dtype="float32")
    again = fn.Network(**net.describe())
    assert again.describe() == net.describe()
    np.testing.assert_array_equal(again.init(4), net.init(4))


NET, X, Y = fn.Network([2, 3, 1]), np.zeros((4, 2)), np.zeros((4, 1))
W, DATA = NET.init(0), fn.Dataset(X, Y)
POTENTIAL = fn.Potential(NET, fn.Quadratic(), DATA)
COMPLEX = fn.Dataset(X * 1j, Y)
NEGATIVE = fn.Dataset(X, [[1.0, -0.1]] * 4)

MISTAKES = {
    "one size": (lambda: fn.Network([3]), "two or more whole numbers"),
    "a size of 0": (lambda: fn.Network([3, 0, 1]), "two or more whole numbers"),
    "half a unit": (lambda: fn.Network([3, 1.5]), "two or more whole numbers"),
    "a misspelt activation": (lambda: fn.Network([2, 3, 1], "tahn"), "did you mean 'tanh'"),
    "a misspelt output": (lambda: fn.Network([2, 1], output="sine"), "did you mean 'sin'"),
    "too few activations": (lambda: fn.Network([2, 3, 3, 1], ["tanh"]), "1 activations for 2"),
    "an unknown init": (lambda: fn.Network([2, 1], init="xavier"), "unknown init 'xavier'"),
    "half precision": (
        lambda: fn.Network([2, 1], dtype="float16"),
        "'float64', 'float32', 'complex128'",
    ),
    "no dtype at all": (lambda: fn.Network([2, 1], dtype="double trouble"), "allowed are"),
    "an endless layer": (lambda: fn.Network([2, np.inf]), "two or more whole numbers"),
    "no activation": (lambda: fn.Network([2, 3, 1], None), "activation"),
    "a loss by name": (lambda: fn.Potential(NET, "quadratic", DATA), "loss"),
    "complex data": (lambda: fn.Potential(NET, fn.Quadratic(), COMPLEX), "complex"),
    "complex parameters": (lambda: POTENTIAL.value(W + 1j), "complex"),
    "no samples": (lambda: NET.forward(W, X[:0]), "x has shape"),
    "heat in words": (lambda: fn.CrossEntropy(temperature="hot"), "number above 0"),
    "a short W": (lambda: NET.forward(W[1:], X), r"W has shape \(12,\)"),
    "a short W to unpack": (lambda: NET.unpack(W[1:]), "D = 13"),
    "a long V": (lambda: NET.pushforward(W, X, np.ones(14)), r"V has shape \(14,\)"),
    "one sample without a row": (lambda: NET.forward(W, X[0]), r"wants \(m, 2\)"),
    "wide inputs": (lambda: NET.forward(W, np.zeros((4, 3))), r"wants \(m, 2\)"),
    "a cotangent of fewer rows": (lambda: NET.pullback(W, X, Y[1:]), r"wants \(4, 1\)"),
    "arrays for a data set": (lambda: fn.Potential(NET, fn.Quadratic(), (X, Y)), "flownet.Dataset"),
    "too few inputs": (lambda: fn.Potential(NET, fn.Quadratic(), fn.Dataset(Y, Y)), "1 inputs"),
    "too many outputs": (lambda: fn.Potential(NET, fn.Quadratic(), fn.Dataset(X, X)), "2 outputs"),
    "a negative order": (lambda: POTENTIAL.jet(W, W, -1), "order is -1"),
    "no heat": (lambda: fn.CrossEntropy(temperature=0), "temperature is 0"),
    "negative heat": (lambda: fn.CrossEntropy(temperature=-1.0), "number above 0"),
    "heat that is no number": (lambda: fn.CrossEntropy(temperature=np.nan), "number above 0"),
    "an oblong metric": (lambda: fn.Quadratic(output_metric=np.ones((2, 3))), "square matrix"),
    "a metric with a hole": (lambda: fn.Quadratic(sample_metric=[1, np.nan]), "finite numbers"),
    "a metric that rewards": (lambda: fn.Quadratic(output_metric=[[1, 2], [2, 1]]), "value is -1"),
    "a metric of other outputs": (
        lambda: fn.Potential(NET, fn.Quadratic(output_metric=[1, 1]), DATA),
        r"want \(1, 1\)",
    ),
    "a metric of other samples": (
        lambda: fn.Potential(NET, fn.Quadratic(sample_metric=[1, 1]), DATA),
        r"want \(4,\) or",
    ),
    "a negative probability": (
        lambda: fn.Potential(fn.Network([2, 2]), fn.CrossEntropy(), NEGATIVE),
        "no lower bound",
    ),
    "part of coupled samples": (
        lambda: fn.Quadratic(sample_metric=np.eye(4)).on([0, 1]),
        "couples all samples",
    ),
    "a potential over nothing": (lambda: POTENTIAL / 0, "divided by 0"),
    "sizes that do not add": (lambda: POTENTIAL + fn.Parabola(3), "3 and 13 parameters"),
    "a parabola of nothing": (lambda: fn.Parabola(0), "whole number above 0"),
    "a parabola upside down": (lambda: fn.Parabola(2, strength=-1.0), "strength is -1"),
    "a point of another size": (lambda: fn.DoubleWell(2).value([1.0]), r"W has shape \(1,\)"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    """One error class, one line: what was wrong, and what would be right."""
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call()
