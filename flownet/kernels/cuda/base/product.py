"""Every matrix product of the device: Y = X·Wᵀ + b, the pullback G·W, the covectors Σ_s G_s ⊗ X_s.

Matrices lie row by row in flat arrays, from a place on: `Part`, or an array from its beginning.
By flownet's own tiles, or by cuBLAS where the device was named so.
"""

from collections import namedtuple

from . import cublas
from .tile import grid_of, is_wide, split, tile_for
from .tiled import AS_COLUMNS, AS_PULLED, AS_ROWS, PLAIN, TIMES, tiled

#: a flat array of the device, from a place on
Part = namedtuple("Part", "array at")


def _part(what):
    return what if isinstance(what, Part) else Part(what, 0)


def product(y, x, w, rows, n_in, n_out, *, bias=-1, add=False, activation=PLAIN, slope=None):
    """Y (rows, n_out) ← X·Wᵀ + b for X (rows, n_in) and W (n_out, n_in).

    Parameters
    ----------
    y, x, w, slope : Part or flat array
    bias : int
        Where b begins in the array of W; −1 for none.
    add : bool
        Whether it is added to what is in Y.
    activation : int
        Code of an activation of real units: Y ← φ(Y), and φ′ goes to `slope`, of the same shape.
    """
    y, x, w, slope = _part(y), _part(x), _part(w), _part(y if slope is None else slope)
    if cublas.is_named():
        shape, ends = (rows, n_out, n_in), {"bias": bias, "slope": slope, "end": activation}
        cublas.multiply(AS_ROWS, y, x, w, shape, add=add, **ends)
        return
    wide = is_wide(n_in, n_out, y.at, x.at, w.at, slope.at)
    tile = tile_for(y.array.dtype, rows, n_out)
    tiled(
        grid_of(tile, rows, n_out),
        *y,
        *x,
        *w,
        bias,
        *slope,
        *(rows, n_out, n_in, n_in, 0, add),
        variant=(AS_ROWS, tile, wide, activation),
    )


def pull_product(gx, gy, w, rows, n_in, n_out, *, add=False, times=False):
    """GX (rows, n_in) ← GY·W for GY (rows, n_out) and W (n_out, n_in).

    With `add` it is added to what is in GX; with `times` multiplied by it, number by number, as
    slopes of the layer below that lie there want it.
    """
    gx, gy, w = _part(gx), _part(gy), _part(w)
    end = TIMES if times else PLAIN
    if cublas.is_named():
        cublas.multiply(AS_PULLED, gx, gy, w, (rows, n_in, n_out), add=add, end=end)
        return
    wide = is_wide(n_in, n_out, gx.at, gy.at, w.at)
    tile = tile_for(gx.array.dtype, rows, n_in)
    tiled(
        grid_of(tile, rows, n_in),
        *gx,
        *gy,
        *w,
        -1,
        *gx,
        *(rows, n_in, n_out, n_out, 0, add),
        variant=(AS_PULLED, tile, wide, end),
    )


def parts_of(dtype, rows, n_in, n_out):
    """Tile of a sum over samples, in how many parts it is split, and samples of each."""
    if cublas.is_named():  # which splits by itself
        return tile_for(dtype, n_out, n_in), 1, rows
    return split(dtype, n_out, n_in, rows)


def columns(dw, g, x, rows, n_in, n_out, *, add=False, parts=None):
    """dW (n_out, n_in) ← Σ_s G_s ⊗ X_s for G (rows, n_out) and X (rows, n_in).

    With `parts` from `parts_of`, more than one, each part of the sum goes to a matrix of its own,
    one behind the other from `dw` on: `sums.collect` adds them in order.
    """
    dw, g, x = _part(dw), _part(g), _part(x)
    if cublas.is_named():
        cublas.multiply(AS_COLUMNS, dw, g, x, (n_out, n_in, rows), add=add)
        return
    tile, count, chunk = parts or (tile_for(dw.array.dtype, n_out, n_in), 1, rows)
    wide = is_wide(n_in, n_out, dw.at, g.at, x.at)
    tiled(
        grid_of(tile, n_out, n_in, count),
        *dw,
        *g,
        *x,
        -1,
        *dw,
        *(n_out, n_in, rows, chunk, n_out * n_in, add),
        variant=(AS_COLUMNS, tile, wide, PLAIN),
    )
