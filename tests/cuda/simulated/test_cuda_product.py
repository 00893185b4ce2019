"""Products and sums of the device, in the simulator, against NumPy's."""

import numpy as np
import pytest
from tolerance import close

from flownet.kernels.cuda.base import mirror
from flownet.kernels.cuda.base.product import Part, columns, parts_of, product, pull_product
from flownet.kernels.cuda.base.sums import PARTS, collect, pairing, parts_of_units, total, unit_sums

pytestmark = pytest.mark.simulator

#: samples, inputs, outputs: edges of tiles, and rows that begin at multiples of four or not
SHAPES = [(1, 1, 1), (5, 3, 2), (9, 8, 12), (17, 4, 8), (4, 9, 7)]
BEFORE = 4  # numbers of a buffer in front of a matrix


def _matrices(shape, dtype):
    m, n_in, n_out = shape
    rng = np.random.default_rng(7)
    sizes = ((m, n_in), (n_out, n_in), (m, n_out), (n_out,), (m, n_in))
    return [rng.normal(size=size).astype(dtype) for size in sizes]


def _host(array, shape, at=0):
    out = np.empty(at + int(np.prod(shape)), array.dtype)
    mirror.fetch(array, out)
    return out[at:].reshape(shape)


def _weights(w, b):
    return mirror.fresh(np.concatenate([np.full(BEFORE, 9, w.dtype), w.ravel(), b]))


@pytest.mark.parametrize("shape", SHAPES)
def test_product_with_its_epilogue(shape, dtype):
    """Y = X·Wᵀ + b, added to what was there, and tanh with its slope."""
    m, n_in, n_out = shape
    x, w, y, b, _ = _matrices(shape, dtype)
    W, X = Part(_weights(w, b), BEFORE), mirror.fresh(x)
    z = np.float64(x) @ w.T + b
    out, slope = mirror.fresh(y), mirror.zeros(m * n_out, dtype)
    product(out, X, W, m, n_in, n_out, add=True)
    close(_host(out, y.shape), z - b + y, dtype)
    product(out, X, W, m, n_in, n_out, bias=BEFORE + w.size, activation=1, slope=slope)
    close(_host(out, y.shape), np.tanh(z), dtype)
    close(_host(slope, y.shape), 1 / np.cosh(z) ** 2, dtype)


@pytest.mark.parametrize("shape", SHAPES)
def test_pull_product(shape, dtype):
    m, n_in, n_out = shape
    _, w, g, b, slope = _matrices(shape, dtype)
    gx, G, W = mirror.fresh(slope), mirror.fresh(g), Part(_weights(w, b), BEFORE)
    pull_product(gx, G, W, m, n_in, n_out, times=True)
    close(_host(gx, slope.shape), (np.float64(g) @ w) * slope, dtype)
    pull_product(gx, G, W, m, n_in, n_out)
    close(_host(gx, slope.shape), np.float64(g) @ w, dtype)


@pytest.mark.parametrize("shape", SHAPES)
def test_covectors_in_parts(shape, dtype):
    """Whole, and split over the samples with the parts collected in order."""
    m, n_in, n_out = shape
    x, w, g, _, _ = _matrices(shape, dtype)
    expected = np.float64(g).T @ x
    X, G, dw = mirror.fresh(x), mirror.fresh(g), mirror.fresh(w)
    columns(dw, G, X, m, n_in, n_out, add=True)
    close(_host(dw, w.shape), expected + w, dtype)
    parts = parts_of(dtype, m, n_in, n_out)
    count, size = parts[1], w.size
    assert count > 1 or m < 16
    room = mirror.empty(count * size, dtype)
    columns(room, G, X, m, n_in, n_out, parts=parts)
    table = mirror.fresh(np.array([0, size, count, 0, size]))
    collect(dw, room, table, 1, size)
    close(_host(dw, w.shape), expected, dtype)
    collect(dw, room, table, 1, size, add=True)
    close(_host(dw, w.shape), 2 * expected, dtype)


def test_sums_of_units(dtype):
    """Σ_s G_s of two layers in one buffer that has room for more rows."""
    capacity, rows, sizes = 12, 11, np.array([2, 3, 4])
    units = np.array([0, 3, 7])
    rng = np.random.default_rng(3)
    g = rng.normal(size=capacity * 7).astype(dtype)
    count, _ = parts_of_units(rows)
    assert count > 1
    room = mirror.zeros(1 + count * 7, dtype)
    unit_sums(
        room, 1, mirror.fresh(g), mirror.fresh(units), mirror.fresh(sizes), capacity, rows, 7, 2
    )
    found = _host(room, (count, 7), at=1).sum(axis=0)
    layers = g[: rows * 3].reshape(rows, 3), g[capacity * 3 :][: rows * 4].reshape(rows, 4)
    close(found, np.concatenate([np.float64(layer).sum(axis=0) for layer in layers]), dtype)


def test_long_sums(dtype):
    a, b = np.random.default_rng(1).normal(size=(2, 37)).astype(dtype)
    out, parts = mirror.zeros(3, float), mirror.empty(PARTS, float)
    pairing(out, 1, parts, mirror.fresh(a), mirror.fresh(b), 37)
    total(out, 2, mirror.fresh(np.float64(a)), 37, 0.5)
    close(_host(out, (3,)), [0, np.float64(a) @ b, np.float64(a).sum() / 2])


def test_kept_copies_go_with_their_arrays():
    """A copy serves as long as its array lives, and no array gets that of another one."""
    array = np.arange(3.0)
    assert mirror.mirror(array) is mirror.mirror(array)
    key = next(k for k, (ref, _) in mirror._kept.items() if ref() is array)
    del array
    assert key not in mirror._kept
