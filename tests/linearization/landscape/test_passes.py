"""Bands, curves, the tree of passes, the path through a spare unit, and censuses of landscapes."""

from itertools import pairwise

import numpy as np
import pytest
from landscapes import LANDSCAPES
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn
from flownet.linearization.exits import _critical
from flownet.linearization.landscape import _chain

MULLER_BROWN = LANDSCAPES[1]
MINIMA = [
    (-0.558223634633, 1.441725841805, -146.6995172),
    (-0.050010822998, 0.466694104872, -80.7678181),
    (0.623499404931, 0.028037758529, -108.1667241),
]
SADDLES = [
    (-0.822001558733, 0.624312802815, -40.6648435),
    (0.212486582001, 0.292988325107, -72.2489401),
]


def xor(hidden=2, decay=0.0):
    """The exclusive or, and its network."""
    net = fn.Network([2, hidden, 1])
    potential = fn.Potential(net, fn.Quadratic(), fn.data.load("xor"))
    return (potential + decay * fn.Parabola(net.size) if decay else potential), net


def flipped(net, W, unit):
    """The same map: one tanh unit with all its signs changed."""
    W = W.copy()
    (weights, bias), (above, _) = net.unpack(W)
    for part in (weights[unit], bias[unit : unit + 1], above[:, unit]):
        part *= -1
    return W


@pytest.fixture(scope="module")
def regulated():
    """XOR with weight decay, its network, and its lowest minimum."""
    potential, net = xor(decay=1e-3)
    found = fn.minimum(potential, 2 * np.random.default_rng(0).normal(size=9), progress=False)
    assert found.loss == pytest.approx(0.006387, abs=1e-6)
    return potential, net, found


# --- bands ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [{}, {"spring": 0.1}, {"pivots": 31}], ids=str)
def test_a_band_finds_both_saddles_of_muller_brown(words, holds):
    potential = MULLER_BROWN.potential()
    ends = [np.array(MINIMA[k][:2]) for k in (0, 2)]
    found = fn.band(potential, *ends, progress=False, **words)
    points = [point for point in found.stations if point.kind == "saddle"]
    assert found.verdict == "pass" and [point.index for point in points] == [1, 1]
    for point, (x, y, loss) in zip(points, SADDLES):
        holds("Müller and Brown's saddles by the band", np.abs(point.W - (x, y)).max(), 1e-9)
        assert point.loss == pytest.approx(loss, abs=1e-7)
    assert found.saddle is points[0]
    assert found.rise == pytest.approx(SADDLES[0][2] - MINIMA[2][2], rel=1e-3)
    assert found.rise <= found.straight.rise - 50
    assert found.dense_loss.max() == found.top >= points[0].loss - 1e-9
    close(found.dense_arc[:: _chain.GAP], found.arc)


def test_a_few_pivots_are_filled_in_where_the_loss_between_them_rises():
    potential = MULLER_BROWN.potential()
    ends = [np.array(MINIMA[k][:2]) for k in (0, 2)]
    found = fn.band(potential, *ends, pivots=5, progress=False)
    assert len(found.W) > 5 and found.verdict == "pass"
    held = fn.band(potential, *ends, pivots=5, most=5, progress=False)
    assert len(held.W) == 5


def test_a_symmetric_chain_is_pushed_off_the_higher_saddle():
    """Between opposite corners of two double wells the straight chain rests on their maximum."""
    alpha, c = 2.0, 0.8
    potential = fn.DoubleWell(2, alpha=alpha, c=c)
    found = fn.band(potential, [-c, -c], [c, c], progress=False)
    wall = alpha * c**4 / 8
    assert found.straight.rise == pytest.approx(2 * wall, rel=1e-9)
    assert found.verdict == "pass" and found.rise == pytest.approx(wall, rel=1e-3)
    points = [point for point in found.stations if point.kind == "saddle"]
    assert [point.index for point in points] == [1, 1]
    for point in points:
        assert sorted(np.abs(point.W)) == pytest.approx([0, c], abs=1e-12)
        assert point.loss == pytest.approx(wall, rel=1e-12)


def test_a_band_to_the_flipped_partner_passes_over_a_member_of_the_census(regulated):
    potential, net, A = regulated
    found = fn.band(potential, A, flipped(net, A.W, 0), progress=False)
    assert found.verdict == "pass" and found.saddle.gradient < 1e-13
    assert found.saddle.loss == pytest.approx(0.090755005, abs=1e-8)
    assert found.straight.rise > 4 * found.rise
    again = fn.census(potential, found.saddle.W[None] + 1e-3, progress=False)
    assert again.index.tolist() == [1] and again.zero_modes.tolist() == [0]
    assert again.loss[0] == pytest.approx(found.saddle.loss, abs=1e-14)


def test_a_valley_is_level_and_a_dead_end_no_pass(regulated):
    assert fn.band(fn.UV(), [1.0, 0.0], [3.0, 0.0], progress=False).verdict == "level"
    uphill = fn.band(fn.Parabola(2), [0.0, 0.0], [1.0, 0.0], progress=False)
    assert uphill.rise == 0 and uphill.saddle is None
    potential, net, A = regulated
    short = fn.band(potential, A, flipped(net, A.W, 0), steps=1, progress=False)
    assert short.verdict == "not at rest"
    assert short.rise > 0.09


def test_of_many_parameters_the_lowest_curvatures_say_the_index(regulated, monkeypatch):
    potential, net, A = regulated
    exact = fn.band(potential, A, flipped(net, A.W, 0), progress=False)
    monkeypatch.setattr(_critical, "EXACT", 4)
    found = fn.band(potential, A, flipped(net, A.W, 0), progress=False)
    assert found.verdict == "pass" and found.saddle.index == 1
    assert found.saddle.loss == exact.saddle.loss
    corner = fn.DoubleWell(6)
    assert _critical.critical_near(corner, 1e-3 * np.ones(6)).index == 2  # two or more
    assert _critical.critical_near(corner, 0.9 * np.ones(6)).kind == "minimum"


def test_what_a_metric_freezes_stays():
    potential = fn.DoubleWell(2)
    metric = fn.DiagonalMetric([4.0, np.inf])
    found = fn.band(potential, [-1.0, 0.3], [1.0, 0.3], metric=metric, progress=False)
    assert (found.W[:, 1] == 0.3).all() and found.verdict == "pass"
    assert found.arc[-1] == pytest.approx(4.0)  # twice the length, at stiffness 4
    with told_in_one_line("freezes"):
        fn.band(potential, [-1.0, 0.3], [1.0, 0.4], metric=metric)


def test_springs_and_shares():
    """A chain in even shares, and one whose held pivot stays."""
    X = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [4.0, 1.0]])
    even = _chain.spread(X, np.linspace(0, 1, 4))
    close(_chain.arc(_chain.at_arc(X, _chain.arc(X))), _chain.arc(X))
    close(even, [[0, 0], [1, 2 / 3], [1 + 4 / 3, 1], [4, 1]])
    held = _chain.spread(X, np.array([0.0, 0.1, 0.5, 1.0]), held=[2])
    close(held, [[0, 0], [0.4, 0], [1, 1], [4, 1]])


# --- curves ---------------------------------------------------------------------------------------


def test_the_best_bend_over_a_parabola_is_the_closed_form():
    """∂/∂θ of ∫½|φ|²dt is 0: θ = −¾(A+B) of a Bézier curve, −¼(A+B) of a chain."""
    A, B = np.array([1.0, 2.0, -0.5]), np.array([0.3, -1.0, 2.0])
    for kind, share in (("bezier", -0.75), ("chain", -0.25)):
        found = fn.curve(fn.Parabola(3), A, B, kind=kind)
        np.testing.assert_allclose(found.bend, share * (A + B), atol=1e-6)
        close(found.at([0.0, 1.0]), [A, B])
        t = np.linspace(0, 1, 20001)
        whole = np.trapezoid([0.5 * W @ W for W in found.at(t)], t)
        assert found.mean == pytest.approx(whole, rel=1e-7)
    assert found.straight_mean == pytest.approx((A @ A + A @ B + B @ B) / 6, rel=1e-12)


def test_a_curve_goes_below_the_straight_path(regulated):
    potential, net, A = regulated
    for kind in ("bezier", "chain"):
        found = fn.curve(potential, A, flipped(net, A.W, 0), kind=kind)
        assert found.mean < found.straight_mean / 2 and found.rise < found.straight.rise / 2
        close(found.at(0.0), A.W)


# --- the spare unit -------------------------------------------------------------------------------


def along(corners, count=51):
    s = np.linspace(0, 1, count)[:, None]
    return np.concatenate([a + s * (b - a) for a, b in pairwise(corners)])


def test_a_spare_unit_exchanges_two_units_at_no_loss(holds):
    """XOR 2-3-1, its zero that of 2-2-1, whose own straight path to the exchanged one climbs."""
    small, two = xor()
    zero = fn.minimum(small, 1.5 * np.random.default_rng(0).normal(size=9), progress=False)
    assert zero.loss < 1e-28
    (weights, bias), (above, top) = two.unpack(zero.W)
    potential, three = xor(3)
    spare = (np.vstack([weights, [0.3, -0.2]]), np.append(bias, 0.1))
    W = three.pack([spare, (np.hstack([above, [[0.0]]]), top)])
    corners = fn.spare_path(three, W, [1, 0, 2], spare=2)
    most = max(potential.value(point) for point in along(corners))
    holds("loss along the path by a spare unit", most, 1e-28)
    (weights, bias), (above, top) = three.unpack(W)
    order = [1, 0, 2]
    close(corners[-1], three.pack([(weights[order], bias[order]), (above[:, order], top)]))
    exchanged = two.pack(
        [(p[[1, 0]], q[[1, 0]]) for p, q in two.unpack(zero.W)[:1]]
        + [(two.unpack(zero.W)[1][0][:, [1, 0]], top)]
    )
    assert fn.band(small, zero, exchanged, steps=1, progress=False).straight.rise > 0.3


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("layer", [0, 1])
def test_any_permutation_of_a_layer_is_reached_with_one_map_all_the_way(layer, bias):
    rng = np.random.default_rng(3)
    net = fn.Network([3, 5, 6, 2], ["sigmoid", "relu"], bias=bias)
    W = net.init(1) + 0.3 * rng.normal(size=net.size)
    net.unpack(W)[layer + 1][0][:, 4] = 0
    order = [2, 3, 0, 1, 4] if layer == 0 else [2, 0, 1, 3, 4, 5]
    corners = fn.spare_path(net, W, order, spare=4, layer=layer)
    x = rng.normal(size=(7, 3))
    expected = net.forward(W, x)
    for point in along(corners, 5):
        close(net.forward(point, x), expected)
    (weights, b), (above, _) = net.unpack(corners[-1])[layer : layer + 2]
    (weights_0, b_0), (above_0, _) = net.unpack(W)[layer : layer + 2]
    assert (weights == weights_0[order]).all() and (above == above_0[:, order]).all()
    assert b is None or (b == b_0[order]).all()


# --- the tree of passes ---------------------------------------------------------------------------


def test_the_tree_of_muller_brown_has_its_two_saddles():
    minima = np.array([point[:2] for point in MINIMA])
    found = fn.connectedness(MULLER_BROWN.potential(), minima, progress=False)
    levels = [edge.level for edge in found.tree]
    assert levels == pytest.approx([SADDLES[1][2], SADDLES[0][2]], abs=0.05)
    assert found.level[0, 2] == found.level[0, 1] == levels[1] and found.level[1, 2] == levels[0]
    assert found.components(-90) == [[0], [2]]
    assert found.components(-72) == [[0], [1, 2]]
    assert found.components(-40) == [[0, 1, 2]] and not found.connected
    assert found.rise == pytest.approx(levels[1] - MINIMA[2][2], abs=1e-6)


def test_corners_of_double_wells_are_joined_along_the_edges():
    minima = [[x, y] for x in (-1.0, 1.0) for y in (-1.0, 1.0)]
    found = fn.connectedness(fn.DoubleWell(2), minima, bands=0)
    assert [edge.level for edge in found.tree] == pytest.approx([1 / 8] * 3)
    assert {edge.path for edge in found.tree} == {"straight"}


def test_copies_of_one_minimum_are_one_region(regulated):
    potential, net, A = regulated
    (weights, bias), (above, top) = net.unpack(A.W)
    permuted = net.pack([(weights[::-1], bias[::-1]), (above[:, ::-1], top)])
    copies = [A, flipped(net, A.W, 1), permuted, flipped(net, permuted, 0)]
    found = fn.connectedness(potential, copies, progress=False)
    assert found.connected and not found.bands
    assert found.components(A.loss + 1e-9) == [[0, 1, 2, 3]]


# --- censuses -------------------------------------------------------------------------------------


def test_the_census_of_double_wells_is_complete():
    """Each coordinate is at −c, 0 or c: 27 points in three dimensions, index the number of 0s."""
    alpha, c = 1.5, 0.7
    found = fn.census(fn.DoubleWell(3, alpha=alpha, c=c), 250, progress=False)
    some = found.critical
    assert some.mean() > 0.9
    zeros = np.abs(found.W[some]) < 1e-12
    close(np.abs(found.W[some])[~zeros], np.full((~zeros).sum(), c))
    assert (found.index[some] == zeros.sum(axis=1)).all() and not found.zero_modes[some].any()
    np.testing.assert_allclose(found.loss[some], zeros.sum(axis=1) * alpha * c**4 / 8, atol=1e-15)
    assert len(np.unique(np.round(found.W[some], 6) + 0.0, axis=0)) == 27
    assert [(level["index"], level["zero_modes"]) for level in found.levels] == [
        (k, (0, 0)) for k in range(4)
    ]
    signs, matrices = found.chance
    assert signs == 0.125 and matrices == pytest.approx(0.0249209)
    assert 0 < found.share_of_minima < 1


def test_a_gradient_flat_point_is_no_critical_one():
    """x³/3 + x has slope 1 + x², least at 0, where it is 1; y bends beside it."""
    potential = fn.CustomPotential(
        2,
        lambda W: (W[0] ** 3 / 3 + W[0] + W[1] ** 2 / 2, np.array([W[0] ** 2 + 1, W[1]])),
        hessian_action=lambda W, V: np.array([2 * W[0], 1.0]) * V,
    )
    found = fn.census(potential, [[0.7, 1.0], [-1.3, 0.2]], progress=False)
    assert found.kind.tolist() == ["gradient-flat"] * 2
    np.testing.assert_allclose(found.gradient, 1.0, atol=1e-4)
    np.testing.assert_allclose(found.W, 0, atol=2e-3)
    assert found.levels == [] and np.isnan(found.share_of_minima)
    assert "2 gradient-flat" in str(found)


def test_zero_modes_are_counted_apart():
    """½(u·v)² in four dimensions: where u·v = 0 one direction bends, three are flat."""
    found = fn.census(fn.UV(2), 20, progress=False)
    assert found.critical.all() and set(found.zero_modes) <= {3, 4}
    assert not found.index.any() and found.loss.max() < 1e-20


def test_xor_has_no_level_but_an_eighth_and_zero(holds):
    potential, _ = xor()
    found = fn.census(potential, 40, progress=False)
    losses = found.loss[found.critical]
    assert found.critical.sum() > 25
    eighth = losses > 1 / 16
    assert eighth.sum() > 20
    level = np.where(eighth, np.abs(losses - 1 / 8), losses)
    holds("census of XOR: levels less 1/8, or 0", level.max(), 1e-9)
    assert set(found.index[found.critical][eighth]) <= {1, 2}
    assert found.zero_modes[found.critical].min() >= 3
    random = np.random.default_rng(0)
    zero = fn.minimum(potential, 1.5 * random.normal(size=9), progress=False)
    found = fn.census(potential, zero.W + 0.05 * random.normal(size=(5, 9)), progress=False)
    assert found.critical.all() and not found.index.any()
    assert (found.zero_modes >= 5).all()  # four numbers of the truth see four of nine directions
    holds("census of XOR: loss about a zero", found.loss.max(), 1e-18)


def test_the_regulator_makes_the_dead_network_a_minimum(holds):
    """W = 0 but the output's bias 1/(2(1+κ)): L = (1+2κ)/(8(1+κ)), curvatures in closed form."""
    k = 1e-3
    potential, net = xor(decay=k)
    W = np.zeros(net.size)
    net.unpack(W)[1][1][0] = 1 / (2 * (1 + k))
    found = fn.census(potential, np.stack([W + 1e-4, W - 1e-4]), progress=False)
    assert found.index.tolist() == [0, 0] and found.zero_modes.tolist() == [0, 0]
    holds("dead network: W of the minimum", np.abs(found.W - W).max(), 1e-10)
    off = np.abs(found.loss / ((1 + 2 * k) / (8 * (1 + k))) - 1).max()
    holds("dead network: loss of the minimum", off, 1e-13)
    values = np.linalg.eigvalsh(potential.hessian_action(W, np.eye(net.size)))
    around = k * (1 + np.array([-1, 1]) * np.sqrt(3 / 8) / (1 + k))
    expected = np.sort([1 + k, *np.repeat(around, 2), *[k] * 4])
    holds("dead network: its curvatures", np.abs(values - expected).max(), 1e-15)


def test_chances_of_a_minimum():
    exact = [1, 1 / 2, (2 - np.sqrt(2)) / 4, (np.pi - 2 * np.sqrt(2)) / (4 * np.pi)]
    for n, chance in enumerate(exact):
        assert fn.chance_of_minimum(n) == pytest.approx((0.5**n, chance), rel=1e-12)
    # by the same Pfaffian at 60 digits (mpmath): n = 8, and where the law goes on, 13 and 16
    for n, chance, rtol in ((8, 9.694546749307667e-10, 1e-8), (13, 4.17050908e-23, 2e-3)):
        assert fn.chance_of_minimum(n)[1] == pytest.approx(chance, rel=rtol)
    assert fn.chance_of_minimum(16)[1] == pytest.approx(5.4836e-34, rel=2e-3)


# --- what is refused, what is drawn ---------------------------------------------------------------


MISTAKES = {
    "one point": (lambda: fn.band(fn.Parabola(2), [1.0, 0], [1.0, 0]), "one point"),
    "few pivots": (lambda: fn.band(fn.Parabola(2), [1.0, 0], [0, 0], pivots=2), "pivots is 2"),
    "spring": (lambda: fn.band(fn.Parabola(2), [1.0, 0], [0, 0], spring=0), "spring is 0"),
    "kind": (lambda: fn.curve(fn.Parabola(2), [1.0, 0], [0, 0], kind="arc"), "bezier"),
    "one minimum": (lambda: fn.connectedness(fn.Parabola(2), [[1.0, 0]]), "two are wanted"),
    "bands": (lambda: fn.connectedness(fn.Parabola(2), np.eye(2), bands=-1), "bands is -1"),
    "starts": (lambda: fn.census(fn.Parabola(2), 0), "at least one"),
    "shape": (lambda: fn.census(fn.Parabola(2), [1.0, 2.0]), "one start a row"),
    "rtol": (lambda: fn.census(fn.Parabola(2), 2, rtol=0), "rtol is 0"),
    "large": (lambda: fn.census(fn.Parabola(3000), 1), "2500"),
    "order": (
        lambda: fn.spare_path(fn.Network([2, 3, 1]), np.zeros(13), [0, 0, 2], spare=2),
        "permute",
    ),
    "not spare": (
        lambda: fn.spare_path(fn.Network([2, 3, 1]), np.ones(13), [1, 0, 2], spare=2),
        "not spare",
    ),
    "n": (lambda: fn.chance_of_minimum(-1), "n is -1"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told(mistake):
    make, words = MISTAKES[mistake]
    with told_in_one_line(words):
        make()


def test_figures(regulated):
    potential, net, A = regulated
    B = flipped(net, A.W, 0)
    curves = {kind: fn.curve(potential, A, B, kind=kind, steps=5) for kind in ("bezier", "chain")}
    figures = [
        fn.plot.band(fn.band(potential, A, B, progress=False)),
        fn.plot.curve(curves["chain"]),
        fn.plot.curve(curves),
        fn.plot.connectedness(fn.connectedness(potential, [A, B, 0 * B], bands=1, progress=False)),
        fn.plot.census(fn.census(fn.DoubleWell(2), 20, progress=False)),
    ]
    for figure in figures:
        figure.canvas.draw()
        axis = figure.axes[0]
        assert axis.get_title() and axis.get_xlabel() and axis.get_legend() is not None
    with told_in_one_line("a Band is wanted"):
        fn.plot.band(curves["chain"])
    nowhere = fn.census(fn.CustomPotential(1, lambda W: (W[0], np.ones(1))), 1, progress=False)
    with told_in_one_line("nothing to draw"):
        fn.plot.census(nowhere)
