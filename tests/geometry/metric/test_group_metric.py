"""A stiffness for each neuron, and for groups of parameters by name."""

import numpy as np
import pytest
from every_metric import INF, NET
from metric_settings import D

import flownet as fn
from flownet._errors import FlownetError


def test_a_stiffness_for_each_neuron():
    """A neuron is a unit with what enters it and its bias; numbers are for a whole layer."""
    metric = fn.GroupMetric(fn.Network([2, 3, 1]), [[1.0, 2.0, INF], 5.0])
    np.testing.assert_array_equal(metric.own, [1, 1, 2, 2, INF, INF, 1, 2, INF, 5, 5, 5, 5])
    np.testing.assert_array_equal(metric.free, metric.own < INF)
    assert fn.GroupMetric(NET, 3.0).own.tolist() == [3.0] * D


def test_named_groups():
    """Of neurons, of inputs (weights alone), a layer, a mask, indices."""
    net = fn.Network([2, 3, 1])
    own = lambda **group: fn.GroupMetric(net, groups={"a": {"stiffness": 9, **group}}).own  # noqa: E731
    expected = {
        (0, 1, 6): {"layer": 0, "neurons": [0]},
        (1, 3, 5): {"layer": 0, "inputs": [1]},
        (3,): {"layer": 0, "neurons": [1], "inputs": [1]},
        (9, 10, 11, 12): {"layer": 1},
        (2, 12): {"where": [12, 2]},
        (0, 4): {"where": np.isin(np.arange(13), [0, 4])},
    }
    for places, group in expected.items():
        np.testing.assert_array_equal(own(**group), np.where(np.isin(range(13), places), 9, 1))


@pytest.mark.parametrize(
    "stiffness, line",
    [
        ([1.0], "4 entries, one for each layer"),
        ([1.0, 1.0, [1.0, 2.0], 1.0], "layer 3 has 4 neu"),
        ([1.0, 0.0, 1.0, 1.0], "layer 2 is not above 0"),
        ("soft", "4 entries"),
        (-1.0, "layer 1 is"),
    ],
)
def test_groups_that_do_not_fit(stiffness, line):
    with pytest.raises(FlownetError, match=line):
        fn.GroupMetric(NET, stiffness)


@pytest.mark.parametrize(
    "group, line",
    [
        ({"layer": 0}, "has the stiffness None"),
        ({"stiffness": 0.0, "layer": 0}, "above 0"),
        ({"stiffness": 1.0}, "either where, or a layer"),
        ({"stiffness": 1.0, "layer": 0, "where": [1]}, "either where, or a layer"),
        ({"stiffness": 1.0, "layer": 4}, "layer names 4; there are 4 layers, counted from 0"),
        ({"stiffness": 1.0, "layer": 0, "neurons": [4]}, "neurons names 4; there are 4"),
        ({"stiffness": 1.0, "layer": 0, "neuron": [4]}, "did you mean 'neurons'"),
        ({"stiffness": 1.0, "where": [D]}, f"names {D}; there are {D} parameters"),
        ({"stiffness": 1.0, "where": np.ones(3, bool)}, "a mask of 3"),
        ({"stiffness": 1.0, "where": [0.5]}, "a mask .D,. or a row of whole numbers"),
        ([1.0], "it has to be a table"),
    ],
)
def test_a_group_that_does_not_fit(group, line):
    with pytest.raises(FlownetError, match=line):
        fn.GroupMetric(NET, groups={"a": group})


def test_of_two_groups_the_one_that_freezes_counts():
    frozen, slow = {"stiffness": INF, "where": [1, 3]}, {"stiffness": 9.0, "where": [3, 4]}
    for groups in ({"a": frozen, "b": slow}, {"b": slow, "a": frozen}):
        assert fn.GroupMetric(NET, groups=groups).own[:5].tolist() == [1, INF, 1, INF, 9]


def test_groups_do_not_share_a_parameter():
    with pytest.raises(FlownetError, match="'a' and 'b' share parameter 3"):
        fn.GroupMetric(
            NET,
            groups={
                "a": {"stiffness": 2.0, "where": [1, 3]},
                "b": {"stiffness": 3.0, "layer": 0, "neurons": [1]},
            },
        )
