"""Products of members' matrices: an element is a vector, one lane of it a member's own number.

C = D + A·B element by element of the vectors. Blocks of 4×4 sums stay in registers, or of 1×8,
which keep both multipliers busy too; B's elements are vectors, or plain numbers that all members
share, such as inputs. Of a pullback C is multiplied with A·B: it holds slopes φ′, and no sum has to
wait in memory for them.
"""

from functools import cache

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ...._compile import part
from ..base.simd import Emitter
from ..base.views import shift

_INT = types.intp
_SIDE, _LONG = 4, 8  # of blocks of sums: 16 sums and 8 factors fit 32 registers


@cache
def _block(rows, cols, shared, times):
    """Intrinsic C = D + A·B for a block of `rows` × `cols` vectors, held in registers.

    Called with pointers, each followed by the distances of its rows and columns, to C, D, A, B, and
    the depth. The elements of B are numbers where it is `shared`; with `times` C ← C·(A·B), without
    D.
    """

    def codegen(context, builder, signature, args):
        c, c_row, c_col, d, d_row, d_col, a, a_row, a_col, b, b_row, b_col, depth = args
        emit = Emitter(context, builder, signature.args[0].dtype)
        cells = [(i, j) for i in range(rows) for j in range(cols)]

        def at(pointer, row, i, col, j):
            return emit.row(emit.row(pointer, row, i), col, j)

        nothing = ir.Constant(emit.vector, [0.0] * emit.width)
        start = {
            (i, j): nothing if times else emit.load(at(d, d_row, i, d_col, j)) for i, j in cells
        }
        a_rows = [emit.row(a, a_row, i) for i in range(rows)]
        b_cols = [emit.row(b, b_col, j) for j in range(cols)]
        before, loop = builder.block, builder.append_basic_block("depth")
        after = builder.append_basic_block("done")
        zero, one = ir.Constant(depth.type, 0), ir.Constant(depth.type, 1)
        builder.cbranch(builder.icmp_signed(">", depth, zero), loop, after)

        builder.position_at_end(loop)
        k = builder.phi(depth.type)
        sums = {cell: builder.phi(emit.vector) for cell in cells}
        b_k = [emit.shift(pointer, builder.mul(k, b_row)) for pointer in b_cols]
        b_k = [emit.splat(builder.load(p)) if shared else emit.load(p) for p in b_k]
        a_k = [emit.load(emit.shift(pointer, builder.mul(k, a_col))) for pointer in a_rows]
        new = {(i, j): emit.fma(a_k[i], b_k[j], sums[i, j]) for i, j in cells}
        k_next = builder.add(k, one)
        builder.cbranch(builder.icmp_signed("<", k_next, depth), loop, after)
        for phi, first, later in [(k, zero, k_next), *((sums[q], start[q], new[q]) for q in cells)]:
            phi.add_incoming(first, before)
            phi.add_incoming(later, loop)

        builder.position_at_end(after)
        for i, j in cells:
            result = builder.phi(emit.vector)
            result.add_incoming(start[i, j], before)
            result.add_incoming(new[i, j], loop)
            sums[i, j] = result
        for i, j in cells:
            place, value = at(c, c_row, i, c_col, j), sums[i, j]
            emit.store(builder.fmul(value, emit.load(place)) if times else value, place)
        return context.get_dummy_value()

    @intrinsic
    def multiply(typing, c, c_row, c_col, d, d_row, d_col, a, a_row, a_col, b, b_row, b_col, depth):
        return types.void(c, _INT, _INT, d, _INT, _INT, a, _INT, _INT, b, _INT, _INT, _INT), codegen

    return multiply


def _product(shared=False, times=False):
    """C (rows, cols) = D + A·B, in blocks; distances are in numbers, not in vectors."""
    whole, tall, long, wide, single = (
        _block(rows, cols, shared, times)
        for rows, cols in ((_SIDE, _SIDE), (_SIDE, 1), (1, _LONG), (1, _SIDE), (1, 1))
    )

    @part
    def product(
        c, c_row, c_col, d, d_row, d_col, a, a_row, a_col, b, b_row, b_col, rows, cols, depth
    ):
        i = 0
        while i < rows:
            high = _SIDE if i + _SIDE <= rows else 1
            j = 0
            while j < cols:
                broad = _SIDE if j + _SIDE <= cols else 1
                if high == 1 and j + _LONG <= cols:
                    broad = _LONG
                c_ij = shift(c, i * c_row + j * c_col)
                d_ij = shift(d, i * d_row + j * d_col)
                a_i, b_j = shift(a, i * a_row), shift(b, j * b_col)
                block = (
                    c_ij, c_row, c_col, d_ij, d_row, d_col, a_i, a_row, a_col, b_j, b_row, b_col,
                    depth,
                )  # fmt: skip
                if high == _SIDE and broad == _SIDE:
                    whole(*block)
                elif high == _SIDE:
                    tall(*block)
                elif broad == _LONG:
                    long(*block)
                elif broad == _SIDE:
                    wide(*block)
                else:
                    single(*block)
                j += broad
            i += high

    return product


product, product_with_shared, multiply_by_product = _product(), _product(True), _product(times=True)
