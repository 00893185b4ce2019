"""Saturated units keep their covector: networks whose hidden units lie far out, number by number.

Hidden units are driven to exactly z and −z, one by its weights and one by its bias. What is
compared is each number by itself: a slope of 1e-280 counts as much as one of 1. Only what no double
can hold may differ.
"""

import mp as digits
import mpmath
import numpy as np
import pytest
import twins
from make_reference import uniforms
from mpmath import mp, mpf
from tolerance import tolerance

import flownet as fn

FAR = (5, 15, 30, 36, 40, 100)
ORDER = 3
HELD = 1e-300  # below this a product of two numbers may have lost its last places

SLOPES = {  # φ′ in closed form, free of cancellation
    "identity": lambda z: mpf(1),
    "tanh": lambda z: mpmath.sech(z) ** 2,
    "sigmoid": lambda z: mpmath.exp(-z) / (1 + mpmath.exp(-z)) ** 2,
    "relu": lambda z: mpf(z.real > 0),
    "leaky_relu": lambda z: mpf(1) if z.real > 0 else mpf(0.01),
    "elu": lambda z: mpf(1) if z.real >= 0 else mpmath.exp(z),
    "softplus": lambda z: 1 / (1 + mpmath.exp(-z)),
    "gelu": lambda z: mpmath.erfc(-z / mpmath.sqrt(2)) / 2 + z * mpmath.npdf(z),
    "sin": mpmath.cos,
}
GROWING = ("identity", "relu", "leaky_relu", "elu", "softplus", "gelu")


def far_out(name, z, loss, hidden):
    """A case of one sample: of the units of its first layer two at exactly z and −z.

    A single unit above them: no number is a sum that cancels by accident.
    """
    weights = [[z - 0.25, 0.5], [0.0, 0.5]] + [[0.25, i / 64 - 0.5] for i in range(hidden - 2)]
    biases = [0.0, -0.25 - z] + [0.5] * (hidden - 2)
    above = uniforms(2, hidden + 1 + 2 + 2) / (64 if name in GROWING else 1)
    W = np.concatenate([np.ravel(weights), biases, above])
    y = [[0.3, -0.7]] if loss == "quadratic" else [[0.3, 0.7]]
    words = dict(sizes=[2, hidden, 1, 2], activations=[name, "tanh"], output="identity", bias=True)
    arrays = dict(x=np.array([[1.0, 0.5]]), y=np.array(y), W=W)
    return dict(**words, loss=loss, temperature=1.0, arrays=arrays)


def loss_and_gradient(case, W):
    """[L, ∂L/∂W_0, …] at parameters W, real or complex: the chain rule with `SLOPES`."""
    (a,), (y,) = digits.exact(case["arrays"]["x"]), digits.exact(case["arrays"]["y"])
    at, layers = 0, []
    for n, n_out, name in zip(case["sizes"], case["sizes"][1:], [*case["activations"], "identity"]):
        rows = [W[at + i * n : at + (i + 1) * n] for i in range(n_out)]
        at += n * n_out
        z = [mpmath.fdot(w, a) + b for w, b in zip(rows, W[at : at + n_out])]
        at += n_out
        layers.append((rows, a, [SLOPES[name](v) for v in z]))
        a = [digits.PHI[name](v) for v in z]
    if case["loss"] == "quadratic":
        g = [u - v for u, v in zip(a, y)]
    else:
        total = sum(map(mpmath.exp, a))
        g = [mpmath.exp(u) / total - v for u, v in zip(a, y)]  # Σy is 1
    gradient = []
    for rows, below, slopes in reversed(layers):
        g = [v * slope for v, slope in zip(g, slopes)]
        gradient = [v * u for v in g for u in below] + g + gradient
        g = [sum(g[j] * rows[j][i] for j in range(len(g))) for i in range(len(below))]
    return [sum(digits.losses(case, [a])), *gradient]


def exact_derivatives(case, V, lost):
    """The jet of L along V, dL, HV and T[V,V] as mpf; `lost` digits lie between 1 and a slope²."""
    with mp.workdps(110 + int(min(310, lost))):
        W, V = digits.exact(case["arrays"]["W"]), digits.exact(V)
        c = digits.cauchy(
            lambda s: loss_and_gradient(case, [w + s * v for w, v in zip(W, V)]), ORDER
        )
        return [row[0] for row in c], c[0][1:], c[1][1:], [2 * v for v in c[2][1:]]


def each_within(found, exact, what, alone):
    """Every number to the table's tolerance: of itself where `alone`, else of the largest."""
    largest = max(map(abs, exact))
    for i, (number, wanted) in enumerate(zip(found, exact, strict=True)):
        if abs(wanted) < HELD:
            assert abs(number) <= HELD, f"{what} {i}: {number} instead of {mpmath.nstr(wanted)}"
        else:
            error = abs(mpf(float(number)) - wanted) / (abs(wanted) if alone[i] else largest)
            assert error <= tolerance("reference"), f"{what} {i}: off by {mpmath.nstr(error)}"


def check(name, z, loss, hidden=4):
    """Along displacements of the unit at z alone, of that at −z, and of all parameters."""
    case = far_out(name, float(z), loss, hidden)
    W, own = case["arrays"]["W"], np.arange(len(case["arrays"]["W"]))
    potential, V = twins.potential(case), uniforms(5, len(W))
    at_z, at_minus_z = np.isin(own, [0, 1, 2 * hidden]), np.isin(own, [2, 3, 2 * hidden + 1])
    far = at_z | at_minus_z  # other numbers are sums, which may cancel by accident
    lost = z * z / 2.3 if name == "gelu" else 1.74 * z
    for moved in (at_z, at_minus_z, own >= 0):
        there = np.where(moved, V, 0)
        jet, dL, HV, TVV = exact_derivatives(case, there, 0 if moved.all() else lost)
        each_within(potential.jet(W, there, ORDER), jet, "jet", np.full(ORDER + 1, True))
        each_within(potential.differential(W)[1], dL, "dL", far)
        each_within(potential.hessian_action(W, there), HV, "HV", far)
        each_within(potential.third_action(W, there), TVV, "T[V,V]", far)


@pytest.mark.parametrize("z", FAR)
@pytest.mark.parametrize("name", sorted(set(fn.ACTIVATIONS) - {"gelu"}))
def test_each_number_of_every_derivative(name, z):
    check(name, z, "quadratic")


@pytest.mark.parametrize("z", [5, pytest.param(30, marks=pytest.mark.slow)])
def test_gelu(z):
    """Its density falls like e^{−z²/2}: 1e-281 at 36, nothing from 39 on."""
    check("gelu", z, "quadratic")


@pytest.mark.slow
@pytest.mark.parametrize("z", [15, 36, 40, 100])
def test_gelu_further_out(z):
    check("gelu", z, "cross-entropy")


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "elu", "softplus"])
def test_below_cross_entropy_and_in_wider_layers(name):
    """40 units in a layer are worked on by other kernels than 4."""
    check(name, 36, "cross-entropy")
    check(name, 36, "cross-entropy", hidden=40)


@pytest.mark.parametrize("name", fn.ACTIVATIONS)
def test_a_finite_step_moves_by_what_the_differential_says(name):
    """The kernels of a run have the same slopes: a parameter that was 0 is −dL afterwards."""
    case = far_out(name, 36.0, "quadratic", 4)
    potential, W = twins.potential(case), case["arrays"]["W"]
    run = fn.train(potential, fn.Aristotle(1.0), W0=W, steps=1)
    _, dL = potential.differential(W)
    zero = W == 0
    assert zero[[2, 8]].all()  # of the units at −z and at z
    np.testing.assert_array_equal(run.parameters[1][zero], -dL[zero])
