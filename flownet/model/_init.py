"""Initial parameters: seeded, layer by layer, the same bits on every machine."""

import numpy as np

from .. import _random
from .._errors import FlownetError
from .._kinds import unknown

#: variance of a weight by fan-in and fan-out
_VARIANCE = {
    "lecun": lambda n_in, n_out: 1 / n_in,
    "glorot": lambda n_in, n_out: 2 / (n_in + n_out),
    "he": lambda n_in, n_out: 2 / n_in,
}
INITS = tuple(f"{rule}-{law}" for rule in _VARIANCE for law in ("normal", "uniform")) + ("zeros",)


def full_name(name):
    """Name of an initialisation; a bare rule means its normal law."""
    full = f"{name}-normal" if str(name) in _VARIANCE else name
    if full not in INITS:
        raise FlownetError(unknown("init", name, INITS))
    return full


def initial_weights(name, layer, n_in, n_out, seed):
    """Weights (n_out, n_in) of one layer in float64; each layer has a random stream of its own."""
    if name == "zeros":
        return np.zeros((n_out, n_in))
    rule, law = name.split("-")
    deviation = np.sqrt(_VARIANCE[rule](n_in, n_out))
    stream = _random.stream_key("init", layer)
    if law == "normal":
        draw = _random.normal(seed, stream, n_out * n_in)
    else:
        draw = np.sqrt(3.0) * (2 * _random.uniform(seed, stream, n_out * n_in) - 1)
    return (deviation * draw).reshape(n_out, n_in)
