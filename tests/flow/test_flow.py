"""The continuous flow: closed forms, orders, scipy's integrator, fields, events, mistakes."""

import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from scipy.integrate import solve_ivp
from tolerance import close, has_order, tolerance

import flownet as fn
from flownet.kernels import layout
from flownet.kernels.cpu.flow.chebyshev import chebyshev
from flownet.kernels.cpu.flow.dormand_prince import dense, dormand_prince

ANALYTIC = {
    "parabola": fn.Parabola(3, strength=1.7),
    "quartic": fn.Quartic(3, alpha=0.8),
    "double well": fn.DoubleWell(3, alpha=1.3, c=1.1),
    "uv": fn.UV(3),
}


def start_of(potential):
    return np.linspace(-1.3, 0.9, potential.size) + 0.05


@pytest.mark.parametrize("name", ANALYTIC)
@pytest.mark.parametrize("at", [None, np.linspace(0, 4, 23)], ids=["every step", "given times"])
def test_closed_forms(name, at):
    """W(t) of TM 33-37 to 1e-9 at rtol 1e-11."""
    potential = ANALYTIC[name]
    W0 = start_of(potential)
    flow = fn.flow(potential, W0=W0, time=4.0, rtol=1e-11, atol=1e-13, at=at)
    assert flow.time[0] == 0 and flow.time[-1] == 4.0
    if at is not None:
        np.testing.assert_array_equal(flow.time, at)
    exact = np.array([potential.exact(W0, t) for t in flow.time])
    np.testing.assert_allclose(flow.parameters[:], exact, rtol=0, atol=tolerance("solver"))
    close(flow.loss, [potential.value(W) for W in flow.parameters])
    assert flow.iteration.tolist() == list(range(len(flow.time)))
    assert flow.step.sum() == pytest.approx(4.0, rel=1e-14)


UV, UV0 = fn.UV(2), np.array([1.0, 0.5, -0.3, 0.8])


def stepped(method, h, end, *radius):
    """The state of UV's flow after equal steps, every one accepted, with k[0] of the last."""

    def velocity(followed, y, out, meters):
        out[:] = -UV.differential(y)[1]

    s, attempt = layout.solution(UV0), method(velocity)
    velocity(None, s.y, s.k[6], s.meters)
    while s.numbers[layout.T] < end:
        s.k[0], s.numbers[layout.H] = s.k[6], h
        assert attempt(None, s, 1e9, 1e9, end, *radius)
    return s


@pytest.mark.parametrize("stages", [None, 4, 30])
def test_orders(stages):
    """The error at a fixed time falls like h⁵ of the pair, like h² of the stabilised method."""
    steps = 0.5 ** np.arange(3.0, 7.0)
    ends = [
        stepped(dormand_prince, h, 1.0)
        if stages is None
        else stepped(chebyshev, h, 1.0, (stages - 1) ** 2 / h / 1.54)
        for h in steps
    ]
    assert stages is None or all(s.numbers[layout.COST] == stages for s in ends)
    errors = [np.abs(s.y - UV.exact(UV0, 1.0)).max() for s in ends]
    has_order(errors, steps, 2 if stages else 5)


@pytest.mark.parametrize("stages", [None, 4])
def test_within_a_step(stages):
    """Dense output after one step: a local error of h⁵, or h³ as that of the step itself."""
    steps, errors, out = 0.5 ** np.arange(3.0, 7.0), [], np.zeros(4)
    for h in steps:
        s = (
            stepped(dormand_prince, h, h)
            if stages is None
            else stepped(chebyshev, h, h, (stages - 1) ** 2 / h / 1.54)
        )
        dense(s, 0.4 * h, out)
        errors.append(np.abs(out - UV.exact(UV0, 0.4 * h)).max())
    has_order(errors, steps, 3 if stages else 5)


def test_against_scipy_on_digits(digits_potential):
    """DOP853 at rtol 1e-12, for a time of 50: 1e-8."""
    p, at = digits_potential, np.linspace(0, 50, 11)
    W0 = p.network.init(0)
    flow = fn.flow(p, W0=W0, time=50.0, rtol=1e-11, atol=1e-13, at=at)
    found = solve_ivp(
        lambda t, W: -p.differential(W)[1],
        (0, 50),
        W0,
        method="DOP853",
        rtol=1e-12,
        atol=1e-14,
        t_eval=at,
    )
    np.testing.assert_allclose(flow.parameters[:], found.y.T, rtol=0, atol=1e-8)


def test_loss_never_rises():
    case = twins.case(90_000, [3, 8, 6, 2], ["tanh", "tanh"], "cross-entropy", m=20)
    p = twins.potential(case)
    for rtol in (1e-4, 1e-8):
        flow = fn.flow(p, W0=twins.point(case)[0], time=30.0, rtol=rtol, atol=rtol)
        assert (np.diff(flow.loss) <= rtol * flow.loss[0]).all()


# ---- metric, fields, events ---------------------------------------------------------------------


def test_metric_and_frozen_layers():
    """Stiffness divides the time of a parabola's parameters; inf keeps every bit."""
    metric = fn.DiagonalMetric([1.0, 4.0, np.inf])
    W0 = np.array([1.0, 2.0, 3.0])
    flow = fn.flow(fn.Parabola(3), W0=W0, time=2.0, metric=metric, rtol=1e-11, atol=1e-13)
    close(flow.parameters[-1], W0 * np.exp([-2.0, -0.5, 0.0]), kind="solver")
    assert (flow.parameters[:, 2] == 3.0).all()


class Halved:
    """A field of one's own."""

    def velocity(self, potential, metric, W):
        return -0.5 * metric.sharp(potential.differential(W)[1])


def test_a_field_and_a_program_of_ones_own():
    """Python fields follow the compiled flow, to the same times and halved ones."""
    p, W0 = fn.Quartic(3), np.array([1.0, 0.5, -2.0])

    class Program:
        size, value, differential = 3, p.value, staticmethod(p.differential)

    exact = p.exact(W0, 2.0)
    for flow in (
        fn.flow(Program(), W0=W0, time=2.0, rtol=1e-11, atol=1e-13),
        fn.flow(p, W0=W0, time=4.0, rtol=1e-11, atol=1e-13, field=Halved()),
    ):
        close(flow.parameters[-1], exact, kind="solver")
        close(flow.loss[-1], p.value(flow.parameters[-1]))


@pytest.mark.parametrize("at", [None, np.arange(0, 41.0)], ids=["every step", "given times"])
def test_events(at):
    """Stopped where L = ½(κ‖W‖²) or ‖dL‖ = κ‖W‖ meet a bound, at the time of the closed form."""
    W0 = np.array([3.0, 4.0])
    words = dict(W0=W0, time=40.0, rtol=1e-11, atol=1e-14, at=at)
    by_loss = fn.flow(fn.Parabola(2), loss_below=0.01, **words)
    by_slope = fn.flow(fn.Parabola(2), gradient_below=0.05, **words)
    assert by_loss.time[-1] == pytest.approx(np.log(12.5 / 0.01) / 2, abs=1e-8)
    assert by_slope.time[-1] == pytest.approx(np.log(5 / 0.05), abs=1e-8)
    for flow in (by_loss, by_slope):
        assert flow.finished and (np.diff(flow.time) > 0).all()
        assert len(flow.time) == len(flow.loss) == len(flow.parameters)
    at_once = fn.flow(fn.Parabola(2), loss_below=100.0, **words)
    assert at_once.time.tolist() == [0] and len(at_once.step) == 0


def test_a_flow_that_runs_to_infinity():
    """Uphill on the quartic W = 1/√(1 − t): recorded as far as there is a solution."""
    for at in (None, np.linspace(0, 10, 101)):
        flow = fn.flow(-1.0 * fn.Quartic(1), W0=np.ones(1), time=10.0, at=at)
        assert flow.finished and flow.diverged_at == len(flow.step)
        assert 0.8 < flow.time[-1] < 1.0 + 1e-6 and np.isfinite(flow.parameters[:]).all()


def test_float32(digits_potential):
    p = digits_potential.with_dtype(np.dtype("float32"))
    W0 = p.network.init(0)
    flow = fn.flow(p, W0=W0, time=2.0, rtol=1e-5, atol=1e-6, at=[2.0])
    assert flow.parameters.dtype == np.float32
    exact = fn.flow(digits_potential, W0=W0.astype(float), time=2.0, at=[2.0]).parameters[-1]
    np.testing.assert_allclose(flow.parameters[-1], exact, rtol=0, atol=1e-4)


# ---- mistakes -----------------------------------------------------------------------------------

P, ONE = fn.Parabola(2), np.ones(2)


def no_flow():
    """A flow where a run of finite steps is wanted."""
    return fn.flow(P, W0=ONE, time=1)


class Nowhere:
    """A field that is not finite."""

    def velocity(self, potential, metric, W):
        return np.nan * W


MISTAKES = {
    "a flow to break down": (lambda: fn.breakdown(no_flow(), at=0), "run of finite steps"),
    "the exits of a flow": (lambda: fn.exits(no_flow()), "run of finite steps"),
    "a class for a field": (lambda: fn.flow(P, W0=ONE, time=1, field=fn.Modified), "field is"),
    "a class for mechanics": (
        lambda: fn.flow(P, W0=ONE, time=1, mechanics=fn.Newton),
        "mechanics is",
    ),
    "steps for a flow": (
        lambda: fn.flow(P, W0=ONE, time=1, mechanics=fn.RungeKutta()),
        "mechanics is",
    ),
    "no velocity": (lambda: fn.flow(P, W0=ONE, time=1, field=Nowhere()), "velocity finite"),
    "no loss": (lambda: fn.flow(P, W0=1e200 * ONE, time=1), "loss at W0 is not finite"),
    "no time": (lambda: fn.flow(P, W0=ONE, time=0), "time is 0"),
    "falling times": (lambda: fn.flow(P, W0=ONE, time=1, at=[1, 0.5]), "ascending times"),
    "times beyond": (lambda: fn.flow(P, W0=ONE, time=1, at=[0, 2]), "from 0 to time = 1"),
    "too fine": (lambda: fn.flow(P, W0=ONE, time=1, rtol=1e-16), "rtol is 1e-16"),
    "no field": (lambda: fn.flow(P, W0=ONE, time=1, field=3), "field is 3"),
    "a short W0": (lambda: fn.flow(P, W0=ONE[:1], time=1), "W0 has shape"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call()
