"""What kernels contain are the functions of the scalar room, and both give the same bits."""

import importlib
import inspect
import pkgutil
from fractions import Fraction

import numpy as np
import pytest
from numba import njit
from test_scalar import MODULES
from twins import uniforms

import flownet.kernels.cpu
from flownet._compile import _kernels, compiled
from flownet.kernels.scalar import activation, elementary, mechanics, pair, philox, series

REALS = {"float64": np.float64, "float32": np.float32}

#: what makes or helps the plain functions and is in no kernel
ONLY_PYTHON = {elementary._functions, elementary._rounded, series.straight}


@pytest.fixture(scope="module")
def stands():
    """Plain function -> what stands for it, with all kernels there and something compiled."""
    for module in pkgutil.walk_packages(flownet.kernels.cpu.__path__, "flownet.kernels.cpu."):
        importlib.import_module(module.name)
    njit(lambda x: x)(0.0)
    return _kernels._compiled


def bodies():
    """Every function that a module of the scalar room defines, and those made by its makers."""
    for module in MODULES:
        for _, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and function not in ONLY_PYTHON:
                yield function
    yield from (*elementary.float64, *elementary.float32, *series.BEGINNINGS)


def test_kernels_contain_these_functions(stands):
    """Each is compiled as it is, but for instructions, sin, cos and what is chosen by type."""
    from flownet.kernels.cpu.base import elementary as instructions

    stated = {
        elementary.fma: instructions.fma,
        elementary.power_of_two: instructions.power_of_two,
        elementary.sine: instructions.sine,
        elementary.cosine: instructions.cosine,
    }
    for function in bodies():
        assert function in stands, f"{function.__module__}.{function.__qualname__}"
        if function in stated:
            assert stands[function] is stated[function]
        elif function not in elementary.BY_TYPE:
            assert stands[function].py_func is function


# ---- the same bits --------------------------------------------------------------------------


def numbers(real, n, arity):
    """Arguments (n, arity): ordinary ones, then small and large ones."""
    ordinary = uniforms(11, n * arity, low=-6, high=6)
    sizes = np.exp2(uniforms(12, n * arity, low=-40, high=9)) * np.sign(uniforms(13, n * arity))
    return np.concatenate([ordinary, sizes]).astype(real).reshape(-1, arity)


def in_kernels(function):
    """The compiled function, called from Python."""
    part = compiled(function)
    return njit(lambda *args: part(*args))


def both_ways(function, rows):
    """What kernels and Python make of rows of arguments, two arrays (rows, results) of doubles."""
    kernel = in_kernels(function)
    with np.errstate(all="ignore"):
        return tuple(
            np.array([np.atleast_1d(f(*row)) for row in rows], np.float64)
            for f in (kernel, function)
        )


def named(value):
    """A function in the name of a test."""
    return value.__name__ if inspect.isfunction(value) else ""


EXACT = [
    (elementary.exp, 1),
    (elementary.expm1, 1),
    (elementary.expm1_exp, 1),
    (elementary.tanh, 1),
    (elementary.tanh_slope, 1),
    (elementary.scale_of, 2),
    (elementary.fma, 3),
    *((getattr(activation, name), 1) for name in activation.ACTIVATIONS
      if name not in ("softplus", "gelu", "sin")),
    (mechanics.kicked, 4),
    (mechanics.looked_ahead, 5),
    (mechanics.average, 4),
    (mechanics.size, 4),
    (mechanics.relaxed, 3),
    (mechanics.accelerated, 4),
    (series.begin_tanh, 1),
    (series.begin_sigmoid, 1),
    (series.begin_elu, 1),
    (pair.phase, 2),
    (pair.cardioid_factor, 2),
    (pair.modrelu, 3),
    (pair.pull_modrelu, 5),
    (pair.zrelu, 2),
    (pair.pull_zrelu, 4),
    (pair.cardioid, 2),
    (pair.pull_cardioid, 4),
    (pair.modulus, 2),
    (pair.pull_modulus, 4),
    (pair.square, 2),
    (pair.pull_square, 4),
    (pair.cayley, 2),
]  # fmt: skip


@pytest.mark.parametrize(("function", "arity"), EXACT, ids=named)
@pytest.mark.parametrize("real", REALS.values(), ids=REALS)
def test_same_bits(function, arity, real):
    """Kernels give what Python gives, to the bit."""
    found, plain = both_ways(function, numbers(real, 40, arity))
    assert found.tobytes() == plain.tobytes()


FROM_LIBM = [  # and how many last places apart: a product after it may double its one
    (elementary.sine, 1, 1),
    (elementary.cosine, 1, 1),
    (activation.softplus, 1, 1),
    (activation.sin, 1, 1),
    (activation.gelu, 1, 2),
    (series.begin_softplus, 1, 1),
    (series.begin_gelu, 1, 2),
    (pair.tanh, 2, 1),
    (pair.sin, 2, 2),
]


@pytest.mark.parametrize(("function", "arity", "places"), FROM_LIBM, ids=named)
@pytest.mark.parametrize("real", REALS.values(), ids=REALS)
def test_within_the_last_place(function, arity, places, real):
    """Where both call the system's sin, cos, log1p or erfc: one last place at most."""
    found, plain = both_ways(function, numbers(real, 40, arity))
    finite = np.isfinite(plain)
    np.testing.assert_array_equal(found[~finite], plain[~finite])
    found, plain = found[finite], plain[finite]
    assert (np.abs(found - plain) <= places * np.spacing(np.abs(plain).astype(real))).all()


def test_steps_of_time():
    """Numbers of a whole step, in float64 alone."""
    for function, rows in (
        (mechanics.seen, [(0.9, 1), (0.999, 7), (0.5, 2000)]),
        (mechanics.seen_in_time, [(2.0, 0.0), (0.1, 3.0)]),
        (mechanics.friction_of, [(0.1, 1.0, 0.5, False), (0.1, 2.0, 0.0, False),
                                 (0.3, 1.0, 0.5, True)]),
    ):  # fmt: skip
        found, plain = both_ways(function, rows)
        assert (np.abs(found - plain) <= np.spacing(np.abs(plain))).all()


def test_random_numbers():
    """Words are the same, and normal numbers to one last place."""
    words = [tuple(map(int, row)) for row in uniforms(9, 120, low=0, high=2**32).reshape(-1, 6)]
    words = [tuple(map(np.uint64, row)) for row in words]
    kernel = in_kernels(philox.philox)
    assert all(tuple(kernel(*row)) == tuple(map(int, philox.philox(*row))) for row in words)
    kernel = in_kernels(philox.below)
    for high, low, bound, *_ in words:
        assert kernel(high, low, int(bound)) == philox.below(high, low, int(bound))
    kernel = in_kernels(philox.words_of_batches)
    for block, epoch, seed, *_ in words:
        row = int(block), int(epoch) * 3, int(seed) * 5
        assert tuple(kernel(*row)) == tuple(map(int, philox.words_of_batches(*row)))
    rows = [(int(a), int(b) * 3, int(c) * 5) for a, b, c, *_ in words]
    found, plain = both_ways(philox.two_normals, rows)
    assert (np.abs(found - plain) <= np.spacing(np.abs(plain))).all()


# ---- fma and powers of two ------------------------------------------------------------------


def to_nearest(exact, real):
    """The number nearest to a fraction, the even one of two, by halving all bit patterns."""
    pattern = np.int64 if real is np.float64 else np.int32
    size, top = abs(exact), int(np.array(np.inf, real).view(pattern))

    def number(bits):
        return float(np.array(bits, pattern).view(real))

    def fraction(bits):
        return Fraction(number(bits)) if bits < top else Fraction(2) ** int(np.finfo(real).maxexp)

    below, above = 0, top  # size lies between, or beyond the top
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (middle, above) if fraction(middle) <= size else (below, middle)
    short, over = size - fraction(below), fraction(above) - size
    nearest = number(above if short > over or (short == over and below % 2) else below)
    return -nearest if exact < 0 else nearest


def triples(real):
    """Random, cancelling, subnormal and overflowing a, b and c."""
    info, n = np.finfo(real), 40
    a, b, c = uniforms(21, 3 * n, low=-2, high=2).astype(real).reshape(3, n)
    yield from zip(a, b, c)
    yield from zip(a, b, -(a * b))
    yield from zip(a, b, -(a * b) * (1 + info.eps))
    tiny = real(info.smallest_normal)
    root = real(2.0 ** (info.minexp // 2))
    yield from zip(a * root, b * root, c * tiny / 4)
    yield from zip(a * tiny, b, np.zeros(n, real))
    yield from zip(a * root * root, b * root, c * tiny / 64)
    large = real(2.0 ** (info.maxexp // 2))
    yield from zip(a * large, b * large, c * (info.max / 2))
    yield from zip(a * large, b * large, -np.sign(a * b) * info.max)
    yield info.max, real(1), info.max * info.eps / 4
    yield info.max, real(2), -info.max


@pytest.mark.parametrize("real", REALS.values(), ids=REALS)
def test_fma_rounds_once(real):
    """Against fractions, in Python and in kernels."""
    kernel = in_kernels(elementary.fma)
    with np.errstate(all="ignore"):
        for a, b, c in triples(real):
            exact = Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))
            found = elementary.fma(a, b, c)
            assert type(found) is real
            if exact:
                assert float(found) == to_nearest(exact, real), (a, b, c)
            assert np.float64(found).tobytes() == np.float64(kernel(a, b, c)).tobytes()


@pytest.mark.parametrize("real", REALS.values(), ids=REALS)
def test_fma_of_what_is_not_finite(real):
    inf, nan, one = real(np.inf), real(np.nan), real(1)
    with np.errstate(all="ignore"):
        assert elementary.fma(inf, one, one) == inf
        assert elementary.fma(one, one, -inf) == -inf
        for a, b, c in ((inf, real(0), one), (inf, one, -inf), (nan, one, one), (one, one, nan)):
            assert np.isnan(elementary.fma(a, b, c))


@pytest.mark.parametrize("real", REALS.values(), ids=REALS)
def test_powers_of_two_are_exact(real):
    """Both halves of 2^k over all k that exp asks for, and the whole of normal numbers."""
    power = compiled(elementary.power_of_two)
    halves, whole = njit(lambda x: (power(x, 1), power(x, 2))), njit(lambda x: power(x, 0))
    info = np.finfo(real)
    for k in range(info.minexp - info.nmant - 4, info.maxexp + info.nmant + 4):
        shifted = real(1.5 * 2.0**info.nmant + k)
        found = [elementary.power_of_two(shifted, part) for part in (1, 2)]
        assert all(type(value) is real for value in found)
        assert Fraction(float(found[0])) * Fraction(float(found[1])) == Fraction(2) ** k
        assert halves(shifted) == tuple(map(float, found))
        if info.minexp <= k < info.maxexp:
            assert elementary.power_of_two(shifted, 0) == whole(shifted) == 2.0**k
