"""Loops over arrays: exp, expm1, tanh to the last place or two, and the nine activations.

How near the scalar bodies are to the exact values all over is asked in `test_scalar`.
"""

import naive
import numpy as np
import pytest
from numba import njit
from tolerance import tolerance
from twins import uniforms

from flownet.kernels.cpu.base import elementary
from flownet.kernels.cpu.layers import activation as loops
from flownet.kernels.scalar.activation import ACTIVATIONS

WIDER = {"float64": np.longdouble, "float32": np.float64}
needs_wider = pytest.mark.skipif(
    np.finfo(np.longdouble).eps > 1e-18, reason="long double is no longer than double here"
)
BOTH = [pytest.param("float64", marks=needs_wider), "float32"]


def over(body):
    @njit
    def loop(x, y):
        for i in range(x.size):
            y[i] = body(x[i])

    def function(x):
        y = np.empty_like(x)
        loop(x, y)
        return y

    return function


exp, expm1, tanh = over(elementary.exp), over(elementary.expm1), over(elementary.tanh)
NAMED = {"exp": exp, "expm1": expm1, "tanh": tanh}


def arguments(name, dtype, n=200_000):
    """The whole range, evenly up to where the function overflows or saturates; small numbers."""
    info = np.finfo(dtype)
    top = np.log(np.float64(info.max)) * (1 - 1e-5) if name != "tanh" else 25.0
    least = np.float64(info.smallest_subnormal)
    bottom = {"exp": np.log(least), "expm1": -50.0, "tanh": -25.0}[name]
    small = np.exp2(uniforms(2, n, low=np.log2(least), high=0)) * np.sign(uniforms(3, n))
    return np.concatenate([uniforms(1, n, low=bottom, high=top), small]).astype(dtype)


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("dtype", BOTH)
def test_errors_stay_below_the_stated_units_in_the_last_place(name, dtype):
    """|f(x) − f̂(x)| ≤ 2.1 ulp over the whole range, subnormal numbers included."""
    x = arguments(name, dtype)
    exact = getattr(np, name)(x.astype(WIDER[dtype]))
    ulps = np.abs(NAMED[name](x) - exact) / np.spacing(np.abs(exact).astype(dtype))
    assert ulps.max() <= tolerance("ulp", dtype), f"{ulps.max():.3f} ulp at {x[ulps.argmax()]!r}"


def test_ends_of_the_range(dtype):
    """±inf, overflow and underflow give the limits, and 0 what it has to."""
    inf, most = np.inf, np.log(np.float64(np.finfo(dtype).max))
    x = np.array([inf, 1.001 * most, 0.0, -0.0, -1.1 * most - 60, -inf], dtype)
    np.testing.assert_array_equal(exp(x), [inf, inf, 1, 1, 0, 0])
    np.testing.assert_array_equal(expm1(x), [inf, inf, 0, 0, -1, -1])
    np.testing.assert_array_equal(tanh(x), [1, 1, 0, 0, -1, -1])


@pytest.mark.parametrize("name", NAMED)
def test_nan_stays_nan(name, dtype):
    """A run that diverges is found by its NaN: no function may swallow one."""
    assert np.isnan(NAMED[name](np.full(33, np.nan, dtype))).all()


def test_tanh_is_odd_to_the_bit(dtype):
    """tanh(−x) = −tanh x, the sign of 0 included."""
    x = np.append(arguments("tanh", dtype, 1000), np.zeros(1, dtype))
    np.testing.assert_array_equal(tanh(-x), -tanh(x))
    np.testing.assert_array_equal(np.signbit(tanh(-x)), ~np.signbit(tanh(x)))


@njit
def activate(code, z):
    loops.activate(code, z)


@njit
def activate_slope(code, z, slope):
    loops.activate_slope(code, z, slope)


@njit
def activate_curvature(code, z, slope, curvature):
    loops.activate_curvature(code, z, slope, curvature)


@njit
def activate_third(code, z, slope, curvature, third):
    loops.activate_third(code, z, slope, curvature, third)


def all_four(name, z):
    value, slope, curvature, third = z.copy(), *(np.empty_like(z) for _ in range(3))
    activate_third(ACTIVATIONS.index(name), value, slope, curvature, third)
    return value, slope, curvature, third


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_and_its_derivatives(name, dtype):
    """φ, φ′, φ″, φ‴ against the naive twin in float64, kinks and ±0 included."""
    z = np.concatenate(
        [
            uniforms(4, 4001, low=-8, high=8),
            uniforms(5, 501, low=-90, high=90),
            [0.0, -0.0, 1e-5, -1e-5, 1e-30, -1e-30],
        ]
    ).astype(dtype)
    for found, expected in zip(all_four(name, z), naive.activation(name, z.astype(np.float64))):
        error = np.abs(found - expected) / np.maximum(1, np.abs(expected))
        assert error.max() < tolerance("rounding", dtype), f"at {z[error.argmax()]!r}"


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_fewer_derivatives_are_the_same_bits(name, dtype):
    """Value alone, with slope, and with curvature, are what all four together give."""
    z, code = uniforms(6, 1001, low=-9, high=9).astype(dtype), ACTIVATIONS.index(name)
    expected = all_four(name, z)
    for n, kernel in enumerate((activate, activate_slope, activate_curvature), 1):
        found = [z.copy(), *(np.empty_like(z) for _ in range(n - 1))]
        kernel(code, *found)
        for mine, theirs in zip(found, expected):
            np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_extreme_arguments(name, dtype):
    """At ±1e4 and ±1e15 all four are the limits: no NaN, no overflow."""
    z = np.array([-1e15, -1e4, 1e4, 1e15], dtype)
    for found, expected in zip(all_four(name, z), naive.activation(name, z.astype(np.float64))):
        np.testing.assert_allclose(
            found, expected, rtol=tolerance("rounding", dtype), atol=tolerance("rounding", dtype)
        )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_keep_nan(name, dtype):
    """φ(NaN) is NaN, or a diverging run would look like a converging one."""
    assert np.isnan(all_four(name, np.full(17, np.nan, dtype))[0]).all()
