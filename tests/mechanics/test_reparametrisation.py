"""Coordinates rescaled and time run otherwise: which mechanics follow the same path."""

import numpy as np
import pytest
import twins
from family_case import W0
from landscapes import HalfSquare, Rescaled
from tolerance import has_order

import flownet as fn


@pytest.mark.parametrize(
    "mechanics, covariant",
    [
        (fn.Aristotle(0.1), True),
        (fn.Newton(0.1, 0.7, 0.5), True),
        (fn.Nesterov(0.05, 0.8), True),
        (fn.Newton(0.1, 0.7, 0.5, "leapfrog", temperature=1e-3), True),
        (fn.Langevin(0.1, 1e-3), True),
        (fn.ThierryMieg(0.1, 0.7, 0.5, 0.8), True),
        (fn.RMSProp(0.01), False),
        (fn.Adam(0.01), False),
    ],
    ids=lambda x: getattr(x, "kind", ""),
)
def test_rescaled_coordinates_with_the_metric_transformed_alike(p, mechanics, covariant):
    """The same path, but for mechanics that know the size of a force in one coordinate (TM 9)."""
    c, g = np.exp(twins.uniforms(97_100, p.size)), np.exp(twins.uniforms(97_200, p.size))
    W = fn.train(p, mechanics, W0=W0, steps=50, metric=fn.DiagonalMetric(g)).parameters[:]
    U = fn.train(
        Rescaled(p, c), mechanics, W0=W0 / c, steps=50, metric=fn.DiagonalMetric(c * c * g)
    ).parameters[:]
    apart = np.abs(c * U - W).max()
    assert apart < 1e-12 if covariant else apart > 0.01


def curves(p, mechanics, lengths):
    """Flows of L and of ½L² to the same loss."""
    return [
        fn.flow(q, W0=W0, time=time, mechanics=mechanics, rtol=1e-12, atol=1e-14, loss_below=bound)
        for q, time, bound in zip(
            (p, HalfSquare(p)), lengths, (0.5 * p.value(W0), 0.125 * p.value(W0) ** 2)
        )
    ]


def test_the_rate_changes_the_clock_of_aristotle_and_the_path_of_newton(p):
    """η(t) = L(t) is the flow of ½L² (TM 22): for Aristotle the same curve, for Newton another."""
    same, other = (curves(p, m, (50.0, 500.0)) for m in (None, fn.Newton(0.1, friction=0.3)))
    scale = np.linalg.norm(same[0].parameters[-1] - W0)
    assert fn.curve_distance(*same) < 1e-4 * scale
    np.testing.assert_allclose(same[0].parameters[-1], same[1].parameters[-1], atol=1e-7 * scale)
    assert not 0.8 < same[1].time[-1] / same[0].time[-1] < 1.25
    assert np.linalg.norm(other[0].parameters[-1] - other[1].parameters[-1]) > 1e-3 * scale


def test_steps_of_the_loss_follow_that_flow(p):
    """W ← W − L·δt·dL to first order in δt."""
    steps = np.array([0.02, 0.01, 0.005])
    end = fn.flow(HalfSquare(p), W0=W0, time=1.0, rtol=1e-10).parameters[-1]
    errors = [
        np.linalg.norm(
            fn.train(p, fn.Aristotle(fn.LossRate(h)), W0=W0, steps=round(1 / h)).parameters[-1]
            - end
        )
        for h in steps
    ]
    has_order(errors, steps, 1)
