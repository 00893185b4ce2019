"""Every matrix product: C = D + A·B, C = D + Aᵀ·B, and C = D + A·Wᵀ with W packed beforehand.

Matrices are row-major. B is cut into panels two vectors wide and `DEPTH` rows deep, which stay in
the first-level cache while tiles of eight rows of A pass over them. Each element of C is summed
over the depth in one order whatever the number of rows: a batch cut into shards gives the bits of
the whole batch.
"""

from ...._compile import part, separate
from .simd import VECTOR_BYTES, copy_row, stack, tile, transpose_block, transpose_corner
from .views import address, shift

DEPTH = 256
_PANEL_BYTES = 2 * VECTOR_BYTES
_TALLEST = 8 if VECTOR_BYTES == 64 else 4  # rows: 2 x 8 sums fit 32 registers, 2 x 4 fit 16
_WORTH_PACKING = 1 << 14  # elements of B from which a packed copy beats rows far apart
_FEW_ROWS = 16  # with fewer rows of A a packed panel is not used often enough

_panel_copy = stack(DEPTH * _PANEL_BYTES // 4)  # fits a float32 panel; float64 needs half of it


def _strip(vectors, whole, column):
    """Kernel of one panel: the rows of A, as many at a time as the registers hold."""
    tallest, four, two, one = (tile(rows, vectors, whole, column) for rows in (_TALLEST, 4, 2, 1))

    @part
    def strip(c, c_row, d, d_row, a, a_row, a_col, b, b_row, rows, depth, columns, sums):
        i = 0
        while i + _TALLEST <= rows:
            tallest(i, c, c_row, d, d_row, a, a_row, a_col, b, b_row, depth, columns, sums)
            i += _TALLEST
        if i + 4 <= rows:
            four(i, c, c_row, d, d_row, a, a_row, a_col, b, b_row, depth, columns, sums)
            i += 4
        if i + 2 <= rows:
            two(i, c, c_row, d, d_row, a, a_row, a_col, b, b_row, depth, columns, sums)
            i += 2
        if i < rows:
            one(i, c, c_row, d, d_row, a, a_row, a_col, b, b_row, depth, columns, sums)

    return strip


def _panel(name, column):
    whole, two, one = (_strip(*kind, column) for kind in ((2, True), (2, False), (1, False)))

    def panel(c, c_row, d, d_row, a, a_row, a_col, b, b_row, rows, depth, columns, width, sums):
        if columns == width:
            whole(c, c_row, d, d_row, a, a_row, a_col, b, b_row, rows, depth, columns, sums)
        elif 2 * columns > width:
            two(c, c_row, d, d_row, a, a_row, a_col, b, b_row, rows, depth, columns, sums)
        else:
            one(c, c_row, d, d_row, a, a_row, a_col, b, b_row, rows, depth, columns, sums)

    return separate(panel, name)  # a dozen loops full of vectors, in machine code once


#: C = D + A·B for the columns of one panel, at most `width` of them. Where `sums` is a pointer, not
#: None, Σ_k a_ik goes there too. D is a matrix, or a column that stands for all columns
panel = _panel("panel", column=False)
panel_from_column = _panel("panel_from_column", column=True)


@separate
def _multiply(c, c_row, d, d_row, a, a_row, a_col, b, b_row, rows, depth, cols, width):
    """C = D + A·B for `cols` columns of C and B, B row-major, A with any strides."""
    scratch = _panel_copy(b)
    packing = depth * b_row >= _WORTH_PACKING and rows >= _FEW_ROWS
    for k in range(0, depth, DEPTH):
        deep = min(DEPTH, depth - k)
        a_k = shift(a, k * a_col)
        for j in range(0, cols, width):
            columns = min(width, cols - j)
            b_kj = shift(b, k * b_row + j)
            c_j = shift(c, j)
            d_j, row = (shift(d, j), d_row) if k == 0 else (c_j, c_row)
            source, source_row = b_kj, b_row
            if packing:
                for q in range(deep):
                    copy_row(shift(scratch, q * width), shift(b_kj, q * b_row), columns)
                source, source_row = scratch, width
            panel(
                c_j, c_row, d_j, row, a_k, a_row, a_col, source, source_row, rows, deep, columns,
                width, None,
            )  # fmt: skip


@part
def panel_width(array):
    """Columns of one panel: two vectors of the array's dtype."""
    return _PANEL_BYTES // array.itemsize


@part
def panels(cols, array):
    """How many panels `cols` columns fill."""
    width = panel_width(array)
    return (cols + width - 1) // width


@part
def product(c, d, d_row, a, b):
    """C (m, n) = D + A·B with A (m, k or more), B (k, n); D, a pointer, has rows `d_row` apart."""
    cols = b.shape[1]
    _multiply(
        address(c),
        cols,
        d,
        d_row,
        address(a),
        a.shape[1],
        1,
        address(b),
        cols,
        a.shape[0],
        b.shape[0],
        cols,
        panel_width(b),
    )


# The two products of the pullback conjugate B (physics: G_X = G·W̄, G_W = Gᵀ·x̄). Of a real number
# the conjugate is the number itself; complex tiles will take it here and nowhere else.


@part
def pull_product(c, d, d_row, g, w):
    """G_X (m, n) = D + G·W̄: the cotangent of a layer's output pulled back to its input."""
    product(c, d, d_row, g, w)


@part
def covector_product(c, d, d_row, a, b, first, last):
    """Columns `first` to `last` of G_W (m, n) = D + Gᵀ·x̄ with G = A (k, m), x = B (k, n)."""
    cols = b.shape[1]
    _multiply(
        shift(address(c), first),
        cols,
        shift(d, first),
        d_row,
        address(a),
        1,
        a.shape[1],
        shift(address(b), first),
        cols,
        a.shape[1],
        a.shape[0],
        last - first,
        panel_width(b),
    )


@part
def covector_strip(c, at, zeros, a, b, first, columns):
    """Columns of C from `at` on = those of Gᵀ·x̄ from `first` on, G = A (k, m), x = B (k, n)."""
    _multiply(
        shift(address(c), at),
        c.shape[1],
        address(zeros),
        0,
        address(a),
        1,
        a.shape[1],
        shift(address(b), first),
        b.shape[1],
        a.shape[1],
        a.shape[0],
        columns,
        panel_width(b),
    )


@separate
def pack(packed, w, first, last):
    """Panels `first` to `last` of Wᵀ, each (n_in, width), one after another, of W (n_out, n_in)."""
    n_out, n_in = w.shape
    width = panel_width(w)
    block = width // 2
    for index in range(first, last):
        target = shift(address(packed), index * width * n_in)
        for half in range(2):
            j = index * width + half * block
            lanes = min(block, n_out - j)  # beyond the last column nothing is ever read
            for k in range(0, n_in if lanes > 0 else 0, block):
                to = shift(target, k * width + half * block)
                source = shift(address(w), j * n_in + k)
                if lanes == block and k + block <= n_in:
                    transpose_block(to, width, source, n_in)
                else:
                    transpose_corner(to, width, source, n_in, lanes, min(block, n_in - k), lanes)


@separate
def pack_rows(packed, w, first, last):
    """Panels `first` to `last` of W (n_out, n_in) itself, each (n_out, width)."""
    n_out, n_in = w.shape
    width = panel_width(w)
    for index in range(first, last):
        source = shift(address(w), index * width)
        target = shift(address(packed), index * width * n_out)
        columns = min(width, n_in - index * width)
        for q in range(n_out):
            copy_row(shift(target, q * width), shift(source, q * n_in), columns)


@separate
def product_packed(c, d, d_row, a, packed):
    """C (m, n) = D + A·B with A (m, k) and panels of B (k, n): those that `pack` made of W = Bᵀ, or
    `pack_rows` of W = B."""
    rows, depth = a.shape
    cols = c.shape[1]
    width = panel_width(a)
    for k in range(0, depth, DEPTH):
        deep = min(DEPTH, depth - k)
        for j in range(0, cols, width):
            c_j = shift(address(c), j)
            d_j, row = (shift(d, j), d_row) if k == 0 else (c_j, cols)
            panel(
                c_j,
                cols,
                d_j,
                row,
                shift(address(a), k),
                depth,
                1,
                shift(address(packed), j * depth + k * width),
                width,
                rows,
                deep,
                min(width, cols - j),
                width,
                None,
            )
