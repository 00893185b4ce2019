"""The action gap of a straight step: its leading term, mini-batches, and kinks."""

import numpy as np
import pytest
from tolerance import close, has_order

import flownet as fn
from flownet.linearization.departure import straight_gap


def test_the_action_gap_of_a_quadratic_is_its_leading_term():
    """Any Hessian, here of a linear network, and a metric: two nodes are enough."""
    rng = np.random.default_rng(2)
    net = fn.Network([4, 3], bias=True)
    potential = fn.Potential(
        net, fn.Quadratic(), fn.Dataset(rng.normal(size=(9, 4)), rng.normal(size=(9, 3)))
    )
    W, metric = net.init(0), fn.LayerMetric(net, [3.0])
    V = -metric.sharp(potential.differential(W)[1])
    for h in (0.01, 0.5, 4.0):
        gap = straight_gap(potential, metric, W, h * V, h)
        wanted = h**3 / 6 * metric.norm2(metric.sharp(potential.hessian_action(W, V)))
        close([gap.value, gap.leading], [wanted, wanted])
        assert gap.nodes == 4 and gap.error <= 1e-12 * wanted and abs(gap.noise) < 1e-25


@pytest.mark.parametrize("stiffness", [None, [1.0, 4.0], [0.5, np.inf]])
def test_the_action_gap_tends_to_its_leading_term(small, stiffness):
    """h³‖Hg‖²/6, what remains falls like h⁴; never negative; against many nodes of another rule."""
    metric = (
        fn.Euclidean(small.size) if stiffness is None else fn.LayerMetric(small.network, stiffness)
    )
    W = small.network.init(1)
    V = -metric.sharp(small.differential(W)[1])
    steps = 0.04 / 2.0 ** np.arange(4)
    gaps = [straight_gap(small, metric, W, h * V, h) for h in steps]
    has_order([g.value - g.leading for g in gaps], steps, 4)  # third order
    assert all(g.value > 0 and g.error <= 1e-7 * g.value for g in gaps)
    h, s = 1.0, (np.arange(4000) + 0.5) / 4000
    sums = np.mean(
        [metric.norm2(V + metric.sharp(small.differential(W + r * h * V)[1])) for r in s]
    )
    gap = straight_gap(small, metric, W, h * V, h)
    assert abs(gap.value - h / 2 * sums) < 1e-6 * gap.value


@pytest.mark.parametrize("h", [0.05, 1.0])
@pytest.mark.parametrize("batch", [slice(None), slice(0, 3)], ids=["all data", "mini-batch"])
def test_the_action_gap_is_what_a_path_costs_above_its_descent(small, batch, h):
    """½∫‖Ẇ + g^♯dL‖² = ½∫‖Ẇ‖² + ½∫‖dL‖² + L(end) − L(start), the last without a quadrature."""
    metric, W = fn.LayerMetric(small.network, [0.5, 2.0]), small.network.init(1)
    delta = -h * metric.sharp(small.on(batch).differential(W)[1])
    s, weights = np.polynomial.legendre.leggauss(40)
    raised = [metric.sharp(small.differential(W + (1 + x) / 2 * delta)[1]) for x in s]
    slopes = h / 2 * sum(w / 2 * metric.norm2(V) for w, V in zip(weights, raised))
    gap = straight_gap(small, metric, W, delta, h)
    close(
        gap.value, metric.norm2(delta) / (2 * h) + slopes + small.difference(W, delta), scale=slopes
    )
    assert (gap.noise > 0.01 * gap.value) == (batch.stop is not None)


def test_a_kink_shows_in_the_error_of_the_action_gap(small):
    """Where the integrand is not smooth, the error says what a finer rule finds."""
    net = fn.Network([2, 5, 3], "relu")
    potential, metric = fn.Potential(net, small.loss, small.data), fn.Euclidean(net.size)
    W = net.init(0)
    V = -potential.differential(W)[1]
    gap = straight_gap(potential, metric, W, 0.5 * V, 0.5)
    s = (np.arange(20_000) + 0.5) / 20_000
    sums = np.mean([metric.norm2(V + potential.differential(W + r * 0.5 * V)[1]) for r in s])
    assert gap.nodes == 32 and 0 < abs(gap.value - 0.25 * sums) < 3 * gap.error
