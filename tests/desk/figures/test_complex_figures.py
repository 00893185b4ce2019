"""Figures, tables and films of a complex run show its numbers."""

import numpy as np
import pytest
from click.testing import CliRunner
from drawings import of_a_complex_run
from mistakes import told_in_one_line
from pictures import STRICT, is_drawn
from PIL import Image
from tolerance import close

import flownet as fn
from flownet.desk import cli
from flownet.desk.plot._picture import Picture
from flownet.desk.report import _tables
from flownet.model.network import in_reals

pytestmark = STRICT


@pytest.fixture(scope="module")
def figures(complex_parts, measured):
    """Those of the complex run alone: the others take long."""
    return of_a_complex_run(*complex_parts, measured)


def test_flows_of_a_complex_run_are_drawn_in_the_plane_of_its_reals(complex_parts):
    run, flow = complex_parts
    picture = Picture(run, flow, resolution=9)
    W, at = run.parameters[:], flow.parameters[:]
    (line,) = picture.departure.lines
    apart = np.linalg.norm(W - at, axis=1)
    close(line.get_xdata(), run.time[1:], kind="rounding")
    close(line.get_ydata(), apart[1:])
    assert apart[0] == 0.0  # a common start
    first, second = picture.found.directions
    for points, rows in zip(picture.points, (W, at)):
        moved = in_reals(rows) - picture.found.origin
        close(points, np.stack([moved @ first, moved @ second], axis=1))
    close(picture.points[0][0], picture.points[1][0], kind="rounding")
    whole = in_reals(W) - in_reals(W).mean(axis=0)
    inside = picture.points[0] - picture.points[0].mean(axis=0)
    close(picture.found.outside(in_reals(W)), 1 - np.sum(inside**2) / np.sum(whole**2))
    for curve, record in zip(picture.loss.lines, (run, flow)):
        close(curve.get_ydata(), record.loss, kind="rounding")


@pytest.mark.parametrize("dtype", ["complex128", "complex64"])
def test_a_complex_parabola_is_the_closed_form(dtype):
    """W = 0.8ᵏW0 of the run, e^{−2t}W0 of the flow, in the metric 4‖V‖² too."""
    potential, W0 = fn.Parabola(3, strength=2.0), np.array([3 - 1j, 0.5j, 1.0], dtype)
    run = fn.train(potential, fn.Aristotle(0.1), W0=W0, steps=30)
    flow = fn.flow(potential, W0=W0, time=3.0, at=run.time, rtol=1e-5)
    metric = fn.DiagonalMetric([4.0, 4.0, 4.0])
    for given, factor in ((None, 1.0), (metric, 2.0)):
        (line,) = Picture(run, flow, given, resolution=9).departure.lines
        k = np.arange(1, 31)
        size = factor * np.linalg.norm(W0)
        wanted = np.abs(0.8**k - np.exp(-0.2 * k)) * size
        np.testing.assert_allclose(line.get_ydata(), wanted, atol=1e-4 * size)


def test_a_film_of_a_complex_run_is_written(complex_parts, tmp_path):
    fn.plot.film(*complex_parts, tmp_path / "film.gif", seconds=0.5, resolution=7)
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 10


def test_the_flow_beside_a_complex_run_is_its_flow(complex_parts):
    run = complex_parts[0]
    flow = fn.plot.beside(fn.train(run.potential, fn.Aristotle(0.05), steps=5))
    assert flow.parameters.dtype == np.complex128 and len(flow) == 6


def test_a_report_of_a_complex_run_shows_its_numbers(complex_parts, figures, measured):
    run, k = complex_parts[0], 9
    loss, promise, orders, second, sharpness = figures["report of a complex run"]().axes
    b = fn.breakdown(run, at=k)
    close(loss.lines[1].get_ydata(), run.loss, kind="rounding")
    own, share = b.split("parameters").second_self, 100 / abs(b.linear)
    for axis, i, wanted in (
        (promise, 1, b.linear),
        (promise, 3, b.actual),
        (orders, 1, share * b.second),
        (orders, 3, share * b.third),
        (second, 2, share * (b.second - own)),
        (second, 4, share * own),
        (sharpness, 0, fn.sharpness(run.potential, run.parameters[k])),
    ):
        assert axis.lines[i].get_xdata()[k] == run.time[k]
        close(axis.lines[i].get_ydata()[k], wanted, kind="solver")
    assert set(sharpness.lines[1].get_ydata()) == {4.0}
    assert "Verdicts" in str(_tables.report(measured))


def test_a_breakdown_and_a_loss_of_a_complex_run_show_its_numbers(complex_parts, figures):
    run = complex_parts[0]
    loss, promise, ratio = figures["breakdown of a complex run"]().axes
    series = fn.breakdown(run, every=1)
    close(loss.lines[1].get_ydata(), run.loss, kind="rounding")
    close(promise.lines[5].get_ydata(), series.second)
    close(ratio.lines[1].get_ydata(), series.ratio)
    loss, others = figures["loss of a complex run"]().axes
    lines = {line.get_label(): line.get_ydata() for line in (*loss.lines, *others.lines)}
    close(lines["again"], run.loss[::6])
    close(lines["speed"], run.observables["speed"].value, kind="rounding")


@pytest.mark.slow
def test_the_shell_tells_of_a_complex_run(tmp_path):
    """Its tables, its figures and its departure, with numbers that are those of W."""
    x = np.exp(1j * np.arange(24.0).reshape(8, 3))
    network = fn.Network([3, 2, 2], "cardioid", output="abs2", dtype="complex128")
    potential = fn.Potential(network, fn.CrossEntropy(), fn.Dataset(x, np.arange(8) % 2))
    path = tmp_path / "run.h5"
    run = fn.train(potential, fn.Aristotle(0.2), steps=12, store=path)

    def told(*words):
        return CliRunner().invoke(cli.shell, [*map(str, words)], catch_exceptions=False).output

    assert "13 rows of 14 complex128" in told("info", path)
    assert "stored in" in told("breakdown", path)
    assert f"{run.loss[4]:.6g}" in told("breakdown", path, "--at", 4)
    for kind in ("loss", "breakdown", "report", "flows"):
        output = tmp_path / f"{kind}.png"
        assert str(output) in told("plot", path, "-o", output, "--kind", kind)
        assert is_drawn(output)
    flow = fn.flow(potential, W0=run.parameters[0], time=run.time[-1], rtol=1e-8)
    apart = np.linalg.norm(run.parameters[-1] - flow.parameters[-1])
    assert f"{apart:.4g}" in told("departure", path)


def test_complex_and_real_paths_are_not_drawn_together(complex_parts, real_runs):
    run = complex_parts[0]
    other = fn.flow(fn.Parabola(run.parameters.shape[1]), W0=np.ones(26), time=1.0)
    with told_in_one_line("has float64 parameters; those of the run are complex128"):
        fn.plot.flows(run, other)
