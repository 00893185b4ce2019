"""Matrix products on every kind of edge: few rows, odd widths, depths about a panel's."""

import numpy as np
import pytest
from numba import njit
from tolerance import roundoff
from twins import uniforms

from flownet.kernels.cpu.base import product
from flownet.kernels.cpu.base.views import address

ROWS = [1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 31, 70]
COLS = [1, 3, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 61, 70]
DEPTHS = [1, 7, 16, 255, 256, 257, 600]
MARGIN = 37  # elements of NaN around every matrix, odd so that nothing is aligned


@njit
def _product(c, d, d_row, a, b):
    product.product(c, address(d), d_row, a, b)


@njit
def _covector_product(c, d, d_row, a, b, first, last):
    product.covector_product(c, address(d), d_row, a, b, first, last)


@njit
def _panels(columns, array):
    return product.panels(columns, array)


@njit
def _panel_width(array):
    return product.panel_width(array)


@njit
def _pack(packed, w, count):
    product.pack(packed, w, 0, count)


@njit
def _product_packed(c, d, d_row, a, packed):
    product.product_packed(c, address(d), d_row, a, packed)


def plain(c, d, d_row, a, b):
    """C = D + A·B."""
    _product(c, d.reshape(-1), d_row, a, b)


def transposed(c, d, d_row, a, b):
    """C = D + Aᵀ·B, handed the transposed A."""
    _covector_product(c, d.reshape(-1), d_row, amid_nan(a.T)[1], b, 0, b.shape[1])


def packed(c, d, d_row, a, b):
    """C = D + A·Wᵀ by panels, handed W = Bᵀ."""
    count = _panels(b.shape[1], b)
    panels = np.full(count * _panel_width(b) * b.shape[0], np.nan, b.dtype)
    _pack(panels, amid_nan(b.T)[1], count)
    _product_packed(c, d.reshape(-1), d_row, a, panels)


KINDS = [plain, transposed, packed]
every_kind = pytest.mark.parametrize("multiply", KINDS, ids=lambda kind: kind.__name__)


def amid_nan(matrix):
    """A whole buffer, and the contiguous copy of a matrix inside it with NaN on either side."""
    buffer = np.full(matrix.size + 2 * MARGIN, np.nan, matrix.dtype)
    inner = buffer[MARGIN:-MARGIN].reshape(matrix.shape)
    inner[:] = matrix
    return buffer, inner


def whole_numbers(seed, *shape, dtype):
    """−8 … 8: their products and sums are exact in either precision, in any order."""
    return np.round(uniforms(seed, *shape, low=-8, high=8)).astype(dtype)


@every_kind
@pytest.mark.parametrize("depth", DEPTHS)
def test_every_shape_is_exact_on_whole_numbers(multiply, depth, dtype):
    """C = bias + A·B for 168 shapes a depth, with nothing read or written beside the matrices."""
    A = whole_numbers(1, max(ROWS), depth, dtype=dtype)
    B = whole_numbers(2, depth, max(COLS), dtype=dtype)
    for m in ROWS:
        for n in COLS:
            (_, a), (_, b) = amid_nan(A[:m]), amid_nan(B[:, :n])
            bias = whole_numbers(3, n, dtype=dtype)
            buffer, c = amid_nan(np.zeros((m, n), dtype))
            multiply(c, bias, 0, a, b)
            np.testing.assert_array_equal(buffer, amid_nan(bias + a @ b)[0], f"{m} x {depth} x {n}")


@every_kind
@pytest.mark.parametrize("m, depth, n", [(1, 1, 1), (5, 257, 33), (17, 600, 61), (70, 256, 16)])
def test_accumulation(multiply, m, depth, n, dtype):
    """D may be C itself: C ← C + A·B; or another matrix."""
    a, b = whole_numbers(1, m, depth, dtype=dtype), whole_numbers(2, depth, n, dtype=dtype)
    d = whole_numbers(4, m, n, dtype=dtype)
    c = np.empty_like(d)
    multiply(c, d, n, a, b)
    np.testing.assert_array_equal(c, d + a @ b)
    multiply(c, c, n, a, b)
    np.testing.assert_array_equal(c, d + 2 * (a @ b))


@every_kind
@pytest.mark.parametrize("m, depth, n", [(3, 7, 5), (31, 257, 47), (70, 600, 70)])
def test_rounding_stays_within_its_bound(multiply, m, depth, n, dtype):
    """|C − (D + AB)| ≤ γ(|D| + |A||B|), γ = (k+1)u: one rounding for each term of the sum."""
    a, b = uniforms(1, m, depth).astype(dtype), uniforms(2, depth, n).astype(dtype)
    d = uniforms(3, m, n).astype(dtype)
    c = np.empty_like(d)
    multiply(c, d, n, a, b)
    wide = np.longdouble
    exact = d + a.astype(wide) @ b.astype(wide)
    bound = (depth + 1) * roundoff(dtype) * (np.abs(d) + np.abs(a).astype(wide) @ np.abs(b))
    assert (np.abs(c - exact) <= bound).all()


@pytest.mark.parametrize("multiply", [plain, packed], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("depth, n", [(1, 3), (64, 10), (300, 70), (600, 33)])
def test_shards_of_rows_give_the_bits_of_the_whole(multiply, depth, n, dtype):
    """Sums run over the depth in one order: the same bits, whatever the number of threads."""
    a, b = uniforms(1, 70, depth).astype(dtype), uniforms(2, depth, n).astype(dtype)
    zeros = np.zeros(n, dtype)
    whole, parts = np.empty((70, n), dtype), np.empty((70, n), dtype)
    multiply(whole, zeros, 0, a, b)
    for first, last in [(0, 1), (1, 14), (14, 16), (16, 53), (53, 70)]:
        multiply(parts[first:last], zeros, 0, a[first:last], b)
    np.testing.assert_array_equal(parts, whole)


@pytest.mark.parametrize("n", [16, 33, 70])
def test_columns_of_the_transposed_product_in_parts(n, dtype):
    """Columns first … last alone are the bits of all of them, and the others stay untouched."""
    a, b = uniforms(1, 257, 13).astype(dtype), uniforms(2, 257, n).astype(dtype)
    zeros = np.zeros(n, dtype)
    whole, parts = np.empty((13, n), dtype), np.full((13, n), np.nan, dtype)
    _covector_product(whole, zeros, 0, a, b, 0, n)
    _covector_product(parts, zeros, 0, a, b, 0, 5)
    assert np.isnan(parts[:, 5:]).all()
    _covector_product(parts, zeros, 0, a, b, 5, n)
    np.testing.assert_array_equal(parts, whole)
