"""The departure of a run from its flow beside the plane, in closed form."""

import numpy as np
import pytest
from pictures import STRICT
from tolerance import close

import flownet as fn
from flownet.desk.plot import _paths
from flownet.desk.plot._picture import Picture

pytestmark = STRICT


@pytest.mark.parametrize("stiffness", [None, [1.0, 4.0, 9.0]])
def test_departure_on_a_parabola_is_the_closed_form(on_a_parabola, stiffness):
    run, _, W0 = on_a_parabola
    metric = fn.Euclidean(3) if stiffness is None else fn.DiagonalMetric(stiffness)
    flow = fn.flow(run.potential, W0=W0, time=3.0, at=run.time, rtol=1e-12, atol=1e-14)
    picture = Picture(run, flow, metric)
    (line,) = picture.departure.lines
    k = np.arange(1, 31)
    expected = np.abs(0.8**k - np.exp(-0.2 * k)) * np.sqrt(metric.norm2(W0))
    close(line.get_xdata(), 0.1 * k)
    close(line.get_ydata(), expected, kind="solver")


def test_between_two_rows_the_run_goes_straight(on_a_parabola):
    run, flow, W0 = on_a_parabola
    apart = _paths.distances(_paths.path("run", run), _paths.path("flow", flow), fn.Euclidean(3))
    k, s = np.divmod(apart[0] / 0.1 + 1e-9, 1)
    polygon = 0.8**k * (1 - 0.2 * s)
    expected = np.abs(polygon - np.exp(-2 * apart[0])) * np.linalg.norm(W0)
    close(apart[1], expected, kind="solver", scale=np.linalg.norm(W0))
