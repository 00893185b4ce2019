"""Flows in a metric that depends on time, from stage to stage."""

from contextlib import suppress

import numpy as np
import pytest
from every_metric import NET
from metric_settings import TIMED, W0
from tolerance import close

import flownet as fn


def test_a_flow_in_stages_is_one_flow_after_another(potential):
    """Each from where the one before ended; a change is met exactly, and is a row of its own."""
    words = {"rtol": 1e-10, "atol": 1e-12}
    flow, W, ends = fn.flow(potential, W0=W0, time=3.0, metric=TIMED, **words), W0, [0.9, 2.35, 3.0]
    assert np.isin(ends, flow.time).all() and (np.diff(flow.time) > 0).all()
    for metric, begin, end in zip(TIMED.metrics, [0.0, 0.9, 2.35], ends):
        W = fn.flow(potential, W0=W, time=end - begin, metric=metric, **words).parameters[-1]
        close(flow.parameters[int(np.flatnonzero(flow.time == end)[0])], W, kind="solver")
    by_function = fn.flow(potential, W0=W0, time=3.0, metric=TIMED.at, rtol=1e-9, atol=1e-11)
    assert np.abs(by_function.parameters[-1] - W).max() < 1e-6  # it steps over the changes


def test_a_flow_in_a_smooth_metric_is_that_of_another_time():
    """Stiffness 1/(1+t) in every direction: W(t) = W₀e^{−τ} with τ = ∫(1+t)dt = t + t²/2."""
    parabola = fn.Parabola(3)
    start = np.array([1.0, -2.0, 0.5])
    at = np.linspace(0, 1.5, 4)
    metric = lambda t: fn.DiagonalMetric(np.full(3, 1 / (1 + t)))  # noqa: E731
    flow = fn.flow(parabola, W0=start, time=1.5, metric=metric, at=at, rtol=1e-11)
    close(flow.parameters[:], np.exp(-at - at**2 / 2)[:, None] * start, kind="solver")


def test_stiffness_that_changes_direction():
    """Soft along one axis, then along the other: stabilised steps in both, as far as e^{−t/g}."""
    stages = [fn.DiagonalMetric(g) for g in ([1.0, 1e-5], [1e-5, 2.0], [1.0, 1.0])]
    flow = fn.flow(
        fn.Parabola(2),
        W0=[1.0, 1.0],
        time=5.0,
        rtol=1e-7,
        atol=1e-9,
        metric=fn.TimedMetric([0.0, 2.0, 4.0], stages),
        at=[1.0, 2.0, 5.0],
    )
    assert 0 < flow.observables["method"].value.sum() < len(flow.step)
    close(flow.parameters[:2, 0], np.exp([-1.0, -2.0]), scale=1e6)  # to 1e-6
    assert np.abs(flow.parameters[-1]).max() < 1e-6


@pytest.mark.parametrize(
    "metric, mechanics", [(TIMED, None), (TIMED, fn.Newton(0.1)), (TIMED.at, fn.Adam(0.05))]
)
def test_a_flow_is_resumed_bit_for_bit(metric, mechanics, potential, tmp_path, monkeypatch):
    """Interrupted after some of its stretches, also right at a change of the metric."""
    from flownet.motion.flow._run import FlowRun

    def follow(store=None):
        return fn.flow(
            potential,
            W0=W0,
            time=3.0,
            mechanics=mechanics,
            metric=metric,
            store=store,
            rtol=1e-5,
            at=[0.5, 0.9, 1.7, 3.0],
            overwrite=True,
        )

    whole, stretch, save = follow(), FlowRun._stretch, FlowRun._save
    monkeypatch.setattr(FlowRun, "_save", lambda self, force=False: save(self, True))
    for stop in (1, 2):
        left = [stop]

        def interrupted(self, steps, left=left):
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            return stretch(self, min(steps, 16))

        monkeypatch.setattr(FlowRun, "_stretch", interrupted)
        with suppress(KeyboardInterrupt):
            follow(tmp_path / "f.h5")
        monkeypatch.setattr(FlowRun, "_stretch", stretch)
        words = {"metric": metric} if metric is not TIMED else {}
        again = fn.resume(tmp_path / "f.h5", **words)
        np.testing.assert_array_equal(again.parameters[:], whole.parameters[:])
        np.testing.assert_array_equal(again.step, whole.step)


def test_a_flow_that_ends_below_a_gradient(potential):
    """‖dL‖ is in the metric of the time: a change of the metric may end the flow at once."""
    soft, stiff = fn.LayerMetric(NET, [1.0] * 4), fn.LayerMetric(NET, [1e6] * 4)
    flow = fn.flow(
        potential,
        W0=W0,
        time=9.0,
        gradient_below=1e-2,
        metric=fn.TimedMetric([0.0, 0.5], [soft, stiff]),
    )
    assert flow.time[-1] == 0.5 and (np.diff(flow.time) > 0).all()
