"""The scalar room as plain Python: losses of a row, updates of one element, random numbers."""

from types import SimpleNamespace

import mpmath
import numpy as np
import pytest
from exact_scalars import LAST_PLACES, places
from mpmath import mp, mpf
from test_scalar import both
from twins import uniforms

from flownet.kernels.scalar import elementary, loss, mechanics, philox

# ---- losses ---------------------------------------------------------------------------------


@both
def test_softmax_row(real):
    """−Σ q log P̂ of rows where a class leads by little, by far and beyond all rounding."""
    told = SimpleNamespace(inverse_temperature=1.25)
    for gap in (0, 1, 4, 10, 30, 80):
        y_hat = uniforms(gap, 5, low=-1, high=1).astype(real)[None]
        y_hat[0, 2] += real(gap)
        q = np.abs(uniforms(7, 5, low=0, high=1)).astype(real)[None]
        scaled = y_hat * real(1.25)
        top = scaled.max()
        p = np.array([[elementary.exp(v - top) for v in scaled[0]]], real)
        best, rest = loss.leading(p, 0)
        value, mass = loss.cross_entropy_of_row(told, y_hat, q, top, rest, 0)
        with mp.workdps(60):
            others = sum(mpmath.exp(mpf(float(v - top))) for v in scaled[0]) - 1
            terms = [mpf(float(a)) * (mpf(float(top)) - mpf(float(v)))
                     for a, v in zip(q[0], scaled[0])]  # fmt: skip
            exact = sum(terms) + sum(mpf(float(a)) for a in q[0]) * mpmath.log1p(others)
            assert type(rest) is real and type(mass) is real
            assert best in (-1, 2)
            assert places(rest, others, max(others, 1 if best < 0 else 0), real) <= LAST_PLACES
            assert places(value, exact, exact, real) <= LAST_PLACES


def test_balance_and_sums():
    """The entries of a covector add up to 0; ⟨a, b⟩; weights that are not there are 1."""
    covector = np.array([[0.25, 9.0, -0.5]])
    loss.balance(covector, 1, 0)
    assert covector.tolist() == [[0.25, 0.25, -0.5]]
    assert loss.dot(covector, covector, 0) == 0.375
    assert loss.weight_of(np.zeros(0), 3) == 1
    assert loss.weight_of(np.array([2.0, 3.0]), 1) == 3


# ---- mechanics ------------------------------------------------------------------------------


@both
def test_updates_of_one_element(real):
    """Each formula, in the argument's type, within 8 units in the last place of its terms."""
    for numbers in uniforms(8, 50, low=0.1, high=2).astype(real).reshape(-1, 5):
        a, b, c, d, e = numbers
        A, B, C, D, E = (mpf(float(v)) for v in numbers)
        for found, exact in (
            (mechanics.kicked(a, b, c, d), C * A + D * B),
            (mechanics.average(a, b, c, d), C * A + D * B),
            (mechanics.looked_ahead(a, b, c, d, e)[1], D * B + C),
            (mechanics.looked_ahead(a, b, c, d, e)[0], A + E * (C + D * (D * B + C))),
            (mechanics.relaxed(a, b, -c), A * (B + C)),
            (mechanics.accelerated(a, -b, c, d), (A + C * B) / D),
            (mechanics.size(a * a, -b, c, d), mpmath.sqrt(A * A + B) * C + D),
        ):
            assert type(found) is real
            assert places(found, exact, exact, real) <= LAST_PLACES


@pytest.mark.parametrize("x", [0.0, 1e-300, 1e-9, 0.3, 2.0, 40.0, 800.0])
def test_what_friction_leaves(x):
    """e^{−λh/m} and (1 − e^{−λh/m})/λ, likewise without friction."""
    decay, gain = mechanics.friction_of(0.5, 0.5, x, False)
    with mp.workdps(400):
        share = -mpmath.expm1(-mpf(x)) / mpf(x) if x else mpf(1)
        assert places(decay, mpmath.exp(-mpf(x)), mpmath.exp(-mpf(x)), float) <= 1
        assert places(gain, share, share, float) <= 3
    assert mechanics.friction_of(0.5, 0.5, x, True) == (1 - x, 1.0)
    seen = mechanics.seen_in_time(x, 0.5)
    with mp.workdps(400):
        exact = -mpmath.expm1(-mpf(x) / 2)
        assert places(seen, exact, exact, float) <= 1
    assert mechanics.seen_in_time(x, 0.0) == 1
    assert mechanics.seen(0.5, 3) == 0.875


@both
def test_size_of_a_vanishing_square(real):
    """⟨F²⟩ − ⟨F⟩² may round to below 0: the size is ε."""
    found = mechanics.size(real(1), real(1.5), real(2), real(1e-3))
    assert type(found) is real and found == real(1e-3)


# ---- random numbers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0,) * 4, (0,) * 2, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_words_of_its_authors(counter, key, words):
    """The known answers of Salmon et al.'s own distribution for Philox 4x32-10."""
    assert philox.philox(*map(np.uint64, counter + key)) == words


def test_below_is_the_floor_of_a_product():
    for high, low, bound in [(0, 0, 7), (2**32 - 1, 2**32 - 1, 10), (2**31, 12345, 2**20 + 3)]:
        exact = (high * 2**32 + low) * bound >> 64
        assert philox.below(np.uint64(high), np.uint64(low), bound) == exact


def test_two_normals_are_those_of_box_and_muller():
    """√(−2 log p)·(cos, sin) of two numbers of 53 bits, to the last places."""
    mask = 2**32 - 1
    for block, iteration, seed in [(0, 0, 0), (3, 2**33 + 5, 17), (123456, 8, 2**40 + 1)]:
        w = philox.philox(
            *map(np.uint64, (block, iteration & mask, iteration >> 32, 5, seed & mask, seed >> 32))
        )
        p, q = ((int(w[i]) << 32 | int(w[i + 1])) >> 11 for i in (0, 2))
        with mp.workdps(50):
            radius = mpmath.sqrt(-2 * mpmath.log(mpf(p + 1) / 2**53))
            angle = 2 * mpmath.pi * mpf(q) / 2**53
            exact = radius * mpmath.cos(angle), radius * mpmath.sin(angle)
            for found, value in zip(philox.two_normals(block, iteration, seed), exact):
                assert places(found, value, radius * (1 + angle), float) <= LAST_PLACES
