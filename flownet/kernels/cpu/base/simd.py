"""Vectors of registers: copies, transpositions, and the innermost piece of every matrix product.

`tile` multiplies a few rows of A with a vector or two of B in registers. All emit LLVM instructions
directly and are cached like any kernel.
"""

from functools import cache

import llvmlite.binding as llvm
import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _features():
    """Names of what this processor can do, or the one that numba compiles for."""
    if numba.config.CPU_FEATURES is not None:
        return {name[1:] for name in numba.config.CPU_FEATURES.split(",") if name[:1] == "+"}
    return {name for name, there in llvm.get_host_cpu_features().items() if there}


#: bytes of one vector register of this processor
VECTOR_BYTES = 64 if "avx512f" in _features() else 32 if "avx2" in _features() else 16

_INT = types.intp


class Emitter:
    """LLVM instructions on vectors of one element type."""

    def __init__(self, context, builder, dtype):
        self.builder = builder
        self.scalar = context.get_value_type(dtype)
        self.bytes = dtype.bitwidth // 8
        self.width = VECTOR_BYTES // self.bytes
        self.vector = ir.VectorType(self.scalar, self.width)
        self.name = f"v{self.width}f{dtype.bitwidth}"

    def shift(self, pointer, offset):
        """Address `offset` elements further on."""
        if isinstance(offset, int):
            offset = ir.Constant(ir.IntType(64), offset)
        return self.builder.gep(pointer, [offset], inbounds=True)

    def row(self, pointer, stride, i):
        return self.shift(pointer, self.builder.mul(stride, ir.Constant(stride.type, i)))

    def splat(self, value, vector=None):
        """All lanes the same."""
        vector = vector or self.vector
        undefined = ir.Constant(vector, ir.Undefined)
        first = self.builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), self.width), [0] * self.width)
        return self.builder.shuffle_vector(first, undefined, zeros)

    def first_lanes(self, count):
        """Mask with the first `count` lanes on."""
        vector = ir.VectorType(count.type, self.width)
        index = ir.Constant(vector, list(range(self.width)))
        return self.builder.icmp_signed("<", index, self.splat(count, vector))

    def load(self, pointer, mask=None):
        pointer = self.builder.bitcast(pointer, self.vector.as_pointer())
        if mask is None:
            return self.builder.load(pointer, align=self.bytes)
        kind = ir.FunctionType(self.vector, [pointer.type, ir.IntType(32), mask.type, self.vector])
        zeros = ir.Constant(self.vector, [0.0] * self.width)
        return self._call(
            f"llvm.masked.load.{self.name}.p0",
            kind,
            [pointer, ir.Constant(ir.IntType(32), self.bytes), mask, zeros],
        )

    def store(self, value, pointer, mask=None):
        pointer = self.builder.bitcast(pointer, self.vector.as_pointer())
        if mask is None:
            self.builder.store(value, pointer, align=self.bytes)
            return
        kind = ir.FunctionType(
            ir.VoidType(), [self.vector, pointer.type, ir.IntType(32), mask.type]
        )
        self._call(
            f"llvm.masked.store.{self.name}.p0",
            kind,
            [value, pointer, ir.Constant(ir.IntType(32), self.bytes), mask],
        )

    def fma(self, a, b, c):
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        return self._call(f"llvm.fma.{self.name}", kind, [a, b, c])

    def shuffle(self, a, b, lanes):
        integers = ir.VectorType(ir.IntType(32), self.width)
        return self.builder.shuffle_vector(a, b, ir.Constant(integers, lanes))

    def _call(self, name, kind, arguments):
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, arguments)


def stack(size):
    """Intrinsic that gives a pointer to `size` elements on the stack, of its argument's type."""

    @intrinsic
    def allocate(typing, like):
        def codegen(context, builder, signature, args):
            element = context.get_data_type(like.dtype)
            with builder.goto_entry_block():  # cgutils' own helper would clear all of it
                block = builder.alloca(ir.ArrayType(element, size))
            block.align = VECTOR_BYTES
            return builder.bitcast(block, element.as_pointer())

        return like(like), codegen

    return allocate


@intrinsic
def copy_row(typing, target, source, columns):
    """Copy `columns` elements, at most two vectors of them, and clear the rest of two vectors."""

    def codegen(context, builder, signature, args):
        target, source, columns = args
        emit = Emitter(context, builder, signature.args[0].dtype)
        for v in range(2):
            left = builder.sub(columns, ir.Constant(columns.type, v * emit.width))
            value = emit.load(emit.shift(source, v * emit.width), emit.first_lanes(left))
            emit.store(value, emit.shift(target, v * emit.width))
        return context.get_dummy_value()

    return types.void(target, source, _INT), codegen


def _transposed(emit, v):
    """The vectors of a transposed block: swap the off-diagonal quarters of ever larger blocks."""
    width, distance = emit.width, 1
    while distance < width:
        low = [p if not p & distance else width + p - distance for p in range(width)]
        high = [p + distance if not p & distance else width + p for p in range(width)]
        for i in range(width):
            if not i & distance:
                a, b = v[i], v[i + distance]
                v[i], v[i + distance] = emit.shuffle(a, b, low), emit.shuffle(a, b, high)
        distance *= 2
    return v


@intrinsic
def transpose_block(typing, target, target_row, source, source_row):
    """Transpose one square block, as wide and as high as a vector has lanes."""

    def codegen(context, builder, signature, args):
        target, target_row, source, source_row = args
        emit = Emitter(context, builder, signature.args[0].dtype)
        v = _transposed(
            emit, [emit.load(emit.row(source, source_row, i)) for i in range(emit.width)]
        )
        for i in range(emit.width):
            emit.store(v[i], emit.row(target, target_row, i))
        return context.get_dummy_value()

    return types.void(target, _INT, source, _INT), codegen


@intrinsic
def transpose_corner(typing, target, target_row, source, source_row, rows, cols, kept):
    """Transpose the first rows and columns of a block; of each new row `kept` are written.

    What of these has no source is 0.
    """

    def codegen(context, builder, signature, args):
        target, target_row, source, source_row, rows, cols, kept = args
        emit = Emitter(context, builder, signature.args[0].dtype)
        across, along = emit.first_lanes(cols), emit.first_lanes(kept)
        off = ir.Constant(across.type, None)

        def there(i, count, mask):
            return builder.select(
                builder.icmp_signed("<", ir.Constant(count.type, i), count), mask, off
            )

        v = [
            emit.load(emit.row(source, source_row, i), there(i, rows, across))
            for i in range(emit.width)
        ]
        for i, vector in enumerate(_transposed(emit, v)):
            emit.store(vector, emit.row(target, target_row, i), there(i, cols, along))
        return context.get_dummy_value()

    return types.void(target, _INT, source, _INT, _INT, _INT, _INT), codegen


@cache
def tile(rows, vectors, whole, column=False):
    """Intrinsic C = D + A·B for `rows` rows and `vectors` vectors of columns, held in registers.

    Called as `tile(i, c, c_row, d, d_row, a, a_row, a_col, b, b_row, depth, columns, sums)` for
    rows from the i-th on, with pointers and the distances of rows and columns. D may be C
    (accumulate), a bias or zeros (`d_row = 0`); as a `column` it is one number for each row. Unless
    `whole`, only the first `columns` columns exist. Where `sums` is a pointer, not None, Σ_k a_ik
    of each row goes there: a sum beside the products costs nothing.
    """

    def codegen(context, builder, signature, args):
        begin, c, c_row, d, d_row, a, a_row, a_col, b, b_row, depth, columns, summed = args
        summing = not isinstance(signature.args[-1], types.NoneType)
        emit = Emitter(context, builder, signature.args[1].dtype)
        c, d, a = (
            emit.shift(pointer, builder.mul(row, begin))
            for pointer, row in ((c, c_row), (d, d_row), (a, a_row))
        )
        cells = [(i, v) for i in range(rows) for v in range(vectors)]
        masks = [None] * vectors
        if not whole:
            before_last = ir.Constant(columns.type, (vectors - 1) * emit.width)
            masks[-1] = emit.first_lanes(builder.sub(columns, before_last))

        def part(pointer, v):
            return emit.shift(pointer, v * emit.width)

        d_rows = [emit.row(d, d_row, i) for i in range(rows)]
        if column:
            start = {(i, v): emit.splat(builder.load(d_rows[i])) for i, v in cells}
        else:
            start = {(i, v): emit.load(part(d_rows[i], v), masks[v]) for i, v in cells}
        if summing:
            start |= {(i, None): ir.Constant(emit.vector, [0.0] * emit.width) for i in range(rows)}
        a_rows = [emit.row(a, a_row, i) for i in range(rows)]

        before = builder.block
        loop = builder.append_basic_block("depth")
        after = builder.append_basic_block("done")
        zero, one = ir.Constant(depth.type, 0), ir.Constant(depth.type, 1)
        builder.cbranch(builder.icmp_signed(">", depth, zero), loop, after)

        builder.position_at_end(loop)
        k = builder.phi(depth.type)
        sums = {cell: builder.phi(emit.vector) for cell in start}
        b_k = [
            emit.load(part(emit.shift(b, builder.mul(k, b_row)), v), masks[v])
            for v in range(vectors)
        ]
        a_k = [
            emit.splat(builder.load(emit.shift(a_rows[i], builder.mul(k, a_col))))
            for i in range(rows)
        ]
        new = {(i, v): emit.fma(a_k[i], b_k[v], sums[i, v]) for i, v in cells}
        if summing:
            new |= {(i, None): builder.fadd(sums[i, None], a_k[i]) for i in range(rows)}
        k_next = builder.add(k, one)
        builder.cbranch(builder.icmp_signed("<", k_next, depth), loop, after)
        for phi, first, later in [(k, zero, k_next), *((sums[q], start[q], new[q]) for q in start)]:
            phi.add_incoming(first, before)
            phi.add_incoming(later, loop)

        builder.position_at_end(after)
        results = {cell: builder.phi(emit.vector) for cell in start}
        for cell in start:
            results[cell].add_incoming(start[cell], before)
            results[cell].add_incoming(new[cell], loop)
        for i, v in cells:
            emit.store(results[i, v], part(emit.row(c, c_row, i), v), masks[v])
        for i in range(rows if summing else 0):
            lane = ir.Constant(ir.IntType(32), 0)
            total = builder.extract_element(results[i, None], lane)
            builder.store(total, emit.shift(summed, builder.add(begin, ir.Constant(begin.type, i))))
        return context.get_dummy_value()

    @intrinsic
    def multiply(typing, i, c, c_row, d, d_row, a, a_row, a_col, b, b_row, depth, columns, sums):
        return types.void(_INT, c, _INT, d, _INT, a, _INT, _INT, b, _INT, _INT, _INT, sums), codegen

    return multiply


@intrinsic
def lanes(typing, array):
    """How many numbers of an array a vector holds: a number that the compiler knows."""
    count = VECTOR_BYTES * 8 // array.dtype.bitwidth

    def codegen(context, builder, signature, args):
        return ir.Constant(context.get_value_type(types.intp), count)

    return types.intp(array), codegen
