"""Minima below runs and flows, and the symmetries of hidden units between two of them."""

import numpy as np
import pytest
from mistakes import told_in_one_line
from tolerance import close, tolerance

import flownet as fn
from flownet.linearization.exits._polish import conjugate_residuals

GIVEN = ("tanh", "sin", "identity", "relu", "leaky_relu", "sigmoid", "elu", "softplus", "gelu")


def network(activations, decay=0.0, seed=0):
    """Potential of a small network on random data, and parameters that are no minimum of it."""
    rng = np.random.default_rng(seed)
    net = fn.Network([3, *(7, 6, 5)[: len(activations)], 2], activations)
    potential = fn.Potential(
        net, fn.Quadratic(), fn.Dataset(rng.normal(size=(20, 3)), rng.normal(size=(20, 2)))
    )
    W = net.init(seed) + 0.1 * rng.normal(size=net.size)
    return (potential + decay * fn.Parabola(net.size) if decay else potential), W


def scrambled(net, W, rescaled=False, seed=1):
    """The same map: units permuted, signs of odd ones flipped; what weight decay sees if asked."""
    rng, W = np.random.default_rng(seed), W.copy()
    layers = net.unpack(W)
    for i, name in enumerate(net.activation):
        n = net.sizes[i + 1]
        order, factor = rng.permutation(n), np.ones(n)
        if name in ("tanh", "sin", "identity") or (name == "sigmoid" and rescaled):
            factor = rng.choice([-1.0, 1.0], n)
        if rescaled and name in ("identity", "relu", "leaky_relu"):
            factor = factor * np.exp(rng.normal(size=n))
        (weights, bias), (above, bias_above) = layers[i], layers[i + 1]
        weights[:], bias[:] = factor[:, None] * weights[order], factor * bias[order]
        above[:] = above[:, order] / factor
        if name == "sigmoid":  # w·σ(z) = w − w·σ(−z)
            bias_above -= above[:, factor < 0].sum(axis=1)
    return W


def xor(decay=3e-3, hidden=2):
    """The exclusive or with weight decay: minima at a finite distance."""
    net = fn.Network([2, hidden, 1])
    return fn.Potential(net, fn.Quadratic(), fn.data.load("xor")) + decay * fn.Parabola(net.size)


# --- minima ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("W0", [1e-4, 0.3, 0.58, 0.6, 1.7])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_double_well_is_left_by_the_exit_of_the_flow(W0, sign):
    """Its flow never changes sign; Newton's step from next to the inflection, c/√3, would jump."""
    found = fn.minimum(fn.DoubleWell(1, alpha=2.0, c=1.0), [sign * W0])
    assert found.kind == "minimum" and found.index == found.flat == 0
    close(found.W, [sign * 1.0], kind="rounding")
    assert found.gradient <= 10 * found.rounding


def test_a_quartic_minimum_is_flat():
    """L = W⁴/8: nothing bends at its minimum, and Newton's steps take 8/27 of the gradient each."""
    found = fn.minimum(fn.Quartic(1), [1.0])
    assert (found.words, found.flat) == ("minimum, 1 flat", 1)
    assert abs(found.W[0]) < 1e-5 and found.gradient <= found.rounding


def test_a_valley_is_reached_where_the_flow_comes_to_it():
    """UV's minima f = 0 form a surface; the closed form of its flow says where it ends."""
    potential, W0 = fn.UV(2), np.array([1.0, 0.3, 0.2, 0.5])
    found = fn.minimum(potential, W0)
    assert found.kind == "minimum" and found.flat == 3
    assert found.loss <= tolerance("rounding") ** 2
    close(found.W, potential.exact(W0, 1e3), kind="solver", scale=10.0)
    before = potential.exact(W0, found.time)
    assert np.linalg.norm(found.W - before) < 2 * found.polish_length + 1e-8


def test_a_network_is_polished_to_rounding():
    """‖dL‖ is what rounding makes of it, and long before it the flow is on its way there."""
    potential = xor()
    W0 = potential.network.init(6)
    found = fn.minimum(potential, W0)
    assert found.kind == "minimum" and fn.index(potential, found.W) == found.index == 0
    assert found.gradient <= 10 * found.rounding < 1e-13
    later = fn.flow(potential, W0=W0, time=2 * found.time, at=[0, 2 * found.time])
    assert np.linalg.norm(later.parameters[-1] - found.W) < 1e-3
    again = fn.minimum(potential, found.W)
    assert again.time == 0 and np.linalg.norm(again.W - found.W) < 1e-11


@pytest.mark.parametrize("zeros", [1, 2])
def test_a_saddle_is_told_with_its_index(zeros):
    """A double well at W_i = 0: the flow from there ends at a saddle, one direction down each."""
    W0 = np.array([0.0] * zeros + [0.3, -2.0])
    found = fn.minimum(fn.DoubleWell(zeros + 2), W0)
    assert (found.kind, found.index) == ("saddle", zeros)
    assert fn.index(fn.DoubleWell(zeros + 2), found.W) == zeros
    close(found.W, [*W0[:zeros], 1.0, -1.0], kind="rounding")


def test_twin_units_end_at_a_saddle():
    """Two units that begin alike stay alike: the flow ends where they would part."""
    potential = xor()
    W0 = potential.network.init(3)
    (weights, _), (above, _) = potential.network.unpack(W0)
    weights[1], above[:, 1] = weights[0], above[:, 0]
    found = fn.minimum(potential, W0)
    assert found.kind == "saddle" and found.index == fn.index(potential, found.W) >= 1
    other = fn.minimum(potential, potential.network.init(3))
    compared = fn.compare_minima(potential, found, other)
    assert compared.verdict == "saddle" and f"index {found.index}" in compared.reason


def test_relu_without_a_kink_on_the_way():
    """Five samples fitted: 31 parameters, 26 of them flat, no unit at its kink in the end."""
    rng = np.random.default_rng(1)
    data = fn.Dataset(rng.normal(size=(5, 3)), rng.normal(size=(5, 1)))
    potential = fn.Potential(fn.Network([3, 6, 1], "relu"), fn.Quadratic(), data)
    found = fn.minimum(potential, potential.network.init(0))
    assert found.words == "minimum, 26 flat" and found.loss < tolerance("rounding") ** 2
    assert found.gradient <= 10 * found.rounding


def test_a_minimum_on_a_kink_is_refused():
    """There dL jumps and only its mean over both sides vanishes, as small steps to and fro see."""
    rng = np.random.default_rng(0)
    data = fn.Dataset(rng.normal(size=(20, 3)), rng.normal(size=(20, 1)))
    net = fn.Network([3, 4, 1], "relu")
    potential = fn.Potential(net, fn.Quadratic(), data) + 0.03 * fn.Parabola(net.size)
    with told_in_one_line("slides along a kink to a minimum where dL jumps"):
        fn.minimum(potential, net.init(0))
    run = fn.train(potential, fn.Aristotle(0.002), W0=net.init(0), steps=300_000, record_every=1000)
    run = fn.train(potential, fn.Aristotle(0.002), W0=run.parameters[-1], steps=2000)
    pulls = np.array([potential.differential(W)[1] for W in run.parameters[:]])
    assert np.linalg.norm(pulls.mean(axis=0)) < 0.1 * np.linalg.norm(pulls, axis=1).min()


def test_conjugate_residuals_solve_what_bends_both_ways():
    """Also with a kernel, of which they leave the right hand side's part alone."""
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    H = Q @ np.diag([-3.0, -1.0, 0.0, *np.linspace(0.1, 5, 9)]) @ Q.T
    x = conjugate_residuals(lambda v: H @ v, H @ np.ones(12), 1e-12)
    close(H @ x, H @ np.ones(12), kind="solver")


def test_the_end_of_time_is_told():
    """A flow that is still on its way is no minimum."""
    found = fn.minimum(xor(), xor().network.init(0), time=1.0)
    assert found.kind == "not reached" and found.time == 1.0 and np.isnan(found.index)


def separable():
    net = fn.Network([4, 4, 3])
    return fn.Potential(net, fn.CrossEntropy(), fn.Dataset(np.eye(4)[:3], np.eye(3)))


def test_cross_entropy_without_a_minimum_is_refused():
    """Where the network separates its data; weight decay makes a minimum."""
    potential = separable()
    W0 = potential.network.init(0)
    with told_in_one_line(r"no minimum at a finite distance .* potential \+ 0.01 \* fn.Parabola"):
        fn.minimum(potential, W0)
    assert fn.minimum(potential + 0.01 * fn.Parabola(potential.size), W0).kind == "minimum"


# --- symmetries -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "activations",
    [[name] for name in GIVEN]
    + [["tanh", "sin"], ["relu", "tanh", "leaky_relu"], ["sigmoid", "identity", "gelu"]],
)
def test_copies_of_a_network_are_found(activations):
    """Permuted, sign-flipped, reflected, rescaled: distance and barrier are rounding aligned."""
    potential, W = network(activations)
    copy = scrambled(potential.network, W, rescaled=True)
    close(potential.value(copy), potential.value(W))
    found = fn.compare_minima(potential, W, copy)
    assert found.distance > 1 and found.aligned_distance <= tolerance("rounding") * found.length
    assert found.aligned_barrier.rise <= found.aligned_barrier.floor < 1e-11 and found.same
    close(potential.value(found.B), potential.value(W))


@pytest.mark.parametrize("activations", [["tanh"], ["relu", "sin"]])
def test_weight_decay_sees_rescaling_alone(activations):
    """Of the symmetries it leaves permutations and signs."""
    potential, W = network(activations, decay=0.01)
    found = fn.compare_minima(potential, W, scrambled(potential.network, W))
    assert found.aligned_distance == 0 and "rescaling" not in found.symmetries and found.same
    if "relu" in activations:
        other = scrambled(potential.network, W, rescaled=True)
        assert fn.compare_minima(potential, W, other).aligned_distance > 0.1


def test_matching_two_units_finds_the_nearest_of_all_eight():
    """All permutations and signs of two tanh units, one by one."""
    potential = xor()
    net, rng = potential.network, np.random.default_rng(2)
    for _ in range(20):
        A, B = rng.normal(size=(2, net.size))
        found = fn.compare_minima(potential, A, B)
        copies = []
        for order in ([0, 1], [1, 0]):
            for sign in np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]):
                C = B.copy()
                (weights, bias), (above, _) = net.unpack(C)
                weights[:], bias[:] = sign[:, None] * weights[order], sign * bias[order]
                above[:] = above[:, order] * sign
                copies.append(np.linalg.norm(A - C))
        close(found.aligned_distance, min(copies))


def test_distances_are_those_of_the_metric():
    """A layer of stiffness 4 counts twice; units beside a frozen layer keep their places."""
    potential, W = network(["tanh"])
    net, V = potential.network, np.zeros(len(W))
    V[: net.ranges[0][1]] = 0.01
    metric = fn.LayerMetric(net, [4.0, 1.0])
    plain, stiff = (fn.compare_minima(potential, W, W + V, metric=m) for m in (None, metric))
    close(stiff.distance, 2 * plain.distance)
    close(stiff.aligned_distance, 2 * plain.aligned_distance)
    frozen = fn.compare_minima(potential, W, W + V, metric=fn.LayerMetric(net, [1.0, np.inf]))
    assert frozen.symmetries == "none" and frozen.aligned_distance == frozen.distance


def test_the_barrier_of_a_double_well():
    """αc⁴/8, at the middle, above ends of loss 0."""
    found = fn.compare_minima(fn.DoubleWell(1, alpha=3.0, c=1.2), [1.2], [-1.2])
    close([found.barrier.height, found.barrier.rise], [3 * 1.2**4 / 8] * 2)
    assert found.verdict == "different basin" and abs(found.barrier.at - 0.5) < 1e-6
