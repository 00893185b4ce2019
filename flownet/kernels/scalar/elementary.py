"""exp, expm1 and tanh as plain arithmetic, so that a loop over them runs in vector registers.

e^x = 2^k·e^r with k = round(x/ln 2) and |r| ≤ ln2/2; expm1(r) = r + r²q(r), with q a Chebyshev
fit of (expm1(r) − r)/r², and tanh x = (e^{2x} − 1)/(e^{2x} + 1). Errors stay below 2.1 units in the
last place over the whole range; NaN and ±inf give what they should. libm's versions cost ten times
as much, since no loop that calls them is vectorised.

`fma` and `power_of_two` are single instructions in kernels; here they are exact arithmetic.
"""

import math
from fractions import Fraction

import numpy as np


def fma(a, b, c):
    """a·b + c with one rounding."""
    rounded = a * b + c
    if not math.isfinite(rounded):
        return rounded
    exact = Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))
    return _nearest(exact, type(rounded)(float(exact))) if exact else rounded


def _nearest(exact, close):
    """The number of a type nearest to an exact one, from one that is close; even in a tie."""
    around = [
        np.nextafter(close, type(close)(-math.inf)),
        close,
        np.nextafter(close, type(close)(math.inf)),
    ]
    least = min(abs(Fraction(float(x)) - exact) for x in around)
    best = [x for x in around if abs(Fraction(float(x)) - exact) == least]
    even = [x for x in best if not math.frexp(x)[0] * 2 ** (np.finfo(type(x)).nmant + 1) % 2]
    return type(close)((even or best)[0])


def power_of_two(shifted, part):
    """2^k from k + 1.5·2^mantissa, as two factors, `part` 1 and 2; 2^(−k) as those of 3 and 4."""
    if shifted != shifted:
        return shifted
    k = int(float(shifted) - 1.5 * 2.0 ** np.finfo(type(shifted)).nmant)
    half = k >> 1
    which = {1: half, 2: k - half, 3: -half, 4: half - k}[part]
    return type(shifted)(math.ldexp(1.0, which))


def _functions(real, largest, smallest, ln2_high, ln2_low, fit):
    """exp, (expm1, exp) and (tanh, 1/cosh²) of one type; `fit` holds q, highest power first."""
    zero, one, three = real(0), real(1), real(3)
    magic = real(1.5 * 2.0 ** np.finfo(real).nmant)
    log2e = real(math.log2(math.e))
    minus_high, minus_low = real(-ln2_high), real(-ln2_low)
    largest, smallest = real(largest), real(smallest)
    vanished = real(-smallest / 2)  # 1/cosh² is 0 from here on
    far = real(60)  # and expm1 is e^x, which may be too large for 2^k alone
    c = tuple(real(value) for value in fit)

    def horner(r):
        q = c[0]
        for i in range(1, len(c)):
            q = fma(q, r, c[i])
        return q

    def reduce(x):
        """k + magic, r and r²q(r)."""
        shifted = fma(x, log2e, magic)
        k = shifted - magic
        r = fma(k, minus_low, fma(k, minus_high, x))
        return shifted, r, r * r * horner(r)

    def exp(x):
        x = largest if x > largest else x
        x = smallest if x < smallest else x
        shifted, r, rest = reduce(x)
        return (one + (r + rest)) * power_of_two(shifted, 1) * power_of_two(shifted, 2)

    def expm1_exp(x):
        x = largest if x > largest else x
        x = smallest if x < smallest else x
        shifted, r, rest = reduce(x)
        first, second = power_of_two(shifted, 1), power_of_two(shifted, 2)
        scale = first * second
        whole = (one + (r + rest)) * first * second
        near = fma(scale, rest, fma(scale, r, scale - one))  # 2^k(1 + r + r²q) − 1
        return near if x < far else whole, whole

    def tanh_slope(x):
        magnitude = abs(x)
        magnitude = vanished if magnitude > vanished else magnitude
        shifted, r, rest = reduce(magnitude + magnitude)
        first, second = power_of_two(shifted, 3), power_of_two(shifted, 4)
        t = first * second  # e^{2x} = (1 + r + r²q)/t
        e = rest + (r + (one - t))  # t(e^{2x} − 1)
        two_t = t + t
        d = e + two_t  # t(e^{2x} + 1)
        inverse = one / d
        quotient = e * inverse
        quotient = fma(fma(-quotient, d, e), inverse, quotient)  # e/d, rounded once
        lost = quotient * ((d - two_t) - e)  # to the rounding of d
        lost = lost if magnitude < three else zero
        a = fma(lost, inverse, quotient)
        slope = (inverse + inverse) * (one + a) * first * second  # (1 − a)(1 + a)
        return type(x)(math.copysign(a, x)), slope

    return exp, expm1_exp, tanh_slope


float64 = _functions(
    np.float64, 709.8, -746.0, 6.93147180369123816490e-01, 1.90821492927058770002e-10,
    [2.51003854955103191e-8, 2.76200884454097482e-7, 2.75572684599970648e-6,
     2.48015212959543751e-5, 1.98412698630536169e-4, 1.38888889172137169e-3,
     8.33333333333006183e-3, 4.16666666666241279e-2, 1.66666666666666675e-1, 0.5],
)  # fmt: skip
float32 = _functions(
    np.float32, 88.8, -104.0, 0.693145751953125, 1.42860682030941723212e-6,
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


#: which of the functions above are chosen by the type of their argument, and their place
BY_TYPE = {exp: 0, expm1_exp: 1, tanh_slope: 2}


def expm1(x):
    """e^x − 1."""
    return expm1_exp(x)[0]


def tanh(x):
    """tanh x."""
    return tanh_slope(x)[0]
