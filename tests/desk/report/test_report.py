"""`flownet breakdown`: the report of a run as tables, as analyses in its file, and as a figure."""

import numpy as np
import pytest
from pictures import STRICT, is_drawn
from reports import PANELS, digits, shell, titles
from tolerance import close

import flownet as fn
from flownet.desk.report import _measured
from flownet.linearization.breakdown import kept

pytestmark = STRICT


def test_it_prints_tables_that_fit_a_page(reported, run):
    told = reported[1]
    assert max(map(len, told.splitlines())) <= 100 and len(told.splitlines()) <= 70
    for words in (
        "24 of 70 steps, every 3rd",
        "Promise and delivery",
        "sharpness",
        "2/step",
        "Second order by parameters",
        "Third order by parameters",
        "Verdicts: ",
        "The most broken of these steps is step",
        "charges hidden 1: drift",
        "predicted",
        f"stored in {run.path}",
        "figure in",
    ):
        assert words in told, words
    row = next(line.split() for line in told.splitlines() if line.startswith("     0"))
    b = fn.breakdown(run, at=0)
    shares = [float(word) for word in row[3:7]]
    wanted = [100 * b.share(value) for value in (b.second, b.third, b.remainder, b.actual)]
    np.testing.assert_allclose(shares, wanted, rtol=0.005)
    assert (
        float(row[-1]) == 10.0
        and abs(float(row[-2]) / fn.sharpness(run.potential, run.parameters[0]) - 1) < 1e-3
    )


def test_what_it_finds_is_stored_and_read_again(run):
    """Number for number what the library says."""
    assert set(run.analyses) == {"breakdown", "sharpness", "charges"}
    series = fn.breakdown(run, every=3, split=True)
    np.testing.assert_array_equal(kept(run).values, series.values)
    for found, made in zip(run.analyses["sharpness"], fn.sharpness(run, every=3)):
        np.testing.assert_array_equal(found, made)
    drift = fn.charges(run.potential).along(run)
    np.testing.assert_array_equal(run.analyses["charges"].value[:, 0], drift.drift)
    np.testing.assert_array_equal(run.analyses["charges"].value[:, 1], drift.predicted)
    again = _measured.kept(run)
    assert again.every == 3 and again.charges.error == drift.error and again.split


def test_its_bands_and_verdicts_are_those_of_each_step(run):
    for k in (0, 33):
        b, stored = fn.breakdown(run, at=k), kept(run)[k // 3]
        signs, rotations = b.split("parameters").flips, b.split("parameters").rotations
        assert (stored.known["signs_second_low"], stored.known["signs_second_high"]) == (
            signs.band("second")
        )
        assert (stored.known["signs_third_low"], stored.known["signs_third_high"]) == (
            signs.band("third")
        )
        assert stored.known["chance_second_self"] == rotations.second_self
        assert kept(run).words[k // 3] == b.verdict.words
        assert stored.second_self == b.second_self and stored.known["error_second_self"] == 0


def test_it_draws_what_was_stored(reported, run, monkeypatch):
    """All panels, beside the run, and again without computing anything."""
    assert is_drawn(reported[0].with_suffix(".breakdown.png"))
    monkeypatch.setattr("flownet.desk.plot._report.measure", None)
    figure = fn.plot.report(run)
    assert titles(figure) == PANELS
    for axis in figure.axes:
        assert axis.get_xlabel() == "time t = Σ step" and axis.get_ylabel()
        assert axis.get_legend().get_texts()
    edge = next(line for line in figure.axes[4].lines if line.get_label() == "2/step")
    assert set(edge.get_ydata()) == {10.0}
    actual, predicted = (line.get_ydata() for line in figure.axes[5].lines)
    close(actual, predicted)
    pairs = figure.axes[3].lines[1].get_ydata()
    series = kept(run)
    close(pairs, 100 * (series.second - series.column("second_self")) / np.abs(series.linear))


def test_a_figure_may_go_elsewhere(reported, tmp_path):
    told = shell("plot", reported[0], "-o", tmp_path / "a.pdf", "--kind", "report")
    assert f"figure in {tmp_path / 'a.pdf'}" in told and (tmp_path / "a.pdf").exists()


def test_a_run_that_was_stopped_is_told_but_not_stored(tmp_path):
    path = tmp_path / "stopped.h5"

    def stop(state):
        if state.iteration == 8:
            raise KeyboardInterrupt
        return 0.0

    with pytest.raises(KeyboardInterrupt):
        fn.train(digits(), fn.Aristotle(0.1), steps=20, store=path, observe={"stop": (1, stop)})
    told = shell("breakdown", path)
    assert "is not finished" in told and "Verdicts" in told
    assert path.with_suffix(".breakdown.png").exists()
    assert not len(fn.Trajectory.open(path).analyses)
