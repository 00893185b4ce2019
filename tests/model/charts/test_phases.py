"""Weights of modulus one, seen by their phases; complex coordinates and networks in charts."""

import numpy as np
import pytest
from interference import phased
from settings_of_charts import NET, D, slope
from tolerance import close
from twins import uniforms

import flownet as fn
from flownet._errors import FlownetError


@pytest.mark.parametrize("free", [None, [0, 1, 0, 1]], ids=["all", "some"])
@pytest.mark.parametrize("modulus", [1.0, 0.7, [0.5, 1.0, 1.5, 2.0]])
def test_phases_of_complex_weights(modulus, free):
    """Real θ, complex W = ρe^{iθ}: Re⟨conj(dL), V⟩ is the pairing, and all derivatives follow; what
    is free has two coordinates."""
    seen, theta = phased(modulus, free)
    chart, v, p = seen.chart, uniforms(21, theta.size), uniforms(22, 4) + 1j * uniforms(23, 4)
    W, V = chart.series(theta, v, 1)
    turning = slice(None) if free is None else ~chart.free
    close(np.abs(W)[turning], np.broadcast_to(modulus, 4)[turning], kind="rounding")
    close(chart.to_W(theta).view(float), W.view(float), kind="rounding")
    close(chart.to_u(np.array([W, W]), near=theta)[1], theta, kind="rounding", scale=10)
    close(np.vdot(p, V).real, v @ chart.pullback(theta, p), kind="rounding", scale=10)
    assert seen.dtype == np.float64 == seen.differential(theta)[1].dtype
    steps = np.geomspace(0.01, 0.04, 4)
    loss, dL = seen.differential(theta)
    Hv, Tvv, c = (seen.hessian_action(theta, v), seen.third_action(theta, v), seen.jet(theta, v, 4))
    close(c[:4], [loss, dL @ v, v @ Hv / 2, v @ Tvv / 6], scale=loss)
    slope(
        [
            np.linalg.norm(seen.differential(theta + s * v)[1] - dL - s * Hv - s**2 / 2 * Tvv)
            for s in steps
        ],
        steps,
        3,
    )
    slope([seen.value(theta + s * v) - s ** np.arange(5) @ c for s in steps], steps, 5)


def test_all_weights_of_a_network_on_circles():
    """Its biases are free."""
    chart = fn.Phases.of(NET, 0.5)
    assert chart.size_W == D and chart.size == D + 7 and chart.free.sum() == 7
    close(
        np.abs(chart.to_W(uniforms(29, chart.size))[~chart.free]), np.full(25, 0.5), kind="rounding"
    )


def test_complex_coordinates():
    """sinh of complex numbers, holomorphic: derivatives on the reals of u, by the same rule."""
    theta = uniforms(20, 4) + 1j * uniforms(27, 4)
    seen, v = fn.Charted(phased()[0].potential, fn.Sinh()), uniforms(21, 4) - 1j * uniforms(28, 4)
    steps = np.geomspace(0.01, 0.04, 4)
    loss, dL = seen.differential(theta)
    H, v2 = seen.hessian(theta), v.view(float)
    Hv, Tvv = H.action(v2), H.third_action(v2)
    assert H.shape == (8, 8) and dL.dtype == seen.dtype == complex
    close(seen.jet(theta, v, 3), [loss, np.vdot(dL, v).real, v2 @ Hv / 2, v2 @ Tvv / 6], scale=loss)
    slope(
        [
            np.linalg.norm(
                seen.differential(theta + s * v)[1].view(float) - H.dL - s * Hv - s**2 / 2 * Tvv
            )
            for s in steps
        ],
        steps,
        3,
    )
    close(H.action(np.eye(8)), H.action(np.eye(8)).T, kind="rounding", scale=10)


@pytest.mark.parametrize("chart", [fn.Sinh(0.3), fn.Phases], ids=["sinh", "phases"])
def test_charts_of_a_complex_network(chart):
    """Its flow is that of W; geodesic steps are W's; derivatives through the reals of W and u."""
    net = fn.Network([3, 4, 2], "cardioid", dtype="complex128")
    x, y = (uniforms(30 + n, 9, n) + 1j * uniforms(40 + n, 9, n) for n in (3, 2))
    inner = fn.Potential(net, fn.Quadratic(), fn.Dataset(x, y))
    chart = chart.of(net, 0.5) if chart is fn.Phases else chart
    W0 = net.init(0) + 0.1 * (uniforms(50, net.size) + 1j * uniforms(51, net.size))
    seen, metric = fn.Charted(inner, chart), fn.PulledBack(chart, fn.Euclidean(net.size))
    u0 = seen.to_u(W0)
    words = dict(W0=u0, metric=metric)
    b = fn.breakdown(fn.train(seen, fn.Aristotle(0.1), steps=3, **words), at=1)
    close(b.linear + b.second + b.third + b.remainder, b.actual, kind="rounding")
    assert abs(b.remainder) < 0.1 * abs(b.second)
    assert fn.sharpness(seen, u0, metric=metric) > 0
    geodesic = fn.train(seen, fn.Geodesic(0.1), steps=20, **words)
    flow = fn.flow(seen, time=1.0, at=[1.0], **words)
    if chart.onto:
        close(
            seen.to_W(geodesic.parameters[-1]).view(float),
            fn.train(inner, fn.Aristotle(0.1), W0=W0, steps=20).parameters[-1].view(float),
        )
        there = fn.flow(inner, W0=W0, time=1.0, at=[1.0])
        np.testing.assert_allclose(
            seen.to_W(flow.parameters[0]), there.parameters[0], rtol=0, atol=1e-7
        )
    else:
        turning = seen.to_W(geodesic.parameters[-1])[~chart.free]
        close(np.abs(turning), np.full(turning.size, 0.5), kind="rounding")
        assert geodesic.loss[-1] < geodesic.loss[0] and flow.loss[-1] < geodesic.loss[0]


def test_the_torus_is_flat():
    """g̃ = ρ² and Γ = 0: a geodesic step is the plain step of θ; nothing leaves the circles."""
    modulus = np.array([0.5, 1.0, 1.5, 2.0])
    seen, theta = phased(modulus)
    metric = fn.PulledBack(seen.chart, fn.Euclidean(4))
    close(metric.seen_at(theta).stiffness, modulus**2, kind="rounding")
    assert np.abs(metric.christoffel(theta, uniforms(24, 4))).max() < 1e-15
    plain, geodesic = (
        fn.train(seen, kind(0.02), W0=theta, steps=40, metric=metric)
        for kind in (fn.Aristotle, fn.Geodesic)
    )
    close(plain.parameters[:], geodesic.parameters[:], kind="solver")
    assert plain.loss[-1] < plain.loss[0]
    close(seen.to_u(seen.to_W(theta)), theta, kind="rounding")
    some, theta = phased(modulus, [0, 1, 0, 1])
    k, v = np.array([1.0, 2.0, 3.0, 4.0]), uniforms(24, 6)
    metric = fn.PulledBack(some.chart, fn.DiagonalMetric(k)).seen_at(theta)
    close(
        metric.norm2(v),
        np.abs(some.chart.pushforward(theta, v)) ** 2 @ k,
        kind="rounding",
        scale=10,
    )
    with pytest.raises(FlownetError, match="has no lift"):
        seen.chart.lift(theta, theta)
