"""A metric of one's own: five methods are enough."""

import numpy as np
from metric_settings import D
from tolerance import close
from twins import uniforms

import flownet as fn


class Mirror(fn.Metric):
    """g couples each parameter with its mirror image: (V_i² + V_i V_{D−1−i}/2) summed."""

    size, free = D, np.ones(D, bool)

    def flat(self, V):
        return V + V[::-1] / 2

    def sharp(self, dL):
        return (dL - dL[::-1] / 2) / 0.75

    def coordinates(self, V):
        return self._power(V, 0.5)

    def displacement(self, x):
        return self._power(x, -0.5)

    def _power(self, V, p):
        even, odd = (V + V[::-1]) / 2, (V - V[::-1]) / 2
        return 1.5**p * even + 0.5**p * odd


def test_the_real_view_of_a_metric_of_one_s_own():
    metric, z = Mirror(), uniforms(67, D) + 1j * uniforms(68, D)
    for name in ("sharp", "flat", "coordinates", "displacement"):
        np.testing.assert_array_equal(
            getattr(metric, name)(z).view(float), getattr(metric.real_view(), name)(z.view(float))
        )
    close(metric.norm2(z), metric.real_view().norm2(z.view(float)), kind="rounding")
    assert metric.real_view().free.all() and metric.real_view().size == 2 * D


def test_a_metric_of_one_s_own(potential, tmp_path):
    """Five methods: it trains, flows, is broken down and seen in curvature; files ask for it."""
    metric, W0 = Mirror(), uniforms(63, D)
    for mechanics in (fn.Aristotle(0.1), fn.Newton(0.1)):
        run = fn.train(
            potential,
            mechanics,
            W0=W0,
            steps=10,
            metric=metric,
            store=tmp_path / f"{mechanics.kind}.h5",
        )
        again = fn.resume(tmp_path / f"{mechanics.kind}.h5", metric=metric, steps=20)
        whole = fn.train(potential, mechanics, W0=W0, steps=20, metric=metric)
        np.testing.assert_array_equal(again.parameters[:], whole.parameters[:])
    dL = potential.differential(W0)[1]
    close(run.parameters[1], W0 + 0.1 * -metric.sharp(dL) * -np.expm1(-0.1))
    flow = fn.flow(potential, W0=W0, time=1.0, metric=metric, at=[1.0])
    fine = fn.train(potential, fn.Aristotle(0.001), W0=W0, steps=1000, metric=metric)
    assert np.abs(flow.parameters[-1] - fine.parameters[-1]).max() < 2e-3
    close(metric.own, np.ones(D))
    W = W0.copy()
    values = np.linalg.eigvals(
        np.stack([metric.sharp(potential.hessian_action(W, e)) for e in np.eye(D)], axis=1)
    ).real
    close(fn.sharpness(potential, W, metric=metric), values.max(), kind="solver")
    close(
        fn.breakdown(run, at=3).linear,
        potential.differential(run.parameters[3])[1] @ (run.parameters[4] - run.parameters[3]),
        kind="solver",
    )
