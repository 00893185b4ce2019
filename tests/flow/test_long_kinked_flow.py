"""Long flows of networks with kinks, and units of several layers that hold each other."""

import numpy as np
import pytest
from kinked_flow import RELU, Kinked, ReferenceFlow, count, gradients

import flownet as fn


def law(kinked, smooth):
    """At most twice the gradients of the same flow with softplus and 20 a kink that was located."""
    met = count(kinked, "crossings") + 2 * count(kinked, "slides")  # each begins and ends
    return 2 * gradients(smooth) + 20 * met


@pytest.mark.slow
def test_a_long_flow():
    """3-8-3 on 40 samples to T = 100 at rtol 1e-6: within 1e-5 of the reference."""
    random = np.random.default_rng(0)
    x, y = random.normal(size=(40, 3)), random.normal(size=(40, 3))
    flows = {}
    for name in ("relu", "softplus"):
        p = fn.Potential(fn.Network([3, 8, 3], name), fn.Quadratic(), fn.Dataset(x, y))
        W0 = p.network.init(0)
        flows[name] = fn.flow(p, W0=W0, time=100.0, rtol=1e-6, atol=1e-8)
    known = ReferenceFlow(Kinked([3, 8, 3], RELU, x, y), W0, 100.0)
    np.testing.assert_allclose(flows["relu"].parameters[-1], known.W, atol=1e-5)
    assert count(flows["relu"], "crossings") == known.crossed
    assert gradients(flows["relu"]) <= min(20_000, law(flows["relu"], flows["softplus"]))


@pytest.mark.slow
def test_a_long_flow_of_digits():
    """64-16-10 on 300 digits to T = 100 at rtol 1e-6: the law, and the flow at rtol 1e-9."""
    data = fn.data.load("digits", limit=300)
    flows = {}
    for name in ("relu", "softplus"):
        p = fn.Potential(fn.Network([64, 16, 10], name), fn.CrossEntropy(), data)
        W0 = p.network.init(0)
        flows[name] = fn.flow(p, W0=W0, time=100.0, rtol=1e-6, atol=1e-8, at=[100.0])
    p = fn.Potential(fn.Network([64, 16, 10], "relu"), fn.CrossEntropy(), data)
    fine = fn.flow(p, W0=W0, time=100.0, rtol=1e-9, atol=1e-11, at=[100.0])
    np.testing.assert_allclose(flows["relu"].parameters[-1], fine.parameters[-1], atol=1e-5)
    assert gradients(flows["relu"]) <= min(25_000, law(flows["relu"], flows["softplus"]))


@pytest.mark.slow
def test_departure_of_a_relu_run_comes_back():
    """With its default tolerance, of 64-16-10 on 300 digits."""
    p = fn.Potential(
        fn.Network([64, 16, 10], "relu"), fn.CrossEntropy(), fn.data.load("digits", limit=300)
    )
    run = fn.train(p, fn.Aristotle(0.1), W0=p.network.init(0), steps=50)
    found = fn.departure(run, every=10, progress=False)
    assert np.isfinite(found.distance).all() and 0 < found.relative[-1] < 0.1


@pytest.mark.parametrize("seed", [7, 10])
def test_slides_in_several_layers_come_to_an_end(seed):
    """Units that hold each other at their kinks: few steps, and the path of a finer tolerance."""
    random = np.random.default_rng(seed)
    sizes, activations = [3, 5, 5, 2], ["relu", "relu"]
    x, y = random.normal(size=(25, 3)), np.eye(2)[random.integers(0, 2, 25)]
    p = fn.Potential(fn.Network(sizes, activations), fn.CrossEntropy(), fn.Dataset(x, y))
    words = {"W0": p.network.init(seed), "time": 30.0, "at": [30.0], "max_steps": 3000}
    rough, fine = (fn.flow(p, rtol=rtol, atol=rtol / 100, **words) for rtol in (1e-6, 1e-9))
    assert rough.finished and fine.finished and len(rough.step) < 1000
    np.testing.assert_allclose(rough.parameters[-1], fine.parameters[-1], atol=1e-4)


def deep(seed):
    """Three hidden layers of 5 to 8 relu units on 20 to 40 samples, and the same slowly."""
    random = np.random.default_rng(seed)
    hidden, m = random.integers(5, 9, 3).tolist(), int(random.integers(20, 41))
    sizes, relu = [3, *hidden, 2], RELU * 3
    x, y = random.normal(size=(m, 3)), random.normal(size=(m, 2))
    p = fn.Potential(fn.Network(sizes, relu), fn.Quadratic(), fn.Dataset(x, y))
    return p, Kinked(sizes, relu, x, y), p.network.init(seed)


#: units whose bias is 0 to the last bit, since they never were active on any sample: where all that
#: feeds such a unit at a sample comes to 0, it comes to its own kink with it, and nothing moves it
TOGETHER = [3, 79, 80, 81, 85]


def to_the_end(p, W0, rtol):
    return fn.flow(p, W0=W0, time=20.0, rtol=rtol, atol=rtol / 100, at=[20.0], max_gradients=30_000)


@pytest.mark.parametrize("seed", [*TOGETHER, 7])
def test_kinks_that_are_met_together(seed):
    """Which side such a unit takes is no matter of the tolerance; the search comes to its end."""
    p, _, W0 = deep(seed)
    rough, fine = (to_the_end(p, W0, rtol) for rtol in (1e-6, 1e-9))
    assert rough.finished and fine.finished
    np.testing.assert_allclose(rough.parameters[-1], fine.parameters[-1], rtol=0, atol=2e-6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [79, 81])
def test_kinks_that_are_met_together_against_a_flow_that_locates_each(seed):
    p, same, W0 = deep(seed)
    known, flow = ReferenceFlow(same, W0, 20.0, rtol=1e-9, atol=1e-11), to_the_end(p, W0, 1e-8)
    np.testing.assert_allclose(flow.parameters[-1], known.W, rtol=0, atol=1e-7)
    assert count(flow, "crossings") == known.crossed and count(flow, "slides") == known.slid
