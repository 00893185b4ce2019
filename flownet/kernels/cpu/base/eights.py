"""Sums of many numbers as NumPy makes them: eight sums side by side."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .simd import Emitter


@intrinsic
def sum_eights(typing, pointer, count):
    """Sum of `count` times eight numbers, one or more: eight sums side by side, then by pairs."""

    def codegen(context, builder, signature, args):
        pointer, count = args
        emit = Emitter(context, builder, signature.args[0].dtype)
        emit.width, emit.vector = 8, ir.VectorType(emit.scalar, 8)
        one, eight = ir.Constant(count.type, 1), ir.Constant(count.type, 8)
        before, loop = builder.block, builder.append_basic_block("eights")
        after = builder.append_basic_block("summed")
        first = emit.load(pointer)
        builder.cbranch(builder.icmp_signed(">", count, one), loop, after)
        builder.position_at_end(loop)
        k, total = builder.phi(count.type), builder.phi(emit.vector)
        new = builder.fadd(total, emit.load(emit.shift(pointer, builder.mul(k, eight))))
        later = builder.add(k, one)
        builder.cbranch(builder.icmp_signed("<", later, count), loop, after)
        for phi, start, step in ((k, one, later), (total, first, new)):
            phi.add_incoming(start, before)
            phi.add_incoming(step, loop)
        builder.position_at_end(after)
        whole = builder.phi(emit.vector)
        whole.add_incoming(first, before)
        whole.add_incoming(new, loop)
        sums = [builder.extract_element(whole, ir.Constant(ir.IntType(32), i)) for i in range(8)]
        while len(sums) > 1:
            sums = [builder.fadd(a, b) for a, b in zip(sums[::2], sums[1::2])]
        return sums[0]

    return pointer.dtype(pointer, types.intp), codegen
