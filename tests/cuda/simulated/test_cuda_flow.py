"""Flows whose field is on the device, in the simulator: the paths of the CPU."""

import numpy as np
import pytest
from on_device import ready
from tolerance import close
from twins import mixed_case

import flownet as fn

pytestmark = pytest.mark.simulator


@pytest.fixture
def asked(monkeypatch):
    """How often the device has been asked for an evaluation of f."""
    from flownet.kernels.cuda.flow import branches
    from flownet.kernels.cuda.network import differential, passes

    calls = []

    def counted(function):
        return lambda *args, **words: calls.append(1) or function(*args, **words)

    monkeypatch.setattr(differential, "differential_of", counted(passes.differential_of))
    monkeypatch.setattr(branches, "lose", counted(branches.lose))
    return calls


def _same_path(asked, potential, W, time, **words):
    """Lengths of steps follow estimated errors, which keep few digits; given times do not."""
    at = np.linspace(0, time, 3)
    here, there = (
        fn.flow(potential, W0=W, time=time, at=at, device=device, **words)
        for device in ("cpu", "cuda")
    )
    counted = there.observables["evaluations"].value.sum()  # with forward passes where kinks are
    assert 2 * len(asked) >= counted > 0
    close(there.parameters[:], here.parameters[:])
    close(there.loss[:], here.loss[:])
    return there


@pytest.mark.parametrize("mechanics", [None, fn.Adam(0.01)])
def test_flows(mechanics, asked):
    cpu, _, W, _ = ready(mixed_case("tanh", "cross-entropy", 810, (2, 2, 2), m=3))
    _same_path(asked, cpu, W, time=0.05, mechanics=mechanics, rtol=1e-6)


def test_a_flow_in_single_precision():
    cpu, _, W, _ = ready(mixed_case("sigmoid", "quadratic", 811, (2, 2, 2), m=3), "float32")
    here, there = (fn.flow(cpu, W0=W, time=0.05, rtol=1e-4, device=d) for d in ("cpu", "cuda"))
    close(there.parameters[-1], here.parameters[-1], "float32")


def test_a_flow_of_a_sum(asked):
    """A formula beside the network, and a metric that freezes a layer."""
    cpu, _, W, _ = ready(mixed_case("softplus", "quadratic", 812, (2, 2, 2), m=3))
    metric = fn.LayerMetric(cpu.network, [np.inf, 1.0])
    whole = 0.5 * cpu + 0.1 * fn.Parabola(cpu.size)
    there = _same_path(asked, whole, W, time=0.05, metric=metric, rtol=1e-6)
    first = slice(*cpu.network.ranges[0])
    assert (there.parameters[-1][first] == W[first]).all()


def test_a_flow_of_a_formula_alone():
    """Without a network: W = W0·e^{−t} of the parabola."""
    flow = fn.flow(fn.Parabola(2), W0=[1.0, -2.0], time=0.5, rtol=1e-10, device="cuda")
    close(flow.parameters[-1], np.array([1.0, -2.0]) * np.exp(-0.5), scale=1e4)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_a_flow_over_kinks(activation, asked):
    """From kink to kink, each unit on its branch."""
    data = fn.data.load("xor")
    cpu = fn.Potential(fn.Network([2, 3, 1], activation), fn.Quadratic(), data)
    W = cpu.network.init(seed=1)
    there = _same_path(asked, cpu, W, time=0.6, rtol=1e-5)
    assert there.observables["crossings"].value.sum() > 0


def test_a_slide(asked):
    """L = |W₁| + ½W₂²: W₁ falls at speed 1 to 0 and stays, W₂ = e^{−t}; one slide, at t = |W₁|."""
    a = np.sqrt(5.0)
    x = [[1.0, 0.0], [-1.0, 0.0], [0.0, a], [0.0, -a]]
    data = fn.Dataset(x, [[-4.0], [-4.0], [0.0], [0.0]])
    net = fn.Network([2, 1], [], output="relu", bias=False)
    p = fn.Potential(net, fn.Quadratic(), data) - 0.25 * fn.Parabola(2)
    flow = fn.flow(p, W0=[0.1, 1.0], time=0.2, rtol=1e-7, atol=1e-9, device="cuda")
    assert asked and flow.observables["slides"].value.sum() == 1
    left = np.maximum(0.1 - flow.time, 0)
    close(flow.parameters[:].T, [left, np.exp(-flow.time)], scale=1e4)
