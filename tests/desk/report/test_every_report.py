"""Every run has a report: of any potential, metric and mechanics, estimated, without a spectrum."""

import numpy as np
import pytest
from pictures import STRICT
from reports import PANELS, digits, titles
from tolerance import close

import flownet as fn
from flownet.desk.report import _measured, _tables
from flownet.geometry.curvature import NoSpectrum, _curvature
from flownet.linearization.breakdown import Breakdown
from flownet.linearization.breakdown._series import SPLIT

pytestmark = STRICT

CASES = {
    "mini-batches in float32": (
        lambda: fn.train(
            digits("tanh", fn.CrossEntropy, "float32"), fn.Aristotle(0.3), steps=20, batch_size=16
        ),
        PANELS,
        "sharpness of the full potential",
    ),
    "a metric and no charge": (
        lambda: fn.train(
            digits("tanh"),
            fn.Aristotle(0.1),
            steps=9,
            metric=fn.LayerMetric(digits().network, [1.0, 4.0]),
        ),
        PANELS[:5],
        "sharpness in the run's metric",
    ),
    "between recorded rows": (
        lambda: fn.train(digits(), fn.Aristotle(0.1), steps=20, record_every=5),
        [PANELS[0], PANELS[4]],
        "the terms: the run keeps no two consecutive states",
    ),
    "a divergence": (
        lambda: fn.train(fn.Parabola(2), fn.Aristotle(3.0), W0=[1.0, 2.0], steps=2000),
        PANELS[:5],
        "57 of 511 steps",
    ),
    "an analytic potential": (
        lambda: fn.train(fn.UV(2), fn.Aristotle(0.1), W0=[1.0, 0.5, -0.3, 0.2], steps=15),
        PANELS,
        "charges u, v: drift",
    ),
    "a step policy": (
        lambda: fn.train(digits(), fn.Aristotle("linear:0.2"), steps=9),
        PANELS,
        "9 of 9 steps",
    ),
    "nothing left to promise": (
        lambda: fn.train(fn.Parabola(), fn.Aristotle(1.0), W0=[1.0], steps=9),
        None,
        "8 more are",
    ),
}


@pytest.mark.parametrize("make, panels, words", CASES.values(), ids=CASES)
def test_every_run_has_a_report(make, panels, words):
    run = make()
    found = _measured.measure(run)
    told = str(_tables.report(found))
    assert words in " ".join(told.split()) and max(map(len, told.splitlines())) <= 100
    drawn = titles(fn.plot.report(run, found))
    assert drawn == (panels or PANELS[:5])
    np.testing.assert_allclose(found.edge, 2 / run.step)
    if found.sharpness is not None and run.metric is not None:
        close(
            found.sharpness.value[0],
            fn.sharpness(run.potential, run.parameters[0], metric=run.metric),
            kind="solver",
        )


def test_estimates_are_called_so(monkeypatch):
    run = fn.train(digits(), fn.Aristotle(0.1), steps=2)
    monkeypatch.setattr("flownet.linearization.splits._diagonals.EXACT_WORK", 0)
    found = _measured.measure(run)
    assert (found.series.column("error_second_self") > 0).all()
    assert "estimated from random probes" in " ".join(str(_tables.report(found)).split())


def test_other_mechanics_have_another_edge(run):
    """2/step and the charges are Aristotle's alone."""
    other = fn.Trajectory.open(run.path)
    other.mechanics = fn.Newton(0.2)
    found = _measured.measure(other)
    assert found.edge is None and found.charges is None
    assert "those of Aristotle's mechanics" in str(_tables.report(found))
    figure = fn.plot.report(other, found)
    assert titles(figure) == PANELS[:5] and len(figure.axes[4].lines) == 1


def test_a_state_without_a_spectrum_is_nan(run, monkeypatch):
    """A run that diverges keeps the sharpness of its other states."""
    whole, asked = fn.sharpness(run, every=20).value, []

    search = _curvature._found

    def found_or_not(*args, **words):
        asked.append(words["start"])
        if len(asked) == 2:
            raise NoSpectrum("the Hessian is not finite at these parameters.")
        return search(*args, **words)

    monkeypatch.setattr(_curvature, "_found", found_or_not)
    found = fn.sharpness(run, every=20).value
    assert np.isnan(found[1]) and asked[2] is None
    close(found[[0, 2, 3]], whole[[0, 2, 3]], kind="solver")


def test_a_step_without_a_spectrum_is_nan(run, monkeypatch):
    """And the other steps of the run are split all the same."""

    def split(b, basis):
        raise NoSpectrum("the Hessian is not finite at these parameters.")

    monkeypatch.setattr(Breakdown, "split", split)
    series = fn.breakdown(run, every=35, split=True)
    assert np.isnan([series.column(name) for name in SPLIT]).all() and series.words == ["", ""]
    assert np.isfinite(series.second).all()
