"""Fisher's and Gauss-Newton's metric at a point: certificates, critical steps, what is refused."""

import numpy as np
import pytest
import twins
from fisher_cases import FINE, PROMISE, dense, plain
from mistakes import told_in_one_line
from tolerance import close
from twins import every_loss

import flownet as fn
from flownet._errors import FlownetError


@every_loss
@pytest.mark.parametrize("kind", [fn.FisherMetric, fn.GaussNewtonMetric])
def test_raised_against_a_dense_solve(kind, loss, holds):
    """V, its promise and certificate; frozen layers; what is damped is the metric that is given."""
    p, W = plain(loss)
    dL = p.differential(W)[1]
    raised = kind(p, 0.01, **FINE).seen_at(W).raised(dL)
    g = dense(p, W, 0.01)
    close(raised.V, np.linalg.solve(g, dL), scale=100 * np.abs(raised.V).max())
    holds(PROMISE, raised.defect, 1e-12)
    assert raised.residual < 1e-10
    assert 1 < raised.products <= p.size
    base = fn.LayerMetric(p.network, [np.inf, 3.0])
    some = kind(p, 0.01, metric=base, tolerance=1e-14).seen_at(W)
    free = base.free
    g = p.fisher(W).dense()[np.ix_(free, free)] + 0.03 * np.eye(free.sum())
    close(some.sharp(dL)[free], np.linalg.solve(g, dL[free]), scale=100.0)
    assert not some.sharp(dL)[~free].any()
    close(some.own[free], g.diagonal())
    assert some.norm2(np.ones(p.size)) == np.inf


def test_an_early_stop_promises_what_it_is():
    """⟨dL, V_k⟩ = g(V_k, V_k) after two products, though V is far from solved."""
    p, W = plain("cross-entropy")
    dL = p.differential(W)[1]
    raised = fn.FisherMetric(p, 1e-4, iterations=2).seen_at(W).raised(dL)
    assert raised.products == 2
    assert raised.defect < 1e-14
    assert raised.residual > 1e-3


@every_loss
def test_sharpness_and_breakdown_in_it(loss):
    """Against the dense pencil (H, g), and its basis: splits add up in coordinates of the root."""
    p, W = plain(loss)
    metric, g = fn.FisherMetric(p, 0.05, **FINE), dense(p, W, 0.05)
    L = np.linalg.cholesky(g)
    H = np.linalg.solve(L, np.linalg.solve(L, p.hessian_action(W, np.eye(p.size))).T)
    np.testing.assert_allclose(
        fn.sharpness(p, W, metric=metric), np.linalg.eigvalsh(H)[-1], rtol=1e-6
    )
    b = fn.breakdown(p, W, 0.3, metric=metric)
    close(b.linear, -0.3 * p.differential(W)[1] @ np.linalg.solve(g, p.differential(W)[1]))
    assert abs(b.split("eigen").contributions.sum() / b.second - 1) < 1e-8


def test_second_order_is_half_the_step_where_the_map_is_straight():
    """Critical step 2, a promise of −2hL where J has full row rank; h = 1 lands."""
    x = twins.uniforms(83_000, 3, 4)
    p = fn.Potential(
        fn.Network([4, 2]), fn.Quadratic(), fn.Dataset(x, twins.uniforms(83_001, 3, 2))
    )
    W, metric = p.init(0), fn.FisherMetric(p, 0.0)
    b = fn.breakdown(p, W, 0.25, metric=metric, split=False)
    close(b.critical_step, 2.0)
    close(b.linear, -2 * 0.25 * p.value(W))
    assert fn.train(p, fn.Aristotle(1.0), W0=W, steps=1, metric=metric).loss[-1] < 1e-28


@pytest.mark.parametrize("h", [0.5, 1.5, 1.9, 2.02, 2.1])
def test_near_zero_residual_a_step_is_a_factor(h, holds):
    """e ← (1 − h)e + O(e²) of any map with full row rank, to 1e-6."""
    net, x = fn.Network([1, 12, 1]), np.linspace(-2, 2, 4)[:, None]
    W = net.init(seed=3)
    e = 1e-8 * twins.uniforms(84_000, 4, 1)
    p = fn.Potential(net, fn.Quadratic(), fn.Dataset(x, net.forward(W, x) - e))
    run = fn.train(
        p, fn.Aristotle(h), W0=W, steps=1, metric=fn.FisherMetric(p, 0.0, tolerance=1e-15)
    )
    after = net.forward(run.parameters[-1], x) - p.data.y
    off = np.abs(after - (1 - h) * e).max() / np.abs(e).max()
    holds("zero residual: a step is the factor |1 − h|", off, 1e-6)


def test_what_is_refused():
    p, W = plain("cross-entropy")
    metric = fn.FisherMetric(p, 0.1)
    for make, line in (
        (lambda: fn.FisherMetric(p, -1.0), "damping is -1.0"),
        (lambda: fn.FisherMetric(p, 0.1, iterations=0), "iterations is 0"),
        (lambda: fn.FisherMetric(p, 0.1, metric=metric), "has to be a constant one"),
        (lambda: fn.FisherMetric(fn.Quartic(3), 0.1), r"offers no fisher\(\)"),
        (lambda: metric.sharp(W), "depends on the point"),
        (lambda: fn.train(p, fn.Adam(0.1), W0=W, steps=1, metric=metric), "remembers vectors"),
        (
            lambda: fn.train(2 * p, fn.Aristotle(0.1), W0=W, steps=1, metric=metric),
            "its metric is made of its own potential",
        ),
        (lambda: metric.seen_at(W).sharp(W[:-1]), "shape"),
        (lambda: p.empirical_fisher(W).christoffel(W), "no geodesics of the empirical Fisher"),
    ):
        with told_in_one_line(line):
            make()
    assert isinstance(metric.seen_at(W), fn.Metric)
    with pytest.raises(FlownetError, match="a run of RungeKutta counts"):
        fn.go_on(fn.train(p, fn.Aristotle(0.1), W0=W, steps=1, metric=metric), steps=1,
                 metric=fn.Euclidean(p.size))  # fmt: skip
