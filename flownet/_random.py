"""Random numbers that are the same everywhere: counter-based words and exact arithmetic.

Every number comes from the raw words of Philox4x64-10 under the key `[seed, stream]`, its
counter starting at 1 as NumPy starts it. A stream is a purpose and a counter in one word,

    stream = purpose << 48 | counter

so that initial parameters, data and probes never share a word, and a further layer is a further
stream rather than a further stretch of the same one. The order of mini-batches is drawn by a
generator of its own, in the kernels.
Purpose 0 is left to whoever passes small streams by hand.

From words to numbers only exact steps and + - * / sqrt are used, each a NumPy operation of its
own (hence never fused). IEEE 754 rounds all of them the same way, so the results agree to the
last bit on every machine; a libm's `log` would not.
"""

import operator

import numpy as np

from ._errors import FlownetError, shown
from ._registry import unknown

PURPOSES = {"data": 1, "init": 2, "probes": 4, "box": 5, "census": 6, "posterior": 7}

_COUNTER_BITS = 48
_WORD = 2**64 - 1


def stream_key(purpose, counter=0):
    """Stream of a named purpose.

    Parameters
    ----------
    purpose : str
        One of "data", "init", "probes", "box", "census", "posterior".
    counter : int
        Which stream of that purpose: a layer, a draw, ...; 0 <= counter < 2**48.

    Returns
    -------
    int
        `purpose << 48 | counter`.

    Raises
    ------
    FlownetError
        For an unknown purpose, or a counter out of range.
    """
    if purpose not in PURPOSES:
        raise FlownetError(unknown("random stream", purpose, PURPOSES))
    counter = _index("counter", counter)
    if not 0 <= counter < 2**_COUNTER_BITS:
        raise FlownetError(f"a random stream's counter lies in 0 .. 2**48 - 1, not {counter}.")
    return PURPOSES[purpose] << _COUNTER_BITS | counter


def words(seed, stream, n):
    """First n raw 64-bit words of a stream, uint64 of shape (n,).

    Seed and stream are whole numbers, taken modulo 2**64; anything else is a FlownetError.
    """
    key = np.array([_index("seed", seed) & _WORD, _index("stream", stream) & _WORD], np.uint64)
    return np.random.Philox(key=key).random_raw(n)


def uniform(seed, stream, n):
    """n numbers uniform in [0, 1), float64 of shape (n,): the upper 53 bits of each word."""
    return (words(seed, stream, n) >> np.uint64(11)) * 2.0**-53


def normal(seed, stream, n):
    """n independent standard normal numbers, float64 of shape (n,), one for each word.

    The upper 52 bits k make p = (k + 1/2) / 2**52, exact and never 0 or 1, and the inverse
    of the normal distribution function makes x(p); |x| stays below 8.3.
    """
    p = ((words(seed, stream, n) >> np.uint64(12)) + 0.5) * 2.0**-52
    return inverse_normal(p)


def inverse_normal(p):
    """Quantile x(p) of the standard normal distribution for 0 < p < 1, any shape.

    Algorithm AS 241, PPND16 (M. J. Wichura, Applied Statistics 37, 1988, 477), good to about
    1e-16 relative.
    """
    p = np.asarray(p, np.float64)
    q = p - 0.5
    r = 0.180625 - q * q
    x = np.asarray(q * _horner(_CENTRE_TOP, r) / _horner(_CENTRE_BOTTOM, r))
    tail = np.abs(q) > 0.425
    x[tail] = np.copysign(_tail(np.minimum(p, 1 - p)[tail]), q[tail])
    return x


def _tail(p):
    """|x(p)| for p below 0.075."""
    r = np.sqrt(-_log(p))
    near, far = r - 1.6, r - 5.0
    return np.where(
        r <= 5.0,
        _horner(_NEAR_TOP, near) / _horner(_NEAR_BOTTOM, near),
        _horner(_FAR_TOP, far) / _horner(_FAR_BOTTOM, far),
    )


def _log(p):
    """Natural logarithm of p > 0: p = f 2**e and log f = 2 atanh((f - 1) / (f + 1))."""
    f, e = np.frexp(p)
    small = f < 0.7071067811865476
    f, e = np.where(small, 2 * f, f), np.where(small, e - 1, e)
    s = (f - 1) / (f + 1)  # |s| <= 0.1716, so 13 terms of the series reach the last bit
    return e * 0.6931471805599453 + 2 * s * _horner(_ATANH, s * s)


def _horner(coefficients, x):
    """Polynomial with the given coefficients, lowest order first."""
    value = np.full_like(x, coefficients[-1])
    for c in coefficients[-2::-1]:
        value = value * x + c
    return value


def _index(what, value):
    """Whole number, or the line that says it is not one."""
    try:
        return operator.index(value)
    except TypeError:
        raise FlownetError(f"{what} must be a whole number, not {shown(value)}.") from None


_ATANH = [1.0 / (2 * k + 1) for k in range(13)]

# Wichura's a_i, b_i (centre), c_i, d_i (near tail) and e_i, f_i (far tail).
_CENTRE_TOP = [
    3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
    1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
    3.3430575583588128105e4, 2.5090809287301226727e3,
]  # fmt: skip
_CENTRE_BOTTOM = [
    1.0, 4.2313330701600911252e1, 6.8718700749205790830e2,
    5.3941960214247511077e3, 2.1213794301586595867e4, 3.9307895800092710610e4,
    2.8729085735721942674e4, 5.2264952788528545610e3,
]  # fmt: skip
_NEAR_TOP = [
    1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
    3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
    2.27238449892691845833e-2, 7.74545014278341407640e-4,
]  # fmt: skip
_NEAR_BOTTOM = [
    1.0, 2.05319162663775882187e0, 1.67638483018380384940e0,
    6.89767334985100004550e-1, 1.48103976427480074590e-1, 1.51986665636164571966e-2,
    5.47593808499534494600e-4, 1.05075007164441684324e-9,
]  # fmt: skip
_FAR_TOP = [
    6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
    2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
    2.71155556874348757815e-5, 2.01033439929228813265e-7,
]  # fmt: skip
_FAR_BOTTOM = [
    1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1,
    1.48753612908506148525e-2, 7.86869131145613259100e-4, 1.84631831751005468180e-5,
    1.42151175831644588870e-7, 2.04426310338993978564e-15,
]  # fmt: skip
