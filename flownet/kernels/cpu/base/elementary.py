"""What stands in kernels for the elementary functions of `kernels.scalar`.

Single instructions, and the system's sin and cos, which give nan at ±inf by themselves.
"""

import math

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ...._compile import chosen, compiled, part, stands_for
from ...scalar import elementary as scalar


@intrinsic
def fma(typing, a, b, c):
    """a·b + c with one rounding."""

    def codegen(context, builder, signature, args):
        kind = ir.FunctionType(args[0].type, [args[0].type] * 3)
        name = f"llvm.fma.f{signature.return_type.bitwidth}"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)

    return a(a, a, a), codegen


@intrinsic
def power_of_two(typing, shifted, part):
    """2^k from k + 1.5·2^mantissa, `part` 0, or as two factors, 1 and 2."""

    def codegen(context, builder, signature, args):
        bits = signature.args[0].bitwidth
        mantissa, bias = (52, 1023) if bits == 64 else (23, 127)
        integer = ir.IntType(bits)
        offset = np.array(1.5 * 2.0**mantissa, f"f{bits // 8}").view(f"i{bits // 8}")
        k = builder.sub(builder.bitcast(args[0], integer), ir.Constant(integer, int(offset)))
        half = builder.ashr(k, ir.Constant(integer, 1))
        which = [k, half, builder.sub(k, half)][part.literal_value]
        exponent = builder.add(which, ir.Constant(integer, bias))
        scaled = builder.shl(exponent, ir.Constant(integer, mantissa))
        return builder.bitcast(scaled, args[0].type)

    if not isinstance(part, types.IntegerLiteral):
        return None
    return shifted(shifted, part), codegen


@part(inline=True)
def sine(x):
    """sin x."""
    return math.sin(x)


@part(inline=True)
def cosine(x):
    """cos x."""
    return math.cos(x)


stands_for(scalar.fma, fma)
stands_for(scalar.power_of_two, power_of_two)
stands_for(scalar.sine, sine)
stands_for(scalar.cosine, cosine)


def _by_type(place):
    wide, narrow = compiled(scalar.float64[place]), compiled(scalar.float32[place])
    return chosen(lambda x, *more: narrow if x == types.float32 else wide)


for function, place in scalar.BY_TYPE.items():
    stands_for(function, _by_type(place))

exp, expm1, tanh = (compiled(f) for f in (scalar.exp, scalar.expm1, scalar.tanh))
