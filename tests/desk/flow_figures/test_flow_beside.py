"""The flow beside a run: its times, its metric and its mechanics."""

import numpy as np
import pytest
from pictures import STRICT

import flownet as fn
from flownet.desk.plot._beside import beside

pytestmark = STRICT


def test_the_flow_beside_a_run_has_its_times_and_its_metric(xor_potential):
    metric = fn.LayerMetric(xor_potential.network, [1.0, np.inf])
    run = fn.train(xor_potential, fn.Aristotle(0.05), steps=900, metric=metric)
    flow = beside(run)
    assert set(flow.time) <= set(run.time) and len(flow) <= 400
    assert flow.time[-1] == run.time[-1]
    assert np.array_equal(flow.parameters[-1][~metric.free], run.parameters[0][~metric.free])
    figure = fn.plot.flows(run, flow, resolution=9)
    assert "in the metric" in figure.axes[1].get_ylabel()


@pytest.mark.parametrize(
    "mechanics",
    [fn.Newton(0.3), fn.Adam(0.01), fn.RungeKutta()],
    ids=["newton", "adam", "runge-kutta"],
)
def test_beside_a_run_is_the_flow_of_its_mechanics(mechanics, xor):
    """Drawn and named; losses of flows and of adaptive runs are drawn as well."""
    potential = fn.Potential(fn.Network([2, 2, 1], "tanh"), fn.Quadratic(), xor)
    run = fn.train(potential, mechanics, steps=60, seed=3)
    flow = fn.plot.beside(run)
    path = np.linalg.norm(np.diff(run.parameters[:], axis=0), axis=1).sum()
    assert np.linalg.norm(flow.parameters[-1] - run.parameters[-1]) < 0.2 * path
    figure = fn.plot.flows(run, flow, resolution=9)
    assert type(mechanics).__name__[:5] in figure._suptitle.get_text()
    assert fn.plot.loss(run) and fn.plot.loss(flow)
