"""The scalar room's complex activations as plain Python, on (re, im), against mpmath.

An error counts in units in the last place of what one last place of x or y changes, or of the exact
number where that is more.
"""

import mp as digits
import mpmath
import numpy as np
import pytest
from complex_twin import PAIRS
from exact_scalars import LAST_PLACES, composed, places
from mpmath import mp, mpc, mpf
from twins import uniforms

from flownet.kernels.scalar import pair, pair_series

both = pytest.mark.parametrize("real", [np.float64, np.float32], ids=lambda kind: kind.__name__)

HOLOMORPHIC = {  # f, f′ and f″
    "tanh": (
        mpmath.tanh,
        lambda z: mpmath.sech(z) ** 2,
        lambda z: -2 * mpmath.tanh(z) * mpmath.sech(z) ** 2,
    ),
    "sin": (mpmath.sin, mpmath.cos, lambda z: -mpmath.sin(z)),
    "cayley": (
        lambda z: (z - 1j) / (z + 1j),
        lambda z: 2j / (z + 1j) ** 2,
        lambda z: -4j / (z + 1j) ** 3,
    ),
}

PARTS = [0.0, 1e-30, 1e-3, 0.3, 0.7853981633974483, 1.0, 1.5707963267948966, 2.0, 5, 15, 40, 100]
FAR = [300, 372, 400]


def plane(real, parts=PARTS):
    """Points of the plane, poles left out."""
    axis = np.array([*parts, *np.negative(parts)], real)
    return [(x, y) for x in axis for y in axis if (x, y) != (0, -1)]


def within(found, exact, changed, z, real):
    """Each part of a complex number; `changed` is its derivative."""
    assert {type(one) for one in found} == {real}
    if max(abs(exact), abs(z * changed)) > np.finfo(real).max:
        return
    for one, part in zip(found, (mpmath.re, mpmath.im)):
        scale = max(abs(part(exact)), abs(z.real * part(changed)), abs(z.imag * part(1j * changed)))
        assert places(one, part(exact), scale, real) <= LAST_PLACES, z


@pytest.mark.parametrize("name", HOLOMORPHIC)
@both
def test_holomorphic_ones(name, real):
    """f and f′ over the plane, poles' neighbours and saturation included."""
    f, slope, curvature = HOLOMORPHIC[name]
    points = plane(real) + [(real(x), real(y)) for x in FAR for y in (0.3, -2)]
    for x, y in points + [(-x, y) for x, y in points[-6:]]:
        with mp.workdps(400), np.errstate(over="ignore", invalid="ignore"):
            z = mpc(float(x), float(y))
            found = getattr(pair, name)(x, y)
            within(found[:2], f(z), slope(z), z, real)
            within(found[2:], slope(z), curvature(z), z, real)


@both
def test_tanh_far_out(real):
    """±1 and a slope of 0 at ±inf; nan where the angle is not known."""
    for x in (np.inf, 1e4):
        for sign in (-1, 1):
            found = pair.tanh(real(sign * x), real(1))
            np.testing.assert_allclose(found[0], sign, rtol=2 * np.finfo(real).eps)
            assert found[1:] == (0, 0, 0)
    assert np.isnan(pair.tanh(real(1), real(np.inf))[0])
    assert np.isnan(pair.tanh(real(np.nan), real(1))[0])


# ---- those of r and θ -----------------------------------------------------------------------

FORWARD = {"cardioid": pair.cardioid, "modrelu": pair.modrelu, "abs": pair.modulus}
BACKWARD = {"cardioid": pair.pull_cardioid, "modrelu": pair.pull_modrelu, "abs": pair.pull_modulus}
TURNED = [(1, 0), (0.6, 0.8), (-0.3, 0.9), (-1, 1e-3), (-1, 1e-6), (-1, -1e-9), (2, -3), (-5, -4)]


def partial(name, part, point, orders):
    """A partial derivative of the real or imaginary part of f(x, y, b); no part, no change."""
    if part and name == "abs":
        return mpf(0)
    return mpmath.diff(lambda x, y, b: PAIRS[name](x, y, b)[part], point, orders)


def expected(name, part, point, orders):
    """The derivative, and what last places of x, y and b change of it."""
    exact = partial(name, part, point, orders)
    scale = abs(exact)
    for i, size in enumerate(point):
        more = tuple(n + (i == j) for j, n in enumerate(orders))
        scale = max(scale, abs(size * partial(name, part, point, more)))
    return exact, scale


@pytest.mark.parametrize("name", FORWARD)
@both
def test_value_and_pullback(name, real):
    """f and each entry of its Jacobian; near the negative axis 1 + cos θ is small."""
    for x, y in np.array(TURNED, real):
        for b in np.array([0.25, -0.5] if name == "modrelu" else [0], real):
            bias = (b,) if name == "modrelu" else ()
            with mp.workdps(60):
                point = tuple(mpf(float(v)) for v in (x, y, b))
                value = FORWARD[name](x, y, *bias)
                for part in (0, 1):
                    exact, scale = expected(name, part, point, (0, 0, 0))
                    assert type(value[part]) is real
                    assert places(value[part], exact, scale, real) <= LAST_PLACES, (x, y)
                    pulled = BACKWARD[name](x, y, *bias, real(1 - part), real(part))
                    for at, one in enumerate(pulled):
                        orders = tuple(int(i == at) for i in range(3))
                        exact, scale = expected(name, part, point, orders)
                        assert places(one, exact, scale, real) <= LAST_PLACES, (x, y, at)


@pytest.mark.parametrize("name", FORWARD)
@both
def test_no_size_is_too_small_or_too_large(name, real):
    """f(2ⁿz) = 2ⁿf(z) and the same pullback, to the bit, where |z|² would overflow or vanish."""
    info = np.finfo(real)
    for n in (
        info.minexp + info.nmant + 3,
        info.minexp // 2 - 9,
        info.maxexp // 2,
        info.maxexp - 5,
    ):
        scale = real(2.0**n)
        for x, y in np.array([(1, 0), (0.6, 0.8), (-0.3, 0.9), (2, -3), (-5, -4)], real):
            bias, more = ((real(0.25),), (real(0.25) * scale,)) if name == "modrelu" else ((), ())
            value = np.array(FORWARD[name](x, y, *bias))
            np.testing.assert_array_equal(FORWARD[name](scale * x, scale * y, *more), scale * value)
            g = real(0.7), real(-1.2)
            assert BACKWARD[name](scale * x, scale * y, *more, *g) == BACKWARD[name](
                x, y, *bias, *g
            )


@both
def test_at_the_origin(real):
    """z = 0 gives 0, of either sign, and no pullback that is not a number."""
    for zero in (real(0), real(-0.0)):
        for name, body in FORWARD.items():
            bias = (real(0.5),) if name == "modrelu" else ()
            assert body(zero, zero, *bias) == (0, 0)
            assert np.isfinite(BACKWARD[name](zero, zero, *bias, real(1), real(1))).all()


@both
def test_what_is_not_a_number_stays(real):
    """A run that diverges is found by its nan."""
    nan, one = real(np.nan), real(1)
    for x, y in ((nan, one), (one, nan), (nan, nan)):
        for body in (pair.zrelu, pair.cardioid, pair.modulus, pair.square, pair.tanh, pair.sin):
            assert np.isnan(body(x, y)).any(), body.__name__
        assert np.isnan(pair.cayley(x, y)).any()
        assert np.isnan(pair.modrelu(x, y, one)).any()


@both
def test_the_exact_ones(real):
    """zReLU passes z or nothing; |z|² and its pullback are products."""
    for x, y, gx, gy in uniforms(3, 40, low=-2, high=2).astype(real).reshape(-1, 4):
        on = x > 0 and y > 0
        assert pair.zrelu(x, y) == ((x, y) if on else (0, 0))
        assert pair.pull_zrelu(x, y, gx, gy) == ((gx, gy) if on else (0, 0))
        assert pair.square(x, y) == (x * x + y * y, 0)
        assert pair.pull_square(x, y, gx, gy) == (2 * gx * x, 2 * gx * y)


# ---- series ---------------------------------------------------------------------------------


def _polar(x, y):
    r = mpmath.sqrt(x * x + y * y)
    return r, x / r, y / r


def _cardioid_slopes(x, y, b):
    _, c, s = _polar(x, y)
    return (1 + c) / 2, s / 4, c * s * s / 2, -(c * c - s * s) * s / 4


def _modrelu_slopes(x, y, b):
    r, c, s = _polar(x, y)
    half = b / (2 * r)
    return 1 + half, mpf(0), -half * (c * c - s * s), -2 * half * c * s


def _tanh_slopes(x, y, b):
    wide = 1 + mpmath.cosh(2 * x) * mpmath.cos(2 * y)
    tall = mpmath.sinh(2 * x) * mpmath.sin(2 * y)
    norm = wide * wide + tall * tall
    return 2 * wide / norm, -2 * tall / norm, mpf(0), mpf(0)


def _sin_slopes(x, y, b):
    return mpmath.cos(x) * mpmath.cosh(y), -mpmath.sin(x) * mpmath.sinh(y), mpf(0), mpf(0)


def _cayley_slopes(x, y, b):
    up, norm = y + 1, (x * x + (y + 1) ** 2) ** 2
    return 4 * x * up / norm, 2 * (x * x - up * up) / norm, mpf(0), mpf(0)


def _abs_slopes(x, y, b):
    _, c, s = _polar(x, y)
    return c / 2, -s / 2, c / 2, s / 2


CODES = {  # and Re ∂f, Im ∂f, Re ∂̄f, Im ∂̄f, continued to complex x and y
    "cardioid": (pair.CARDIOID, _cardioid_slopes),
    "modrelu": (pair.MODRELU, _modrelu_slopes),
    "zrelu": (pair.ZRELU, lambda x, y, b: (mpf(1), mpf(0), mpf(0), mpf(0))),
    "tanh": (pair.TANH, _tanh_slopes),
    "sin": (pair.SIN, _sin_slopes),
    "cayley": (pair.CAYLEY, _cayley_slopes),
    "abs": (pair.ABS, _abs_slopes),
    "abs2": (pair.ABS2, lambda x, y, b: (x, -y, x, y)),
}
STARTS = [0.6 + 0.8j, 1.3 - 0.4j, 0.2 + 0.1j, -0.9 + 0.5j, 2.5 + 3j, 6 + 0.7j, 20 - 1j]
STEPS = [(1, 0.3j, -0.2, 0.1), (-0.3 + 0.4j, 0, 0, 0)]
SLOPE, BIAS = 0.15, 0.4  # b + s·b₁
ROWS = [row + i for row in (pair_series.F, pair_series.P, pair_series.Q) for i in (0, 1)]


def filled(code, z, scale=1.0):
    """The rows of a series, as `pair_series` leaves them."""
    S = np.zeros((pair_series.ROWS, len(z)))
    S[pair_series.Z], S[pair_series.Z + 1] = scale * z.real, scale * z.imag
    pair_series.pair_series(code, S, scale * BIAS, scale * SLOPE, len(z))
    return S


def exact_series(name, z):
    """Coefficients (orders, 6) of f, ∂f and ∂̄f, real and imaginary parts."""

    def along(s):
        x, y = (sum(mpf(float(v)) * s**k for k, v in enumerate(part)) for part in (z.real, z.imag))
        b = mpf(BIAS) + s * mpf(SLOPE)
        f = PAIRS[name](x, y, b)
        return [f[0], mpf(0) if f[1] is None else f[1], *CODES[name][1](x, y, b)]

    with mp.workdps(digits.DIGITS):
        return digits.cauchy(along, len(z) - 1)


@pytest.mark.parametrize("name", CODES)
def test_series(name):
    """f, ∂f and ∂̄f along bent lines to order 4, in units of what a last place of z₀ changes.

    Of a function that varies over a length ℓ it changes order k by (k + 1)/ℓᵏ times the slope.
    """
    for start in STARTS:
        if name == "zrelu" and min(start.real, start.imag) <= 0:
            continue
        for steps in STEPS:
            z = np.array([start, *steps])
            found, exact = filled(CODES[name][0], z)[ROWS].T, exact_series(name, z)
            length = min(1, abs(start), abs(start + 1j))
            grow = composed([(k + 1) * length**-k for k in range(len(z))], list(map(abs, z)))
            moduli = [[mpmath.hypot(*row[i : i + 2]) for i in (0, 2, 4)] for row in exact]
            slope = max(max(row[1:]) / g for row, g in zip(moduli, grow))
            for k, row in enumerate(found):
                value = slope * length * grow[k] if k else max(moduli[0][0], slope * abs(start))
                scales = [value] * 2 + [slope * grow[k]] * 4
                for one, truth, scale in zip(row, exact[k], scales):
                    assert places(one, truth, scale, float) <= LAST_PLACES, (start, k)


@pytest.mark.parametrize("name", ["cardioid", "modrelu", "abs"])
@pytest.mark.parametrize("n", [-900, -600, 600, 900])
def test_series_of_small_and_large_numbers(name, n):
    """f(2ⁿz) = 2ⁿf(z), with the same ∂f and ∂̄f, to the bit."""
    z = np.array([-0.3 + 0.9j, 1, 0.3j])
    plain, scaled = filled(CODES[name][0], z), filled(CODES[name][0], z, 2.0**n)
    for row in range(pair_series.Z, pair_series.P):
        np.testing.assert_array_equal(scaled[row], 2.0**n * plain[row])
    for row in range(pair_series.P, pair_series.W2 + 2):
        np.testing.assert_array_equal(scaled[row], plain[row])
