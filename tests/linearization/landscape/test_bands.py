"""Bands and curves between two minima: the passes that they find, and closed forms."""

import numpy as np
import pytest
from known_passes import MINIMA, MULLER_BROWN, SADDLES, flipped
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn
from flownet.linearization.exits import _critical
from flownet.linearization.landscape import _chain

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
