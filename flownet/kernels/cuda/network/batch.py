"""A mini-batch gathered on the device: its samples side by side, in the order of its epoch."""

from ...._compile._cuda import cuda
from ..base.launch import kernel, over
from ..base.mirror import mirror


@kernel("r[] r[] r[] r[] r[] r[] i8[] i8[] i8[] i8 i8 i8 i8")
def gather_rows(real):
    """Rows of x, y and weights that `order` names, from `begin[at[0]]` on."""

    def run(to_x, to_y, to_w, x, y, w, order, begin, at, n_in, n_out, rows, weighted):
        wide = n_in + n_out + 1
        for i in range(cuda.grid(1), rows * wide, cuda.gridsize(1)):
            s, j = i // wide, i % wide
            row = order[begin[at[0]] + s]
            if j < n_in:
                to_x[s * n_in + j] = x[row * n_in + j]
            elif j < n_in + n_out:
                to_y[s * n_out + j - n_in] = y[row * n_out + j - n_in]
            elif weighted != 0:
                to_w[s] = w[row]

    return run


def gather(work, data, order, begin, at, rows):
    """Samples of a mini-batch of `rows`, as `samples_of` gives those of all.

    `order`, `begin` and `at` are arrays of int64 on the device: the samples are those that `order`
    names from `begin[at[0]]` on.
    """
    n_in, n_out = data.x.shape[1], data.y.shape[1]
    weighted = data.weights.size > 0
    flat_y = work.y.reshape(work.y.size)
    gather_rows(
        over(rows * (n_in + n_out + 1)),
        *(work.x, flat_y, work.weights if weighted else work.zeros),
        *(mirror(data.x), mirror(data.y), mirror(data.weights)),
        *(order, begin, at, n_in, n_out, rows, weighted),
    )
    return work.x, work.y, work.weights if weighted else None
