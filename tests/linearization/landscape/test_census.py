"""Censuses of landscapes: counts in closed form, zero modes, the levels of XOR."""

import numpy as np
import pytest
from known_passes import xor
from tolerance import close

import flownet as fn


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
