"""A network pass whose kinked units keep the branch they were on: relu, leaky_relu, elu.

On its branch each of these is analytic, so that the pass continues the network analytically from
W, where Taylor's series knows it.
"""

import numpy as np

from ...data._dataset import Dataset
from ...kernels.scalar.activation import LEAK
from ...model.network import Network
from ...model.potential import Potential

KINKED = ("relu", "leaky_relu", "elu")
LINEAR_PIECES = ("identity", "relu", "leaky_relu")  # polynomials stay polynomials


def has_kinks(network):
    """Whether some activation has a kink."""
    return any(name in KINKED for name in names(network))


def names(network):
    """Activation of every layer, the output's last."""
    return (*network.activation, network.output)


def branch(name, z):
    """Whether a unit at z is on the branch of large z; at the kink as the derivatives have it."""
    return z >= 0 if name == "elu" else z > 0


def on_branch(name, z, upper):
    """Activation at z (…, m, n) of units that stay on the upper branch or the lower one."""
    if name == "identity":
        return z
    if name not in KINKED:
        return activated(name, z)
    below = {"relu": np.zeros_like, "leaky_relu": lambda z: LEAK * z, "elu": np.expm1}[name]
    with np.errstate(over="ignore"):
        return np.where(upper, z, below(z))


def activated(name, z):
    """φ(z) of an activation, by a network of one layer."""
    n = z.shape[1]
    layer = Network([n, n], output=name, bias=False)
    return layer.forward(np.eye(n).ravel(), np.ascontiguousarray(z))


def passed(network, W, x, branches=None):
    """Pre-activations (m, n) of every layer, branches of every layer, and outputs (m, n_out).

    `branches` are those to stay on; by default the pass's own.
    """
    z_all, own, a = [], [], x
    for layer, ((weights, bias), name) in enumerate(zip(network.unpack(W), names(network))):
        z = a @ weights.T
        z = z if bias is None else z + bias
        z_all.append(z)
        own.append(branch(name, z))
        a = on_branch(name, z, own[-1] if branches is None else branches[layer])
    return z_all, own, a


def loss_of_outputs(potential, y_hat):
    """Losses (m,) of outputs Ŷ (m, n_out): those of the network that is the identity."""
    n = y_hat.shape[1]
    identity = Network([n, n], "identity", bias=False)
    at_outputs = Potential(identity, potential.loss, Dataset(y_hat, potential.data.y))
    return at_outputs.sample_losses(np.eye(n).ravel())
