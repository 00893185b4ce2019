"""Samples side by side: blocks in which units lie one below the other, (units, samples)."""

from ...._compile import part
from .product import panel_width
from .simd import VECTOR_BYTES, transpose_block, transpose_corner
from .views import address, bytes_of, shift

_FEW = 64  # elements, up to which one at a time is quicker


@part
def transpose(out, a, rows, cols):
    """out[c, r] ← a[r, c] for the first `rows` rows and `cols` columns of a."""
    block = panel_width(a) // 2
    whole_rows, whole_cols = rows // block * block, cols // block * block
    for c in range(0, whole_cols, block):
        for r in range(0, whole_rows, block):
            transpose_block(
                shift(address(out), c * out.shape[1] + r),
                out.shape[1],
                shift(address(a), r * a.shape[1] + c),
                a.shape[1],
            )
        for r in range(whole_rows, rows):
            for k in range(c, c + block):
                out[k, r] = a[r, k]
    for c in range(whole_cols, cols):
        for r in range(rows):
            out[c, r] = a[r, c]


@part(inline=True)
def turn(out, a, rows, cols):
    """out (cols, rows) ← Aᵀ of A (rows, cols), both from an address on."""
    if rows * cols <= _FEW:
        for r in range(rows):
            for c in range(cols):
                out[c * rows + r] = a[r * cols + c]
    else:
        _turn(out, a, rows, cols, VECTOR_BYTES // bytes_of(a))


@part
def _turn(out, a, rows, cols, block):
    for r in range(0, rows, block):
        for c in range(0, cols, block):
            high, wide = min(block, rows - r), min(block, cols - c)
            to, source = shift(out, c * rows + r), shift(a, r * cols + c)
            if high == block and wide == block:
                transpose_block(to, rows, source, cols)
            else:
                transpose_corner(to, rows, source, cols, high, wide, high)
