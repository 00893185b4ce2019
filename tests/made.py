"""Networks whose Hessian is known, and the networks that physics is told about."""

import numpy as np

import flownet as fn


def linear(x, y, output_metric=None):
    """Quadratic loss of one identity layer without bias: H = γ ⊗ XᵀX/m, whatever W."""
    network = fn.Network([x.shape[1], y.shape[1]], bias=False)
    return fn.Potential(network, fn.Quadratic(output_metric=output_metric), fn.Dataset(x, y))


def isotropic(n=6, outputs=2):
    """Whitened inputs: H is the identity."""
    return linear(np.sqrt(n) * np.eye(n), np.arange(1.0, n * outputs + 1).reshape(n, outputs))


def rank_one(n=6):
    """One sample, one output: H = x⊗x."""
    return linear(np.arange(1.0, n + 1)[None], np.ones((1, 1)))


def incoherent(bent=(4.0, 3.5, 3.0), heavy=3.0, n=8):
    """Eight inputs along which the step goes, their curvature spread evenly, and eight it leaves.

    XᵀX/m has the diagonal Σ bent/8 and three top directions on the first inputs, and `heavy` on the
    others, for which the truth is what the network says at W = 0.
    """
    hadamard = np.array([[1.0]])
    while len(hadamard) < n:
        hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
    top = hadamard[: len(bent)] / np.sqrt(n) * np.sqrt(np.array(bent))[:, None]
    x = np.zeros((len(bent) + n, 2 * n))
    x[: len(bent), :n], x[len(bent) :, n:] = top, np.sqrt(heavy) * np.eye(n)
    y = np.zeros((len(x), 1))
    y[: len(bent), 0] = 1.0
    return linear(np.sqrt(len(x)) * x, y)


def chebyshev(m=50, degree=6):
    """A Chebyshev polynomial at evenly spaced points of [−1, 1]."""
    x = np.linspace(-1.0, 1.0, m)[:, None]
    return fn.Dataset(x, np.polynomial.Chebyshev.basis(degree)(x))


def curved(seed=0):
    """1-30-20-1 tanh network on T₆ and its first step at 0.4169, after which the loss is higher."""
    potential = fn.Potential(fn.Network([1, 30, 20, 1], "tanh"), fn.Quadratic(), chebyshev())
    return fn.breakdown(potential, potential.network.init(seed), 0.4169)
