"""Frozen layers stand still and cost nothing."""

import numpy as np
import pytest
from every_metric import INF, NET, ONES, frozen
from metric_settings import D
from twins import uniforms

import flownet as fn


def test_a_frozen_metric_has_no_direction(potential):
    """All layers frozen: a run stands still."""
    run = fn.train(
        potential,
        fn.Aristotle(0.3),
        W0=uniforms(62, D),
        steps=3,
        metric=fn.LayerMetric(NET, [INF] * 4),
    )
    np.testing.assert_array_equal(run.parameters[-1], run.parameters[0])
    assert frozen(ONES).free.sum() == 40


@pytest.mark.parametrize("m", [9, 400])
@pytest.mark.parametrize("lowest", [0, 1, 2, 3, 4])
def test_no_covector_below_the_lowest_free_layer(lowest, m):
    """The kernel writes none: what lay in its memory lies there still, on one thread or two."""
    data = fn.Dataset(uniforms(64, m, 3), uniforms(65, m, 2))
    for net in (NET, fn.Network(NET.sizes, "relu", bias=False)):
        whole, W = fn.Potential(net, fn.Quadratic(), data), uniforms(66, net.size)
        loss, dL = whole.differential(W)
        above = np.arange(net.size) >= ([0] + [end for _, end in net.ranges])[lowest]
        found = np.full(net.size, np.nan)
        whole._differential(W, found, lowest)
        np.testing.assert_array_equal(found, np.where(above, dL, np.nan))
        for each in (whole, whole + 0.1 * fn.Parabola(net.size)):
            L, found = each.differential(W, lowest=lowest)
            np.testing.assert_array_equal(found[above], each.differential(W)[1][above])
            assert each.value(W) == L
    assert loss > 0


@pytest.mark.parametrize(
    "first, lowest",
    [([1.0] * 4, 0), ([INF, 1.0, 1.0, 1.0], 1), ([INF, INF, 1.0, INF], 2), ([INF] * 4, 4)],
)
def test_where_the_pullback_stops(first, lowest):
    """The same for every metric that freezes the same parameters; one free weight is enough."""
    from flownet.motion._problem import lowest_layer

    own = fn.LayerMetric(NET, first).own
    kinds = [
        fn.LayerMetric(NET, first),
        fn.GroupMetric(NET, first),
        fn.DiagonalMetric(own),
        fn.CoupledMetric(NET, np.diag(first)),
        fn.TimedMetric([0.0, 1.0], [fn.LayerMetric(NET, first), fn.Euclidean(D)]),
    ]
    for metric in kinds:
        assert lowest_layer(metric.at(0.5).free, NET) == lowest
    assert lowest_layer(kinds[-1].at(1.0).free, NET) == 0
    one = fn.GroupMetric(NET, first, groups={"one": {"stiffness": 1.0, "where": [15]}})
    assert lowest_layer(one.free, NET) == 0
