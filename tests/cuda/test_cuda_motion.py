"""Finite steps of the device, in the simulator: every mechanics, metric, batch and formula."""

import numpy as np
import pytest
from runs import MECHANICS, POLICIES, both, distance, potential, same_records
from tolerance import tolerance

import flownet as fn
from flownet.kernels.cuda.motion import rows, steps

pytestmark = pytest.mark.simulator

STEPS = 5


def _alike(potential, mechanics, dtype="float64", **words):
    cpu, here = both(potential, mechanics, **{"steps": STEPS, **words})
    rtol = 10 * tolerance("reference", dtype)
    assert distance(here, cpu) < rtol
    same_records(cpu, here, rtol)
    return cpu, here


@pytest.mark.parametrize("name", MECHANICS)
def test_every_mechanics(name, dtype):
    """Mini-batches with a short last one, in the order of more than one epoch."""
    _alike(potential(dtype=dtype), MECHANICS[name], dtype, batch_size=2)


@pytest.mark.parametrize("name", POLICIES)
def test_steps_and_temperatures_that_change(name):
    _alike(potential(), POLICIES[name])


@pytest.mark.parametrize("mechanics", ["aristotle", "adam", "sam", "heated", "decayed"])
def test_layers_of_their_own_stiffness(mechanics):
    """One of them is frozen, and keeps every bit."""
    p = potential((2, 3, 3, 1))
    metric = fn.LayerMetric(p.network, [np.inf, 2.0, 0.5])
    cpu, here = _alike(p, MECHANICS[mechanics], metric=metric)
    first = slice(*p.network.ranges[0])
    assert np.array_equal(here.parameters[:, first], cpu.parameters[:, first])


@pytest.mark.parametrize("mechanics", ["decayed", "sam", "newton"])
def test_layers_that_a_metric_couples(mechanics):
    p = potential((2, 3, 3, 3, 1))
    stiffness = np.diag([1.0, 2.0, 1.0, 0.5])
    stiffness[1, 2] = stiffness[2, 1] = -0.6
    _alike(p, MECHANICS[mechanics], metric=fn.CoupledMetric(p.network, stiffness))


def test_a_metric_that_follows_the_steps_and_one_that_follows_the_time():
    p = potential()
    _alike(p, fn.Aristotle(0.1), metric=fn.LayerMetric(p.network, ["exponential:2:0.9", 1.0]))
    slow, quick = fn.LayerMetric(p.network, [2.0, 2.0]), fn.LayerMetric(p.network, [1.0, 0.5])
    timed = fn.TimedMetric([slow, quick], times=[0.25])
    _alike(p, fn.Aristotle(0.1), metric=timed)


@pytest.mark.parametrize(
    "formula", [fn.Parabola(13), fn.Quartic(13), fn.DoubleWell(size=13)], ids=repr
)
def test_a_network_and_a_formula(formula, dtype):
    """Their sum, scaled, with the formula first or alone."""
    p = potential(dtype=dtype)
    assert p.size == 13
    W0 = p.network.init(2)
    _alike(0.5 * p + 0.1 * formula, fn.Aristotle(0.1), dtype, W0=W0)
    _alike(formula + 2.0 * formula, fn.Nesterov(0.02), dtype, W0=W0)


def test_uv():
    _alike(fn.UV(3), fn.SAM(fn.Aristotle(0.1), radius=0.1), W0=np.linspace(-1, 1, 6))
