"""Flows of networks with kinks: a reference that locates each, closed forms of slides, files."""

import numpy as np
import pytest
from kinked_flow import RELU, Kinked, ReferenceFlow, count, gradients
from scipy.integrate import solve_ivp

import flownet as fn


def problem(sizes, activations, m=30, seed=1):
    """A network on random samples, the same for the reference, and where both begin."""
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(m, sizes[0])), random.normal(size=(m, sizes[-1]))
    p = fn.Potential(fn.Network(sizes, activations), fn.Quadratic(), fn.Dataset(x, y))
    return p, Kinked(sizes, activations, x, y), p.network.init(seed)


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
    """The same point within 1e-7 at rtol 1e-8, and as many crossings; slides of one layer too.

    In several layers the slope of one pair bends the normal of another, and a slide that is let go
    and taken up again at once may be counted or not.
    """
    p, same, W0 = problem(sizes, activations)
    known = ReferenceFlow(same, W0, time)
    flow = fn.flow(p, W0=W0, time=time, rtol=1e-8, atol=1e-10, at=[time])
    assert known.slid > 0 or known.crossed > 5
    np.testing.assert_allclose(flow.parameters[-1], known.W, rtol=0, atol=1e-7)
    assert count(flow, "crossings") == known.crossed
    assert len(activations) > 1 or count(flow, "slides") == known.slid


def absolute():
    """L = |W₁| + ½W₂², of one relu: pairs x and −x with targets below 0 make |W₁| and parabolas."""
    a = np.sqrt(5.0)
    x = [[1.0, 0.0], [-1.0, 0.0], [0.0, a], [0.0, -a]]
    y = [[-4.0], [-4.0], [0.0], [0.0]]
    net = fn.Network([2, 1], [], output="relu", bias=False)
    return fn.Potential(net, fn.Quadratic(), fn.Dataset(x, y)) - 0.25 * fn.Parabola(2)


def test_slide_in_closed_form():
    """L = |W₁| + ½W₂²: W₁ falls at speed 1 to 0 and stays, W₂ = e^{−t}; one slide, at t = |W₁|."""
    p = absolute()
    for start in (0.7, -0.7):
        flow = fn.flow(p, W0=[start, 1.0], time=3.0, rtol=1e-10, atol=1e-12)
        W1, W2 = flow.parameters[:].T
        left = np.maximum(0.7 - flow.time, 0)
        np.testing.assert_allclose(W1, np.sign(start) * left, atol=1e-9)
        np.testing.assert_allclose(W2, np.exp(-flow.time), atol=1e-9)
        begun = np.flatnonzero(flow.observables["slides"].value)
        assert len(begun) == 1 and count(flow, "crossings") == 0
        assert flow.time[begun[0] + 1] == pytest.approx(0.7, abs=1e-9)
        assert gradients(flow) < 700


def test_slide_ends_in_closed_form():
    """A pair held at its kink until the rest of the force outgrows its pull, then let go.

    L = ½Σ_s(relu(w·x_s + b) − y_s)²/m is piecewise quadratic: the reference above agrees, and the
    loss never rises.
    """
    p, same, W0 = problem([2, 3, 1], RELU, m=12, seed=5)
    known = ReferenceFlow(same, W0, 30.0)
    flow = fn.flow(p, W0=W0, time=30.0, rtol=1e-9, atol=1e-11)
    assert known.left > 0 and count(flow, "slides") == known.slid
    np.testing.assert_allclose(flow.parameters[-1], known.W, atol=1e-6)
    assert (np.diff(flow.loss) <= 1e-9 * flow.loss[0]).all()


def stopped_and_resumed(path, p, W0, **words):
    """A flow in a file, stopped by a bound and resumed, beside one that never stopped."""
    whole = fn.flow(p, W0=W0, **words)
    part = fn.flow(p, W0=W0, store=path, max_steps=len(whole.step) // 2, **words)
    assert not part.finished and part.bound_met == "max_steps" and "max_steps" in repr(part)
    assert part.time[-1] < words["time"] and len(part.step) == len(whole.step) // 2
    resumed = fn.resume(path, max_steps=10**6)
    assert resumed.finished and resumed.bound_met is None
    return whole, resumed


@pytest.mark.parametrize("at", [None, np.linspace(0, 12, 9)], ids=["every step", "given times"])
def test_resumed_bit_for_bit(tmp_path, at):
    """Sides, slides and slack are part of the checkpoint: a resumed flow has the same bits."""
    p, _, W0 = problem([3, 6, 6, 2], ["relu", "leaky_relu"])
    words = {"time": 12.0, "rtol": 1e-7, "at": at}
    whole, resumed = stopped_and_resumed(tmp_path / "flow.h5", p, W0, **words)
    assert count(whole, "slides") > 3
    np.testing.assert_array_equal(resumed.parameters[:], whole.parameters[:])
    np.testing.assert_array_equal(resumed.time, whole.time)
    for name in ("step", "crossings", "slides", "evaluations"):
        np.testing.assert_array_equal(
            resumed.observables[name].value, whole.observables[name].value
        )


def test_given_times_lie_on_the_path():
    """Rows at given times agree with a flow that ends there."""
    p, _, W0 = problem([3, 8, 3], RELU)
    at = np.array([0.5, 2.0, 5.0])
    rows = fn.flow(p, W0=W0, time=5.0, at=at, rtol=1e-9, atol=1e-11).parameters[:]
    for time, row in zip(at, rows):
        end = fn.flow(p, W0=W0, time=time, rtol=1e-9, atol=1e-11).parameters[-1]
        np.testing.assert_allclose(row, end, atol=1e-7)


def test_events_among_kinks():
    """Where L or what is left of dL falls below a bound, crossings and slides or not."""
    p, _, W0 = problem([3, 8, 3], RELU)
    long = fn.flow(p, W0=W0, time=10.0, rtol=1e-8)
    bound = float(long.loss[-1]) * 1.02
    flow = fn.flow(p, W0=W0, time=10.0, rtol=1e-8, loss_below=bound)
    assert flow.loss[-1] == pytest.approx(bound, rel=1e-6) and 0 < flow.time[-1] < 10
    slope = fn.flow(absolute(), W0=[0.5, 1.0], time=9.0, gradient_below=0.1)
    assert slope.time[-1] == pytest.approx(np.log(10), abs=1e-6)  # |W₂| = 0.1, W₁ held at 0


def test_newton_crosses_and_never_slides():
    """ẍ + λẋ = −∂L: dL jumps, the velocity does not; scipy's DOP853 in small steps agrees."""
    p, _, W0 = problem([3, 5, 2], RELU, m=12)
    flow = fn.flow(p, W0=W0, time=2.0, mechanics=fn.Newton(0.1, friction=1.0), rtol=1e-8, at=[2.0])
    D = len(W0)
    slow = solve_ivp(
        lambda t, y: np.concatenate([y[D:], -p.differential(y[:D])[1] - y[D:]]),
        (0, 2.0),
        np.concatenate([W0, np.zeros(D)]),
        method="RK45",
        max_step=2e-3,
        rtol=1e-9,
        atol=1e-11,
    )
    assert count(flow, "crossings") > 2 and count(flow, "slides") == 0
    np.testing.assert_allclose(flow.parameters[-1], slow.y[:D, -1], atol=2e-6)


def test_rmsprop_takes_kinks_as_steep_places():
    """Its force jumps in dW/dt and in ⟨F²⟩: no kinks are located, and it comes to its end."""
    p, _, W0 = problem([2, 3, 1], RELU, m=8)
    mechanics = fn.RMSProp(0.01, memory=0.9, epsilon=0.1)
    flow = fn.flow(p, W0=W0, time=0.02, mechanics=mechanics, rtol=1e-5)
    assert flow.finished and "crossings" not in flow.observables


def test_in_a_metric_it_is_the_flow_of_stretched_parameters():
    """g = diag(stiffness) on layers, one frozen: small steps of descent agree."""
    p, _, W0 = problem([3, 6, 6, 2], ["relu", "relu"], m=20)
    metric = fn.LayerMetric(p.network, [2.0, np.inf, 0.5])
    flow = fn.flow(p, W0=W0, time=2.0, metric=metric, rtol=1e-8, at=[2.0])
    h = 2e-4
    steps = round(2.0 / h)
    run = fn.train(
        p, fn.Aristotle(h), W0=W0, steps=steps, record_every=steps, metric=metric, progress=False
    )
    assert count(flow, "crossings") > 5
    frozen = slice(*p.network.ranges[1])
    np.testing.assert_array_equal(flow.parameters[-1][frozen], W0[frozen])
    np.testing.assert_allclose(flow.parameters[-1], run.parameters[-1], atol=20 * h)


def test_in_single_precision_by_default():
    """rtol=None is 1e-5 there; the flow is that of double precision to 1e-3."""
    p, _, W0 = problem([3, 8, 3], RELU)
    flow = fn.flow(p, W0=W0, time=5.0, at=[5.0])
    q = fn.Potential(fn.Network([3, 8, 3], "relu", dtype="float32"), fn.Quadratic(), p.data)
    single = fn.flow(q, W0=W0.astype(np.float32), time=5.0, at=[5.0])
    assert single.experiment["flow"]["rtol"] == 1e-5 and flow.experiment["flow"]["rtol"] == 1e-8
    assert single.finished and abs(count(single, "crossings") - count(flow, "crossings")) <= 2
    np.testing.assert_allclose(single.parameters[-1], flow.parameters[-1], atol=1e-3)


def test_cross_entropy_and_a_sum():
    """The loss falls all the way, and no slower per gradient than the law of the task."""
    data = fn.data.load("digits", limit=100)
    net = fn.Network([64, 8, 10], "relu")
    p = 2.0 * fn.Potential(net, fn.CrossEntropy(), data) + 0.01 * fn.Parabola(net.size)
    flow = fn.flow(p, W0=net.init(0), time=1.0, rtol=1e-6)
    assert flow.finished and count(flow, "crossings") > 50
    assert (np.diff(flow.loss) <= 1e-6 * flow.loss[0]).all()
    assert gradients(flow) <= 12 * (len(flow.step))


def test_a_bound_on_gradients():
    p, _, W0 = problem([3, 8, 3], RELU)
    flow = fn.flow(p, W0=W0, time=50.0, max_gradients=300)
    assert flow.bound_met == "max_gradients" and not flow.finished
    assert 300 <= gradients(flow) < 340
    smooth = fn.flow(fn.Quartic(2), W0=[1.0, 2.0], time=50.0, max_gradients=60)
    assert smooth.bound_met == "max_gradients" and smooth.time[-1] < 50
    with pytest.raises(fn.FlownetError, match="max_steps is 0; it has to be a whole number"):
        fn.flow(fn.Quartic(2), W0=[1.0, 2.0], time=5.0, max_steps=0)
