"""A user's mistakes with charts: functions that disagree, and what is refused in one line."""

import numpy as np
import pytest
from interference import phased
from settings_of_charts import CHARTS, POTENTIAL, W0, D, cubic, point
from twins import uniforms

import flownet as fn
from flownet._errors import FlownetError


@pytest.mark.parametrize(
    "wrong, says",
    [
        (dict(pushforward=lambda u, v: v), "pushforward of cubic is not the derivative of to_W"),
        (dict(pullback=lambda u, p: p), "pullback of cubic is not the adjoint of pushforward"),
        (dict(second=lambda u, v: v), "second of cubic is not the derivative of pushforward"),
        (dict(third=lambda u, v: v), "third of cubic is not the derivative of second"),
        (
            dict(second_pullback=lambda u, v, p: p),
            "second_pullback of cubic is not the derivative of",
        ),
        (
            dict(third_pullback=lambda u, v, p: p),
            "third_pullback of cubic is not the derivative of",
        ),
        (dict(lift=lambda u, V: V), "lift of cubic is not a right inverse of pushforward"),
        (dict(drop=lambda u, p: p), "drop of cubic is not the adjoint of lift"),
        (dict(to_u=np.arcsinh), "to_u of cubic is not the inverse of to_W"),
        (dict(to_W=lambda u: u[1:]), r"to_W of cubic gave .* it has to be \(32,\)"),
        (dict(second=None), "was given without second, which this asks for"),
        (dict(to_W=3), "to_W is 3; it has to be a function"),
        (dict(size=0), "size is 0; it has to be a whole number above 0"),
    ],
)
def test_functions_that_disagree(wrong, says):
    with pytest.raises(FlownetError, match=says):
        fn.Charted(POTENTIAL, cubic(**wrong)).jet(uniforms(25, D), W0)


SEEN = fn.PulledBack(fn.Sinh(), fn.Euclidean(D))


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: fn.Charted(3, fn.Sinh()), "potential is 3, without size"),
        (lambda: fn.Charted(POTENTIAL, fn.Sinh), "has to be one such as flownet.Sinh"),
        (
            lambda: fn.Charted(fn.Parabola(3), CHARTS["rescaling"]),
            "one of 32 parameters, the potent",
        ),
        (
            lambda: fn.PulledBack(CHARTS["rescaling"], fn.Euclidean(3)),
            "one of 32 parameters, the met",
        ),
        (lambda: fn.PulledBack(fn.Sinh(), "soft"), "constant one of W"),
        (lambda: fn.PulledBack(fn.Sinh(), SEEN), "constant one of W"),
        (lambda: fn.PulledBack(3, fn.Euclidean(3)), "chart is 3"),
        (lambda: fn.Rescaling([1.0, 0.0]), "finite numbers other than 0"),
        (lambda: fn.Phases(0.0), "number above 0"),
        (lambda: fn.Phases([1.0, 2.0], [1]), "one entry for each parameter"),
        (lambda: fn.WeightNormalisation(3), "has to be a flownet.Network"),
        (lambda: CHARTS["weight normalisation"].to_u(np.zeros(D)), "layer 1 unit 1 are all 0"),
        (
            lambda: CHARTS["weight normalisation"].lift(
                np.where(np.arange(39) == 16, 0.0, 1.0), W0
            ),
            "unit 2 of a layer has the length g = 0",
        ),
        (lambda: fn.in_W(3), "has to be a Trajectory"),
        (
            lambda: fn.in_W(fn.train(POTENTIAL, fn.Aristotle(0.1), W0=W0, steps=1)),
            "not one in the coo",
        ),
        (
            lambda: fn.in_W(
                fn.train(fn.Charted(POTENTIAL, fn.Sinh()), fn.Aristotle(0.1), W0=W0, steps=1)
            ),
            "say which to measure with",
        ),
        (
            lambda: fn.in_W(
                fn.train(
                    phased()[0],
                    fn.Aristotle(0.1),
                    W0=np.ones(4),
                    steps=1,
                    metric=fn.PulledBack(fn.Phases(), fn.Euclidean(4)),
                )
            ),
            "a surface",
        ),
        (
            lambda: fn.departure(
                fn.train(
                    fn.Charted(POTENTIAL, fn.Sinh()), fn.Aristotle(0.1), W0=W0, steps=1, metric=SEEN
                )
            ),
            r"path of W, flownet.in_W\(run\)",
        ),
        (lambda: fn.curl(fn.Charted(POTENTIAL, fn.Sinh()), W0, metric=SEEN), "a constant metric"),
        (lambda: SEEN.sharp(W0), r"metric.seen_at\(u\) is the one at u"),
        (lambda: fn.Geodesic(0.1, 3), "'exact' or of order 2"),
        (lambda: fn.Charted(fn.Quartic(2), fn.Sinh()).init(0), "no network to initialise"),
        (lambda: fn.train(POTENTIAL, fn.Adam(0.1), W0=W0, steps=1, metric=SEEN), "Adam remembers"),
        (
            lambda: fn.flow(POTENTIAL, mechanics=fn.Newton(0.1), W0=W0, time=1.0, metric=SEEN),
            "Newton remembers",
        ),
        (
            lambda: fn.flow(POTENTIAL, field=fn.Modified(0.1), W0=W0, time=1.0, metric=SEEN),
            "a field of a constant metric",
        ),
        (
            lambda: fn.Charted(POTENTIAL, CHARTS["weight normalisation"]).hessian_diagonal(
                point(CHARTS["weight normalisation"])[0]
            ),
            "mixes parameters",
        ),
    ],
)
def test_mistakes(make, says):
    with pytest.raises(FlownetError, match=says):
        make()
