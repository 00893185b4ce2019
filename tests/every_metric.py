"""Every kind of metric on one network, each in coordinates that are stretched layer by layer."""

import numpy as np
from twins import uniforms

import flownet as fn

NET = fn.Network([3, 4, 4, 4, 2])  # layers of 16, 20, 20 and 10 parameters; the middle ones alike
SIZES = [16, 20, 20, 10]
STRETCH = np.array([0.5, 2.0, 0.75, 3.0])
INF = np.inf


def spread(of_layers):
    """A number for each layer as one for each parameter (D,)."""
    return np.repeat(of_layers, SIZES)


def problem(seed=40):
    """A quadratic loss of the network on nine samples."""
    return fn.Potential(
        NET, fn.Quadratic(), fn.Dataset(uniforms(seed, 9, 3), uniforms(seed + 1, 9, 2))
    )


def plain(s):
    return fn.DiagonalMetric(spread(1 / s**2)) if (s != 1).any() else fn.Euclidean(NET.size)


def layers(s):
    return fn.LayerMetric(NET, np.array([2.0, 1.0, 0.5, 4.0]) / s**2)


def frozen(s):
    return fn.LayerMetric(NET, np.array([INF, 1.0, 0.5, INF]) / s**2)


def diagonal(s):
    g = uniforms(42, NET.size, low=0.3, high=3.0)
    g[::7] = INF
    return fn.DiagonalMetric(g / spread(s) ** 2)


def neurons(s):
    return fn.GroupMetric(
        NET,
        [
            np.array([1.0, 2.0, 4.0, INF]) / s[0] ** 2,
            3.0 / s[1] ** 2,
            np.array([1.0, 1.0, 5.0, 0.5]) / s[2] ** 2,
            1.0 / s[3] ** 2,
        ],
        groups={
            "blind": {"stiffness": INF, "layer": 1, "inputs": [0, 2]},
            "some": {"stiffness": 7.0 / s[3] ** 2, "where": [57, 60, 65]},
        },
    )


COUPLING = np.array(
    [[2.0, 0.0, 0.0, 0.0], [0.0, 1.0, -0.6, 0.0], [0.0, -0.6, 2.0, 0.0], [0.0, 0.0, 0.0, 0.5]]
)


def coupled(s):
    return fn.CoupledMetric(NET, COUPLING / np.outer(s, s))


def coupled_frozen(s):
    g = COUPLING / np.outer(s, s)
    g[0, 0] = INF
    return fn.CoupledMetric(NET, g)


def timed(s):
    return fn.TimedMetric([0.0, 0.9, 2.35], [frozen(s), coupled(s), neurons(s)])


CONSTANT = {
    f.__name__: f for f in (plain, layers, frozen, diagonal, neurons, coupled, coupled_frozen)
}
EVERY = {**CONSTANT, "timed": timed}
ONES = np.ones(4)
