"""The scalar room as plain Python: real activations and their series.

What is compared with mpmath is the function itself, not what a compiler made of it; that both are
the same is asked in `test_scalar_compiled`.
"""

import ast
import inspect
import math
from pathlib import Path

import mpmath
import naive
import numpy as np
import pytest
from exact_scalars import LAST_PLACES, ORDER, composed, conditioned, places, real_points, taylor
from mpmath import mp, mpf
from twins import uniforms

from flownet.kernels.scalar import (
    activation,
    elementary,
    loss,
    mechanics,
    pair,
    pair_series,
    philox,
    series,
)
from flownet.kernels.scalar.activation import ACTIVATIONS

KERNELS = Path(activation.__file__).parents[1]
MODULES = (activation, elementary, loss, mechanics, pair, pair_series, philox, series)
TYPES = [np.float64, np.float32]
both = pytest.mark.parametrize("real", TYPES, ids=lambda kind: kind.__name__)


# ---- plain Python ---------------------------------------------------------------------------


@pytest.mark.parametrize("room", ["scalar", "layout"])
def test_knows_no_compiler(room):
    """Neither numba nor llvmlite is imported, at the top or within a function; no decorators."""
    for path in (KERNELS / room).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in getattr(node, "names", ()) if hasattr(alias, "name")]
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] not in ("numba", "llvmlite"), path
                assert "_compile" not in name, path
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                assert not node.decorator_list, f"{path.name}: {node.name}"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.split(".")[-1])
def test_every_body_says_in_a_sentence_what_it_computes(module):
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__:
            assert (function.__doc__ or "").rstrip().endswith("."), f"{module.__name__}.{name}"


def test_codes_are_in_the_order_of_the_naive_list():
    assert ACTIVATIONS == naive.ACTIVATIONS


# ---- elementary functions -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["exp", "expm1", "tanh"])
@both
def test_elementary_functions(name, real):
    """Within 2.1 units in the last place, and of the type of the argument."""
    top = 88 if real is np.float32 else 709
    for x in np.concatenate([uniforms(1, 40, low=-top, high=top), real_points(real)]).astype(real):
        if abs(x) > top:
            continue
        with mp.workdps(50):
            exact = getattr(mpmath, name)(mpf(float(x)))
        found = getattr(elementary, name)(x)
        assert type(found) is real
        assert places(found, exact, abs(exact), real) <= 2.1, f"{name}({x!r})"


@both
def test_slope_of_tanh_far_out(real):
    """1/cosh² x within 4 units in the last place, and 0 where it is near the subnormal ones."""
    last, least = (354.1, 1e-306) if real is np.float64 else (43.6, 1e-36)
    below = [last - i / 4 for i in range(1, 9)]
    for x in map(real, [*below, *np.linspace(0, last, 60)[:-1], *uniforms(4, 40, low=0, high=5)]):
        with mp.workdps(50):
            exact = mpmath.sech(mpf(float(x))) ** 2
        assert places(elementary.tanh_slope(x)[1], exact, exact, real) <= 4, x
    assert 0 < elementary.tanh_slope(real(last - 0.01))[1] < least
    for x in (last, last + 1, 1e4, np.inf, -np.inf):
        assert elementary.tanh_slope(real(x))[1] == 0


@both
def test_python_floats_give_the_same_numbers(real):
    """A float is a double: what np.float64 gives."""
    for name in ACTIVATIONS:
        body = getattr(activation, name)
        for z in uniforms(2, 5, low=-5, high=5):
            assert body(float(z)) == body(np.float64(z))


# ---- activations ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ACTIVATIONS)
@both
def test_value_slope_curvature_and_third(name, real):
    """Each within 8 units in the last place of max(|φ⁽ᵐ⁾|, |zφ⁽ᵐ⁺¹⁾|), of the argument's type."""
    for z in real_points(real):
        c = taylor(name, z, 4)
        for m, (found, scale) in enumerate(
            zip(getattr(activation, name)(z), conditioned(c, z), strict=True)
        ):
            assert type(found) is real
            many = math.factorial(m)
            error = places(found, many * c[m], many * scale, real)
            assert error <= LAST_PLACES, f"derivative {m} at {z!r}: {error:.1f} places"


LIMITS = {  # value, slope, curvature and third at −∞ and at ∞
    "identity": ((-np.inf, 1, 0, 0), (np.inf, 1, 0, 0)),
    "tanh": ((-1, 0, 0, 0), (1, 0, 0, 0)),
    "sigmoid": ((0, 0, 0, 0), (1, 0, 0, 0)),
    "relu": ((0, 0, 0, 0), (np.inf, 1, 0, 0)),
    "leaky_relu": ((-np.inf, activation.LEAK, 0, 0), (np.inf, 1, 0, 0)),
    "elu": ((-1, 0, 0, 0), (np.inf, 1, 0, 0)),
    "softplus": ((0, 0, 0, 0), (np.inf, 1, 0, 0)),
    "gelu": ((0, 0, 0, 0), (np.inf, 1, 0, 0)),
    "sin": ((np.nan,) * 4, (np.nan,) * 4),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
@both
def test_limits(name, real):
    """At ±inf what the function tends to; φ(nan) is nan."""
    body = getattr(activation, name)
    for z, wanted in zip((-np.inf, np.inf), LIMITS[name]):
        np.testing.assert_array_equal(body(real(z)), np.array(wanted, real))
    assert np.isnan(body(real(np.nan))[0])


@pytest.mark.parametrize("name", ACTIVATIONS)
@both
def test_the_largest_numbers(name, real):
    """Derivatives are those at ±inf long before, without an overflow between."""
    body, most = getattr(activation, name), np.finfo(real).max
    for z, wanted in zip((-most, most), LIMITS[name]):
        value, *derivatives = body(real(z))
        if name != "sin":
            np.testing.assert_array_equal(derivatives, np.array(wanted[1:], real))
        assert np.isfinite(value)


# ---- series ---------------------------------------------------------------------------------


LINES = [[1, 0, 0, 0, 0, 0], [-0.7, 0.3, 0, 0, 0, 0], [0.4, -0.9, 0.6, 0.2, -0.5, 0.8]]


def series_of(name, z):
    """Coefficients (order+1,) of φ(z(s)) from those of z(s)."""
    code, z = ACTIVATIONS.index(name), z[:, None]
    a, u, p, q = (np.zeros_like(z) for _ in range(4))
    a[0], u[0], p[0], q[0] = series.BEGINNINGS[code](z[0, 0])
    for k in range(1, len(z)):
        series.order(code, z, a, u, p, q, k, 1)
    return a[:, 0]


@pytest.mark.parametrize("name", ACTIVATIONS)
@both
def test_series(name, real):
    """To order 6 along straight and bent lines, within 8 units in the last place.

    They count on the sum of what the orders of φ and of z(s) add up to, all of one sign.
    """
    for z in real_points(real)[::2]:
        c = taylor(name, z, ORDER + 1)
        for line in LINES:
            rows = np.array([z, *line], real)
            exact_line = [mpf(float(v)) for v in rows]
            exact = composed(c, exact_line)
            scale = composed(conditioned(c, z), [abs(v) for v in exact_line])
            for k, found in enumerate(series_of(name, rows)):
                error = places(found, exact[k], scale[k], real)
                assert error <= LAST_PLACES, f"order {k} at {z!r}: {error:.1f} places"
