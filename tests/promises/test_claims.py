"""What rests on an iteration says what it found, or that it found nothing.

A polish that would go on for ever has no minimum at its end; a search that ran out of time has not
seen another exit; an eigenpair has the residual it was asked for.
"""

import numpy as np
import pytest
from mistakes import told_in_one_line
from tolerance import close, tolerance

import flownet as fn
from flownet.geometry.curvature import lanczos, metric_hessian
from flownet.linearization.step import _kinks

NOWHERE = r"no minimum at a finite distance.* potential \+ 0.01 \* fn.Parabola"
X = np.random.default_rng(0).normal(size=(6, 3))
TWO = np.eye(2)[(X[:, 0] > 0).astype(int)]
QUASI = np.array([[1.0, 0], [-1, 0], [0, 1], [0, 1], [0, 2]])  # told apart along x₁ alone


def on(x, y, loss, sizes, activation="tanh", **words):
    """Potential of a network on data."""
    return fn.Potential(fn.Network(sizes, activation, **words), loss, fn.Dataset(x, y))


# --- no minimum at a finite distance --------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_two_separable_points_and_no_hidden_layer(seed):
    """Newton's steps alone took these to a loss of 1e-15, where everything is flat."""
    x = np.random.default_rng(seed).normal(size=(2, 2))
    potential = on(x, np.eye(2), fn.CrossEntropy(), [2, 2], bias=False)
    with told_in_one_line(NOWHERE):
        fn.minimum(potential, potential.network.init(seed))
    W = potential.network.init(seed)
    c = 40 / np.abs(np.diff(potential.network.forward(W, x), axis=1)).min()
    right = potential.network.forward(W, x).argmax(axis=1) == [0, 1]
    if right.all():  # far down the slope too, where dL is less than rounding
        with told_in_one_line(NOWHERE):
            fn.minimum(potential, c * W)


ENDLESS = {
    "tanh": lambda: on(X, TWO, fn.CrossEntropy(), [3, 4, 2]),
    "relu": lambda: on(X, TWO, fn.CrossEntropy(), [3, 4, 2], "relu"),
    "two hidden layers": lambda: on(X, TWO, fn.CrossEntropy(), [3, 4, 3, 2], "softplus"),
    "cross-entropy of bounded outputs": lambda: on(
        X, TWO, fn.CrossEntropy(), [3, 2], output="tanh"
    ),
    "quadratic, targets of tanh": lambda: on(X, 2 * TWO - 1, fn.Quadratic(), [3, 2], output="tanh"),
    "quadratic, targets of sigmoid": lambda: on(X, TWO, fn.Quadratic(), [3, 2], output="sigmoid"),
    "softplus to 0": lambda: on(
        abs(X), np.zeros((6, 1)), fn.Quadratic(), [3, 1], output="softplus"
    ),
    "gelu to 0, like a normal density": lambda: on(
        abs(X), np.zeros((6, 1)), fn.Quadratic(), [3, 1], output="gelu"
    ),
    "separable in one direction alone": lambda: on(
        QUASI, np.eye(2)[[0, 1, 0, 1, 1]], fn.CrossEntropy(), [2, 2], bias=False
    ),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_infimum_at_infinity_is_no_minimum(kind):
    """With a term that holds the parameters there is one."""
    potential = ENDLESS[kind]()
    W0 = potential.network.init(0) - 2.0 * (kind.startswith(("softplus", "gelu")))
    with told_in_one_line(NOWHERE):
        fn.minimum(potential, W0)
    if kind != "relu":
        assert fn.minimum(potential + 0.1 * fn.Parabola(potential.size), W0).kind == "minimum"


def test_exits_of_such_a_potential_are_refused():
    potential = ENDLESS["quadratic, targets of sigmoid"]()
    W0 = potential.network.init(0)
    with told_in_one_line(NOWHERE):
        fn.exits(potential, W0, step=0.5, steps=20)
    with told_in_one_line(NOWHERE):
        fn.exit_step(potential, W0, low=0.1, high=0.5, steps=20, grid=2)


def deep(layers):
    """½(w₁w₂…)², whose minimum is flat in every direction."""
    return on([[1.0]], [[0.0]], fn.Quadratic(), [1] * (layers + 1), "identity", bias=False)


@pytest.mark.parametrize("layers", [2, 3, 6])
def test_a_degenerate_minimum_is_one(layers):
    """L falls like W⁴, W⁶, W¹² towards it: Newton's steps shrink by 2/3, 4/5, 10/11."""
    potential = deep(layers)
    found = fn.minimum(potential, np.full(layers, 0.5), time=1e8)
    assert found.kind == "minimum" and found.flat == layers
    assert found.loss < tolerance("rounding") ** 1.4


def test_minima_of_data_that_are_not_separated():
    """One of soft labels, found by gradients alone; and one of classes that overlap."""
    soft = on(QUASI, 0.9 * np.eye(2)[[0, 1, 0, 1, 1]] + 0.05, fn.CrossEntropy(), [2, 2])
    found = fn.minimum(soft, soft.network.init(0))
    assert found.kind == "minimum" and found.gradient <= 10 * found.rounding
    long = fn.train(soft, fn.Aristotle(1.0), W0=soft.network.init(0), steps=3000)
    close(soft.value(found.W), long.loss[-1], kind="reference", scale=1.0)
    rng = np.random.default_rng(1)
    x, labels = rng.normal(size=(40, 3)), rng.integers(0, 2, 40)
    mixed = on(x, np.eye(2)[labels], fn.CrossEntropy(), [3, 2])
    assert fn.minimum(mixed, mixed.network.init(0)).words == "minimum, 4 flat"


# --- what ran out of time -------------------------------------------------------------------------


def test_a_minimum_that_was_not_reached_is_no_other_exit():
    """Neither the flow's, from which exits are told, nor that of a run."""
    potential = fn.DoubleWell(1)
    with told_in_one_line("comes to no minimum within a time of 0.01: .* longer descent_time"):
        fn.exit_step(potential, [0.05], low=0.01, high=0.02, steps=1, grid=2, descent_time=0.01)
    # a step of 0.6 from 2 ends close to the hill's top, and the way down takes nine units of time
    found = fn.exit_step(
        potential, [2.0], low=0.01, high=0.6, steps=1, grid=2, rtol=0.1, descent_time=2.0
    )
    lost = [one.verdict == "not reached" for one in found.tried]
    assert lost[-1] and [exit_ == -2 for exit_ in found.exits] == lost
    assert "time allowed" in str(found) and "the exit changes" not in str(found)


# --- eigenpairs, balance, roots -------------------------------------------------------------------


@pytest.mark.parametrize("which", ["largest", "smallest", "magnitude"])
def test_eigenpairs_have_the_residual_that_was_asked_for(which, dtype, digits):
    """‖Hv − λv‖ ≤ rtol·max|λ|, measured by an action of its own."""
    net = fn.Network([64, 8, 10], "sin", dtype=dtype)
    potential = fn.Potential(net, fn.CrossEntropy(), digits)
    W, rtol = net.init(3), 1e-6
    operator = metric_hessian(potential, W)
    most = abs(fn.eigenpairs(potential, W, which="magnitude").values[0])
    for value, v in zip(*fn.eigenpairs(potential, W, 3, which=which, rtol=rtol)):
        x = operator.coordinates(v)
        assert np.linalg.norm(operator.matvec(x) - value * x) <= 1.01 * rtol * most


def test_a_measure_too_large_for_its_numbers_is_not_called_exact():
    """The length of an action overflows; what is left of it would look like nothing."""
    potential = 1e200 * fn.Parabola(3)
    with np.errstate(over="ignore"), told_in_one_line("too large for its numbers"):
        lanczos(metric_hessian(potential, np.ones(3)), np.array([1.0, 2.0, 3.0]), 3)


def test_lengths_of_many_layers_are_balanced():
    """Of 16 hidden layers a hundred sweeps left 3e-3, and a copy was another minimum."""
    rng = np.random.default_rng(0)
    net = fn.Network([3, *[4] * 16, 2], "relu", bias=False)
    potential = on(rng.normal(size=(5, 3)), np.ones((5, 2)), fn.Quadratic(), net.sizes, "relu",
                   bias=False)  # fmt: skip
    A = net.init(0)
    B = A.copy()
    layers = net.unpack(B)
    for i in range(16):
        c = np.exp(rng.normal(size=4))
        layers[i][0][:] *= c[:, None]
        layers[i + 1][0][:] /= c
    assert fn.compare_minima(potential, A, B).aligned_distance < 1e-10


@pytest.mark.parametrize("start", [0.9, 0.999, 1.0, 1.0001])
def test_a_polished_root_is_no_worse_than_the_root(start):
    """At a double root Newton's slope vanishes as well."""
    for coefficients in ([1.0, -2.0, 1.0], [1.0, -3.0, 3.0, -1.0], [1.0, -1.0, 0.0, 1e-9]):
        found = _kinks._polished(np.array(coefficients), start)
        p = np.polynomial.Polynomial(coefficients)
        assert abs(p(found)) <= abs(p(start))
