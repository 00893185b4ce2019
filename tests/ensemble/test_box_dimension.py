"""Box-counting dimension against sets whose dimension is known, and what it says of its error."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from mistakes import told_in_one_line

import flownet as fn

N = 1024
Y, X = np.mgrid[:N, :N]
KOCH, CARPET, TRIANGLE = np.log(4) / np.log(3), np.log(8) / np.log(3), np.log(3) / np.log(2)


def snowflake(n, depth=7):
    """What lies within Koch's snowflake, by the even-odd rule along each row of pixels."""
    z = np.array([0j, 1, 0.5 - 0.75**0.5 * 1j, 0j])
    for _ in range(depth):
        d, a = np.diff(z) / 3, z[:-1]
        z = np.append(
            np.column_stack([a, a + d, a + d + d * np.exp(1j * np.pi / 3), a + 2 * d]), z[-1]
        )
    z = (z - z.real.min() - 1j * z.imag.min()) / np.ptp(z.imag) * 0.75 * n + (0.1 + 0.1j) * n
    crossings = np.zeros((n, n + 1), int)
    for p, q in pairwise(z):
        low, high = sorted((p.imag, q.imag))
        rows = np.arange(np.ceil(low - 0.5), np.ceil(high - 0.5)).astype(int)
        at = p.real + (rows + 0.5 - p.imag) * (q.real - p.real) / (q.imag - p.imag or 1)
        np.add.at(crossings, (rows, np.ceil(at - 0.5).astype(int)), 1)
    return np.cumsum(crossings, axis=1)[:, :n] % 2 == 1


def carpet(n, depth=6):
    digit = [np.floor((np.arange(n) + 0.5) / n * 3**j).astype(int) % 3 for j in range(1, depth + 1)]
    return ~np.any([(d[:, None] == 1) & (d == 1) for d in digit], axis=0)


def set_within(found, n=N, rim=128):
    """A smaller map amid an empty one."""
    wide = np.zeros((n, n), bool)
    wide[rim:-rim, rim:-rim] = found
    return wide


CASES = {
    "line": (Y < 0.37 * X + 200, "boundary", 1.0),
    "steep line": (Y < 2.2 * X - 300, "boundary", 1.0),
    "straight": (Y < 512, "boundary", 1.0),
    "disc": ((Y - 512) ** 2 + (X - 512) ** 2 < 358**2, "boundary", 1.0),
    "Koch": (snowflake(N), "boundary", KOCH),
    "carpet": (carpet(N), "set", CARPET),
    "carpet within": (set_within(carpet(768)), "set", CARPET),
    "triangle": ((X & Y) == 0, "set", TRIANGLE),
    "triangle within": (set_within(((X & Y) == 0)[:512, :512], rim=256), "set", TRIANGLE),
}


@pytest.mark.parametrize("name", CASES)
def test_known_dimensions(name):
    shown, of, expected = CASES[name]
    found = fn.box_dimension(shown, of=of)
    off = abs(found.dimension - expected)
    assert off <= 0.05 and off <= found.error + 1e-9, (found.dimension, found.error)
    if shown[[0, -1]].any():  # what fills the map has boxes of two decades
        assert found.decades > 2 and found.error < 0.1


@pytest.mark.parametrize(
    "c, wide, expected", [(-0.12256 + 0.74486j, 1.5, 1.3934), (-1, 1.7, 1.2683)]
)
def test_julia_sets(c, wide, expected):
    """Boundaries of Douady's rabbit and of the basilica (McMullen, Am. J. Math. 120, 1998, 691)."""
    x = np.linspace(-wide, wide, 640)
    z = x + 1j * x[:, None]
    inside = np.ones(z.shape, bool)
    for _ in range(100):
        z = np.where(inside, z**2 + c, 2)
        inside &= np.abs(z) < 2
    found = fn.box_dimension(inside)
    assert abs(found.dimension - expected) <= min(0.05, 1.5 * found.error)


def test_a_straight_boundary_is_exact():
    """Boxes of any size and shift: what lies beyond the map counts for nothing."""
    found = fn.box_dimension(Y < 300)
    np.testing.assert_allclose(found.counts, (N - 1) / found.sizes, rtol=0.05)
    assert abs(found.dimension - 1) < 1e-3 and found.error < 1e-3


def test_counts_are_those_of_one_box_after_another():
    shown = np.random.default_rng(0).random((90, 110)) < 0.01
    found = fn.box_dimension(shown, sizes=[1, 2, 3], of="set")
    assert found.counts[0] == shown.sum()
    two = []
    for down in (0, 1):
        for right in (0, 1):
            wide = np.zeros((92, 112))
            wide[down : 90 + down, right : 110 + right] = shown
            blocks = wide.reshape(46, 2, 56, 2).max(axis=(1, 3))
            inside = np.zeros((92, 112))
            inside[down : 90 + down, right : 110 + right] = 1
            two.append((blocks * inside.reshape(46, 2, 56, 2).mean(axis=(1, 3))).sum())
    assert found.counts[1] == pytest.approx(np.mean(two), rel=0.02)  # 32 shifts of four


def test_a_map_of_verdicts_turned_and_mirrored():
    y, x = Y[:400, :400], X[:400, :400]
    values = np.digitize((y - 200) ** 2 + 2 * (x - 190) ** 2, [9e3, 2e4])
    found = fn.box_dimension(values)
    for other in (values.T, values[::-1], 2 - values, values.astype(float)):
        assert abs(fn.box_dimension(other).dimension - found.dimension) < 0.01


def test_a_smaller_map_says_so():
    small = fn.box_dimension(snowflake(160))
    large = fn.box_dimension(snowflake(640))
    assert small.error > large.error
    assert "fewer than two" in str(small)


def test_the_result_unpacks_prints_and_pickles():
    found = fn.box_dimension(CASES["disc"][0])
    dimension, error, sizes, counts = found
    assert sizes.shape == counts.shape and error > 0
    assert f"{dimension:.3f} ±" in str(found) and "<table>" in found._repr_html_()
    again = pickle.loads(pickle.dumps(found))
    assert again.dimension == dimension and np.array_equal(again.counts, counts)


def test_mistakes():
    square = np.zeros((200, 200), bool)
    square[50:150, 50:150] = True
    for call, said in (
        (lambda: fn.box_dimension(np.zeros(5)), "two axes"),
        (lambda: fn.box_dimension(np.zeros((200, 200))), "no boundary"),
        (lambda: fn.box_dimension(Y[:60, :60] < 30), "less than a decade"),
        (lambda: fn.box_dimension(square, sizes=[4, 2, 8]), "ascending"),
        (lambda: fn.box_dimension(square, sizes=[2, 4, 900]), "from 1 to"),
        (lambda: fn.box_dimension(square, of="rim"), "of is 'rim'"),
        (lambda: fn.box_dimension(square.astype(int), of="set"), "True and False"),
    ):
        with told_in_one_line(said):
            call()
