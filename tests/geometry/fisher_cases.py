"""Small networks for Fisher's and Gauss–Newton's metric, and the metric as a dense matrix."""

import numpy as np
import twins

import flownet as fn

FINE = {"tolerance": 1e-14}
PROMISE = "CG's promise ⟨dL, V⟩ = ⟨V, gV⟩"


def plain(loss, m=30, sizes=(2, 3, 2), seed=81_000):
    """A tanh network without metrics of its loss: the potential and its initial W."""
    labels = np.arange(m) % sizes[-1]
    data = fn.Dataset(twins.uniforms(seed, m, sizes[0]), np.eye(sizes[-1])[labels])
    made = fn.Quadratic() if loss == "quadratic" else fn.CrossEntropy()
    p = fn.Potential(fn.Network(list(sizes)), made, data)
    return p, p.network.init(seed=1, scale=1.5)


def dense(p, W, damping, name="fisher"):
    return getattr(p, name)(W).dense() + damping * np.eye(p.size)
