"""Cases of complex networks: activations, outputs and losses, and a point of each."""

import numpy as np
import pytest

import flownet as fn

CASES = {
    "split_tanh": {"activation": "split_tanh"},
    "split_relu": {"activation": "split_relu"},
    "modrelu": {"activation": "modrelu"},
    "modrelu, widely linear": {"activation": "modrelu", "widely_linear": True, "output": "abs2"},
    "zrelu": {"activation": "zrelu", "output": "real"},
    "cardioid": {"activation": "cardioid", "output": "abs"},
    "cardioid above": {"activation": "cardioid", "output": "cardioid", "bias": False},
    "tanh": {"activation": "tanh"},
    "sin": {"activation": "sin", "widely_linear": True},
    "cayley": {"activation": "cayley", "output": "abs2"},
    "probabilities": {"activation": "cardioid", "output": "abs2", "loss": "cross-entropy"},
}
every_case = pytest.mark.parametrize("name", CASES)


def normal(random, *shape):
    """Complex numbers with E|w|² = 1."""
    return (random.normal(size=shape) + 1j * random.normal(size=shape)) / np.sqrt(2)


def made(name, sizes=(2, 2, 2), m=2, dtype="complex128"):
    """Potential, its loss in a word, W and V (D,) of a case."""
    words = {"output": "identity", **CASES[name]}
    loss = words.pop("loss", "quadratic")
    random = np.random.default_rng(sum(map(ord, name)))
    net = fn.Network(sizes, words.pop("activation"), dtype=dtype, **words)
    x, y = normal(random, m, sizes[0]), normal(random, m, sizes[-1])
    if net.reads_out:
        y = np.eye(sizes[-1])[random.integers(sizes[-1], size=m)]
    data = fn.Dataset(x, y)
    potential = fn.Potential(
        net, fn.CrossEntropy() if loss != "quadratic" else fn.Quadratic(), data
    )
    W, V = net.init(seed=1) + 0.3 * normal(random, net.size), normal(random, net.size)
    for part in net.parts(W), net.parts(V):
        for layer in part:
            if layer.gate is not None:
                layer.gate.imag = 0
    return potential, loss, W.astype(dtype), V.astype(dtype)
