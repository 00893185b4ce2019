"""Units that change sign within a step: closed forms, the first kink, and what stays smooth."""

import naive
import numpy as np
import pytest
import twins
from tolerance import close, has_order

import flownet as fn
from flownet.linearization.step._branches import on_branch, passed


def one_unit(activation, delta):
    """ŷ = φ(w) of one input 1 and outgoing weight 1, truth 0: L = φ(w)²/2, from w = 1."""
    net = fn.Network([1, 1, 1], activation, bias=False)
    potential = fn.Potential(net, fn.Quadratic(), fn.Dataset([[1.0]], [[0.0]]))
    return fn.breakdown(potential, [1.0, 1.0], displacement=[delta, 0.0])


@pytest.mark.parametrize(
    "activation, below",
    [("relu", lambda w: 0.0), ("leaky_relu", lambda w: 0.01 * w), ("elu", np.expm1)],
)
def test_kinks_of_one_unit(activation, below):
    """w = 1 − 3 is below the kink: L is φ(−2)²/2 and its continuation (−2)²/2."""
    b = one_unit(activation, -3.0)
    kinks = b.kinks
    close(kinks.value, below(-2.0) ** 2 / 2 - 2.0)
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
    layers = zip(
        naive.unpack(p.net["sizes"], W + s * V, p.net["bias"]),
        naive.layerwise(p.net["sizes"], p.net["acts"], p.net["output"]),
    )
    for (A, b), name in layers:
        z = x @ A.T + b
        found.append(z > 0)
        x = naive.activation(name, z)[0]
    return np.concatenate([part.ravel() for part in found[:-1]])


KINKED = {
    "relu": twins.case(54_000, [3, 5, 4, 2], ["relu", "relu"], "quadratic"),
    "deep": twins.case(
        55_000, [2, 4, 4, 4, 2], ["leaky_relu", "identity", "relu"], "cross-entropy"
    ),
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
    close(
        passed(potential.network, W, potential.data.x)[2],
        potential.network.forward(W, potential.data.x),
    )
    assert on_branch("elu", np.array([[-2.0]]), np.array([[True]])) == -2.0
