"""exp, expm1 and tanh as plain arithmetic, so that a loop over them runs in vector registers.

e^x = 2^k·e^r with k = round(x/ln 2) and |r| ≤ ln2/2; expm1(r) = r + r²q(r), with q a Chebyshev
fit of (expm1(r) − r)/r², and tanh x = expm1(2x)/(expm1(2x) + 2). Errors stay below 2.1 units in the
last place over the whole range; NaN and ±inf give what they should. libm's versions cost ten times
as much, since no loop that calls them is vectorised.
"""

import math

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from ...._compile import jit


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
    """2^k from k + 1.5·2^mantissa; with `part` 1 or 2 the factors 2^(k>>1) and 2^(k−(k>>1))."""

    def codegen(context, builder, signature, args):
        bits = signature.args[0].bitwidth
        mantissa, bias = (52, 1023) if bits == 64 else (23, 127)
        integer = ir.IntType(bits)
        offset = np.array(1.5 * 2.0**mantissa, f"f{bits // 8}").view(f"i{bits // 8}")
        k = builder.sub(builder.bitcast(args[0], integer), ir.Constant(integer, int(offset)))
        half = builder.ashr(k, ir.Constant(integer, 1))
        which = {0: k, 1: half, 2: builder.sub(k, half)}[part.literal_value]
        exponent = builder.add(which, ir.Constant(integer, bias))
        scaled = builder.shl(exponent, ir.Constant(integer, mantissa))
        return builder.bitcast(scaled, args[0].type)

    if not isinstance(part, types.IntegerLiteral):
        return None
    return shifted(shifted, part), codegen


def _functions(real, largest, smallest, ln2_high, ln2_low, fit):
    """exp, expm1, tanh for one floating type; `fit` holds q's coefficients, highest first."""
    zero, half, one, two, three = real(0), real(0.5), real(1), real(2), real(3)
    magic = real(1.5 * 2.0 ** np.finfo(real).nmant)
    log2e = real(math.log2(math.e))
    minus_high, minus_low = real(-ln2_high), real(-ln2_low)
    largest, smallest = real(largest), real(smallest)
    saturated = real(22 if real is np.float64 else 10)  # tanh is 1 from here on
    lowest = real(-40 if real is np.float64 else -20)  # expm1 is −1 up to here
    far = real(60)  # and e^x from here on, where 2^k alone could overflow
    c = tuple(real(float(value)) for value in fit)

    @jit(cached=False, inline=True)
    def reduce(x):
        """k + magic, r and r²q(r)."""
        shifted = fma(x, log2e, magic)
        k = shifted - magic
        r = fma(k, minus_low, fma(k, minus_high, x))
        return shifted, r, r * r * _horner(c, r)

    @jit(cached=False, inline=True)
    def exp(x):
        x = largest if x > largest else x
        x = smallest if x < smallest else x
        shifted, r, rest = reduce(x)
        return (one + (r + rest)) * power_of_two(shifted, 1) * power_of_two(shifted, 2)

    @jit(cached=False, inline=True)
    def scaled_expm1(r, rest, scale):
        return fma(scale, rest, fma(scale, r, scale - one))  # 2^k(1 + r + r²q) − 1

    @jit(cached=False, inline=True)
    def expm1(x):
        x = largest if x > largest else x
        x = lowest if x < lowest else x
        shifted, r, rest = reduce(x)
        first, second = power_of_two(shifted, 1), power_of_two(shifted, 2)
        near = scaled_expm1(r, rest, first * second)
        return near if x < far else (one + (r + rest)) * first * second

    @jit(cached=False, inline=True)
    def tanh(x):
        magnitude = abs(x)
        magnitude = saturated if magnitude > saturated else magnitude
        shifted, r, rest = reduce(magnitude + magnitude)
        e = scaled_expm1(r, rest, power_of_two(shifted, 0))
        d = e + two
        quotient = e / d
        lost = quotient * ((d - two) - e)  # to the rounding of e + 2; and 1/d = (1 − tanh)/2
        lost = lost if magnitude < three else zero
        return math.copysign(fma(lost, half - half * quotient, quotient), x)

    return exp, expm1, tanh


@jit(cached=False, inline=True)
def _horner(c, r):
    q = c[0]
    for i in range(1, len(c)):
        q = fma(q, r, c[i])
    return q


_float64 = _functions(
    np.float64,
    709.8,
    -746.0,
    6.93147180369123816490e-01,
    1.90821492927058770002e-10,
    [
        2.51003854955103191e-8,
        2.76200884454097482e-7,
        2.75572684599970648e-6,
        2.48015212959543751e-5,
        1.98412698630536169e-4,
        1.38888889172137169e-3,
        8.33333333333006183e-3,
        4.16666666666241279e-2,
        1.66666666666666675e-1,
        0.5,
    ],
)
_float32 = _functions(
    np.float32,
    88.8,
    -104.0,
    0.693145751953125,
    1.42860682030941723212e-6,
    [
        1.39261835877134945e-3,
        8.36317905272257737e-3,
        4.16665546172045742e-2,
        1.66665769896987757e-1,
        0.5,
    ],
)


def _by_type(index):
    """Stub whose compiled form depends on the argument's floating type."""

    def stub(x):
        raise NotImplementedError("compiled code only")

    wide, narrow = _float64[index], _float32[index]

    @overload(stub, jit_options={"forceinline": True}, inline="never")
    def choose(x):
        if x == types.float32:
            return lambda x: narrow(x)
        return lambda x: wide(x)

    return stub


exp, expm1, tanh = (_by_type(index) for index in range(3))
