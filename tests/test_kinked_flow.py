"""Flows of networks with kinks: a reference that locates each, closed forms of slides, files."""

import numpy as np
import pytest
from kinked_flow import Kinked, ReferenceFlow

import flownet as fn

RELU = ["relu"]


def problem(sizes, activations, m=30, seed=1):
    """A network on random samples, the same for the reference, and where both begin."""
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(m, sizes[0])), random.normal(size=(m, sizes[-1]))
    p = fn.Potential(fn.Network(sizes, activations), fn.Quadratic(), fn.Dataset(x, y))
    return p, Kinked(sizes, activations, x, y), p.network.init(seed)


def gradients(flow):
    return flow.observables["evaluations"].value.sum()


def count(flow, name):
    return int(flow.observables[name].value.sum())


@pytest.mark.parametrize(
    "sizes, activations, time",
    [
        ([3, 8, 3], RELU, 10.0),
        ([3, 6, 2], ["leaky_relu"], 20.0),
        ([3, 6, 6, 2], ["relu", "relu"], 3.0),
        ([3, 5, 5, 5, 2], ["relu", "tanh", "leaky_relu"], 2.0),
    ],
)
def test_against_a_flow_that_locates_every_kink(sizes, activations, time):
    """The same point within 1e-6 at rtol 1e-8, and as many crossings and slides."""
    p, same, W0 = problem(sizes, activations)
    known = ReferenceFlow(same, W0, time)
    flow = fn.flow(p, W0=W0, time=time, rtol=1e-8, atol=1e-10, at=[time])
    assert known.slid > 0 or known.crossed > 5
    np.testing.assert_allclose(flow.parameters[-1], known.W, rtol=0, atol=1e-6)
    assert count(flow, "crossings") == known.crossed
    assert count(flow, "slides") == known.slid


def absolute():
    """L = |W₁| + ½W₂², of one relu: pairs x and −x with targets below 0 make |W₁| and parabolas."""
    a = np.sqrt(5.0)
    x = [[1.0, 0.0], [-1.0, 0.0], [0.0, a], [0.0, -a]]
    y = [[-4.0], [-4.0], [0.0], [0.0]]
    net = fn.Network([2, 1], [], output="relu", bias=False)
    return fn.Potential(net, fn.Quadratic(), fn.Dataset(x, y)) - 0.25 * fn.Parabola(2)
