"""Initial parameters: seeded, layer by layer, the same bits on every machine."""

import numpy as np

from ... import _random
from ..._errors import FlownetError, shown
from ..._registry import unknown

#: variance of a weight by fan-in and fan-out
_VARIANCE = {
    "lecun": lambda n_in, n_out: 1 / n_in,
    "glorot": lambda n_in, n_out: 2 / (n_in + n_out),
    "he": lambda n_in, n_out: 2 / n_in,
}
INITS = (*(f"{rule}-{law}" for rule in _VARIANCE for law in ("normal", "uniform")), "zeros")


def rule_of(init, layers):
    """An initialisation's full name, a bare rule meaning its normal law, or a list of deviations.

    Those are the standard deviations of the weights of each layer, by the normal law.
    """
    if not isinstance(init, str):
        return _deviations(init, layers)
    full = f"{init}-normal" if init in _VARIANCE else init
    if full not in INITS:
        raise FlownetError(unknown("init", init, INITS))
    return full


def _deviations(init, layers):
    try:
        numbers = [float(number) for number in init]
    except (TypeError, ValueError, OverflowError):
        numbers = []
    if len(numbers) != layers or not all(0 <= number < np.inf for number in numbers):
        raise FlownetError(
            f"init is {shown(init)}; it has to be a name, or the standard deviation of the weights "
            f"of each of {layers} layers."
        )
    return numbers


_CONJUGATE = 2**32  # streams of the conjugate's weights come after those of so many layers


def initial_weights(rule, layer, n_in, n_out, seed, is_complex=False, conjugate=False):
    """Weights (n_out, n_in) of one layer in double precision; each has a random stream of its own.

    Complex weights have the rule's variance as their E|w|² and a uniform phase: a Rayleigh modulus
    by the normal law, one uniform in the disc by the uniform law. `conjugate`: those of X̄.
    """
    if rule == "zeros":
        return np.zeros((n_out, n_in))
    if isinstance(rule, list):
        deviation, law = rule[layer], "normal"
    else:
        name, law = rule.split("-")
        deviation = np.sqrt(_VARIANCE[name](n_in, n_out))
    stream = _random.stream_key("init", layer + _CONJUGATE * conjugate)
    count = n_out * n_in
    if is_complex:
        draw = _complex(seed, stream, count, law)
    elif law == "normal":
        draw = _random.normal(seed, stream, count)
    else:
        draw = np.sqrt(3.0) * (2 * _random.uniform(seed, stream, count) - 1)
    return (deviation * draw).reshape(n_out, n_in)


def _complex(seed, stream, count, law):
    """Complex numbers (count,) with E|w|² = 1."""
    x, y = _random.normal(seed, stream, 2 * count).reshape(2, count)
    if law == "normal":
        return (x + 1j * y) / np.sqrt(2.0)
    share = _random.uniform(seed, stream + 2 * _CONJUGATE, count)
    return np.sqrt(2.0 * share / (x * x + y * y)) * (x + 1j * y)
