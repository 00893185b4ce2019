"""exp, expm1 and tanh as plain arithmetic, so that a loop over them runs in vector registers.

e^x = 2^k·e^r with k = round(x/ln 2) and |r| ≤ ln2/2; expm1(r) = r + r²q(r), with q a Chebyshev
fit of (expm1(r) − r)/r², and tanh x = (e^{2x} − 1)/(e^{2x} + 1). Errors stay below 2.1 units in the
last place over the whole range, those of 1/cosh² below 4; NaN and ±inf give what they should.
libm's versions cost ten times as much, since no loop that calls them is vectorised.

`fma` and `power_of_two` are single instructions in kernels; here they are exact arithmetic. `sine`
and `cosine` are the system's. A `reciprocal` is a plain division but on a device, where one that
rounds as it should has a branch for numbers that are not met here.
"""

import math
from fractions import Fraction

import numpy as np


def fma(a, b, c):
    """a·b + c with one rounding."""
    kind = type(a * b + c)
    if not (math.isfinite(a) and math.isfinite(b) and math.isfinite(c)):
        return a * b + c
    exact = Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))
    return kind(_rounded(exact, np.finfo(kind))) if exact else a * b + c


def _rounded(exact, info):
    """The number of a type that is nearest to a dyadic fraction, the even one of two; or ±inf."""
    bits = exact.numerator.bit_length() - exact.denominator.bit_length()  # 2^bits ≤ |exact|
    last = max(bits, info.minexp) - info.nmant  # 2^last is one in the last place
    units = round(abs(exact) / Fraction(2) ** last)
    size = math.ldexp(units, last) if units < 2 ** (info.maxexp - last) else math.inf
    return -size if exact < 0 else size


def power_of_two(shifted, part):
    """2^k of k + 1.5·2^mantissa, `part` 0; 2^⌊k/2⌋ and 2^⌈k/2⌉, 1 and 2, where k may be large."""
    if shifted != shifted:
        return shifted
    k = int(float(shifted) - 1.5 * 2.0 ** np.finfo(type(shifted)).nmant)
    half = k >> 1
    which = {0: k, 1: half, 2: k - half}[part]
    return type(shifted)(math.ldexp(1.0, which))


def _functions(real, largest, smallest, vanished, ln2_high, ln2_low, fit):
    """The functions below for one type; `fit` holds q, highest power first."""
    zero, one, two = real(0), real(1), real(2)
    magic = real(1.5 * 2.0 ** np.finfo(real).nmant)
    log2e = real(math.log2(math.e))
    minus_high, minus_low = real(-ln2_high), real(-ln2_low)
    largest, smallest = real(largest), real(smallest)
    vanished = real(vanished)  # 1/cosh² counts as 0 from here on, where 1/e^{2x} would be subnormal
    far = real(60)  # and expm1 is e^x, which may be too large for 2^k alone
    c = tuple(real(value) for value in fit)

    def horner(r):
        q = c[0]
        for i in range(1, len(c)):
            q = fma(q, r, c[i])
        return q

    def reduce(x):
        """k + magic, r, r² and q(r)."""
        shifted = fma(x, log2e, magic)
        k = shifted - magic
        r = fma(k, minus_low, fma(k, minus_high, x))
        return shifted, r, r * r, horner(r)

    def exp(x):
        x = largest if x > largest else x
        x = smallest if x < smallest else x
        shifted, r, square, q = reduce(x)
        return (one + (r + square * q)) * power_of_two(shifted, 1) * power_of_two(shifted, 2)

    def expm1_exp(x):
        x = largest if x > largest else x
        x = smallest if x < smallest else x
        shifted, r, square, q = reduce(x)
        rest = square * q
        first, second = power_of_two(shifted, 1), power_of_two(shifted, 2)
        scale = first * second
        whole = (one + (r + rest)) * first * second
        near = fma(scale, rest, fma(scale, r, scale - one))  # 2^k(1 + r + r²q) − 1
        return near if x < far else whole, whole

    def tanh_slope(x):
        magnitude = abs(x)
        magnitude = vanished if magnitude > vanished else magnitude
        shifted, r, square, q = reduce(magnitude + magnitude)
        scale = power_of_two(shifted, 0)
        e = fma(scale, fma(square, q, r), scale - one)  # e^{2x} − 1
        inverse = reciprocal(e + two)
        a = e * inverse
        a = fma(fma(-a, e, fma(-two, a, e)), inverse, a)  # e/(e + 2) of the sum before its rounding
        slope = (inverse + inverse) * (one + a)  # (1 − a)(1 + a)
        slope = zero if magnitude >= vanished else slope
        return type(x)(math.copysign(a, x)), slope

    def reciprocal(x):
        return one / x

    step = np.finfo(real).maxexp // 2
    up, down = real(2.0 ** (step + step // 2)), real(2.0 ** -(step + step // 2))
    large, small = real(2.0 ** (step - step // 8)), real(2.0 ** -(step - step // 8))

    def scale_of(x, y):
        magnitude = abs(x) if abs(x) > abs(y) else abs(y)
        scale = up if magnitude < small else one
        back = down if magnitude < small else one
        return down if magnitude > large else scale, up if magnitude > large else back

    return exp, expm1_exp, tanh_slope, scale_of, reciprocal


float64 = _functions(
    np.float64, 709.8, -746.0, 354.1, 6.93147180369123816490e-01, 1.90821492927058770002e-10,
    [2.51003854955103191e-8, 2.76200884454097482e-7, 2.75572684599970648e-6,
     2.48015212959543751e-5, 1.98412698630536169e-4, 1.38888889172137169e-3,
     8.33333333333006183e-3, 4.16666666666241279e-2, 1.66666666666666675e-1, 0.5],
)  # fmt: skip
float32 = _functions(
    np.float32, 88.8, -104.0, 43.6, 0.693145751953125, 1.42860682030941723212e-6,
    [1.39261835877134945e-3, 8.36317905272257737e-3, 4.16665546172045742e-2,
     1.66665769896987757e-1, 0.5],
)  # fmt: skip


def exp(x):
    """e^x."""
    return (float32 if isinstance(x, np.float32) else float64)[0](x)


def expm1_exp(x):
    """e^x − 1 and e^x."""
    return (float32 if isinstance(x, np.float32) else float64)[1](x)


def tanh_slope(x):
    """tanh x and its slope 1/cosh² x."""
    return (float32 if isinstance(x, np.float32) else float64)[2](x)


def scale_of(x, y):
    """2^n for which the squares of 2^n·x and 2^n·y neither overflow nor vanish, and 2^{−n}."""
    return (float32 if isinstance(x, np.float32) else float64)[3](x, y)


def reciprocal(x):
    """1/x of a number that is neither subnormal nor its inverse is."""
    return (float32 if isinstance(x, np.float32) else float64)[4](x)


#: which of the functions above are chosen by the type of their argument, and their place
BY_TYPE = {exp: 0, expm1_exp: 1, tanh_slope: 2, scale_of: 3, reciprocal: 4}


def expm1(x):
    """e^x − 1."""
    return expm1_exp(x)[0]


def tanh(x):
    """tanh x."""
    return tanh_slope(x)[0]


def sine(x):
    """sin x, and nan at ±inf, where `math` raises an error."""
    return type(x)(math.sin(x if abs(x) < math.inf else math.nan))


def cosine(x):
    """cos x, and nan at ±inf."""
    return type(x)(math.cos(x if abs(x) < math.inf else math.nan))
