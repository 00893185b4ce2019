"""The path through a spare unit, the tree of passes, what is refused and what is drawn."""

from itertools import pairwise

import numpy as np
import pytest
from known_passes import MINIMA, MULLER_BROWN, SADDLES, flipped, xor
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn

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
