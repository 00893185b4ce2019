"""Coordinates stretched and the metric with them: what moves by g^♯dL takes the same steps.

A potential seen in u = s·W is L(u/s), its covector dL/s, and a metric g_ij becomes g_ij/(s_i·s_j):
then g^♯dL/s = s·(g^♯dL), and every trajectory is the same curve (TM 20-21).
"""

import numpy as np
import pytest
from every_metric import EVERY, NET, ONES, STRETCH, problem, spread
from tolerance import close
from twins import uniforms

import flownet as fn

S = spread(STRETCH)
W0 = uniforms(43, NET.size)


class Stretched:
    """L(u/s) as a function of u."""

    def __init__(self, potential, s):
        self.size, self.dtype, self._of, self._s = potential.size, potential.dtype, potential, s

    def value(self, u):
        return self._of.value(u / self._s)

    def differential(self, u):
        L, dL = self._of.differential(u / self._s)
        return L, dL / self._s


HERE, THERE = problem(), Stretched(problem(), S)
STEEP = {
    "aristotle": fn.Aristotle(0.15),
    "warmup": fn.Aristotle("warmup:0.2:7"),
    "newton": fn.Newton(0.15, mass=0.7, friction=0.8),
}


def both(mechanics, make, steps=40):
    """Trajectories of the same run in W and in u, both as W."""
    here = fn.train(HERE, mechanics, W0=W0, steps=steps, metric=make(ONES))
    there = fn.train(THERE, mechanics, W0=S * W0, steps=steps, metric=make(STRETCH))
    return here, there.parameters[:] / S, there


@pytest.mark.parametrize("make", EVERY.values(), ids=EVERY)
@pytest.mark.parametrize("mechanics", STEEP.values(), ids=STEEP)
def test_finite_steps_do_not_see_the_coordinates(mechanics, make):
    here, W, there = both(mechanics, make)
    assert np.abs(here.parameters[-1] - W0).max() > 0.05
    close(W, here.parameters[:])
    close(there.loss, here.loss)


@pytest.mark.parametrize("make", EVERY.values(), ids=EVERY)
@pytest.mark.parametrize("mechanics", [None, STEEP["newton"]], ids=["aristotle", "newton"])
def test_flows_do_not_see_the_coordinates(mechanics, make):
    at = np.linspace(0, 3, 7)
    words = {"time": 3.0, "mechanics": mechanics, "at": at, "rtol": 1e-10, "atol": 1e-12}
    here = fn.flow(HERE, W0=W0, metric=make(ONES), **words)
    there = fn.flow(THERE, W0=S * W0, metric=make(STRETCH), **words)
    close(there.parameters[:] / S, here.parameters[:], kind="solver")


def test_a_metric_that_is_a_function_does_not_see_them_either():
    """One that stiffens all the time."""

    def soft(s):
        return lambda t: fn.LayerMetric(NET, np.array([1.0, 2.0, 1.0 + t, 1.0]) / s**2)

    for mechanics in STEEP.values():
        here, W, _ = both(mechanics, soft)
        close(W, here.parameters[:])


@pytest.mark.parametrize("mechanics", [fn.Adam(0.05), fn.RMSProp(0.05)], ids=["adam", "rmsprop"])
def test_adaptive_methods_see_them(mechanics):
    """The same test tells: the force over its own size forgets the metric's units."""
    here, W, _ = both(mechanics, EVERY["layers"])
    assert np.abs(W - here.parameters[:]).max() > 0.1


def test_the_width_metric_is_the_neural_tangent_parametrisation():
    """w = u/√n_in: a plain step in u is the step in w of stiffness n_in."""
    roots = np.sqrt(NET.sizes[:-1])
    metric = fn.LayerMetric.from_width(NET)
    np.testing.assert_array_equal(metric.stiffness, NET.sizes[:-1])
    in_w = fn.train(HERE, fn.Aristotle(0.3), W0=W0, steps=30, metric=metric)
    in_u = fn.train(
        Stretched(HERE, spread(roots)), fn.Aristotle(0.3), W0=spread(roots) * W0, steps=30
    )
    close(in_u.parameters[:] / spread(roots), in_w.parameters[:])
