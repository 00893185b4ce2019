"""Samples side by side: blocks in which units lie one below the other, (units, samples)."""

from ...._compile import part
from .product import panel_width
from .simd import transpose_block
from .views import address, shift


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
