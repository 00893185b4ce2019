"""Figures of a run beside its flows, by the library, by the shell and by the script `lanes`."""

import lanes
import numpy as np
import pytest
from click.testing import CliRunner
from mistakes import told_in_one_line
from pictures import STRICT, is_drawn

import flownet as fn
from flownet.desk import cli
from flownet.desk.plot import _film
from flownet.desk.plot._picture import Picture

pytestmark = STRICT


def test_figure_shows_all_paths_and_says_what_lies_outside(parts):
    run, flow = parts
    figure = fn.plot.flows(
        run,
        {
            "flow": flow,
            "coarse flow": fn.flow(run.potential, W0=run.parameters[0], time=90, at=[0, 30, 90]),
        },
        resolution=15,
    )
    plane, departure, loss = figure.axes
    legend = [text.get_text() for group in figure.legends for text in group.get_texts()]
    assert sum("of variance outside" in text for text in legend) == 3
    assert {"start", "ends", "finite run", "flow", "coarse flow"} <= set(legend)
    assert len(departure.lines) == 2 and len(loss.lines) == 3
    assert "% of the variance" in plane.get_xlabel()
    assert "2-2-1, step 0.6, 150 steps" in figure.get_suptitle()


def test_lines_can_be_told_apart_in_grey(parts):
    run, flow = parts
    picture = Picture(run, {str(i): flow for i in range(4)}, resolution=9)
    assert (
        len(
            {(curve.get_linestyle(), str(curve._unscaled_dash_pattern)) for curve in picture.curves}
        )
        == 5
    )


@pytest.mark.parametrize("steps", [1, 2])
def test_runs_of_few_rows_are_drawn(steps):
    W0 = np.array([2.0, 1.0])
    run = fn.train(fn.UV(1), fn.Aristotle(0.1), W0=W0, steps=steps)
    assert fn.plot.flows(run, fn.flow(fn.UV(1), W0=W0, time=run.time[-1]), resolution=9)


def test_a_run_that_runs_away_leaves_the_plane_to_its_flow(tmp_path):
    W0 = np.array([6.0, 5.0])
    run = fn.train(fn.UV(1), fn.Aristotle(0.5), W0=W0, steps=200)
    flow = fn.flow(fn.UV(1), W0=W0, time=5.0)
    assert run.diverged_at is not None
    picture = Picture(run, flow, resolution=15)
    assert np.ptp(picture.plane.get_xlim()) < 4 * np.linalg.norm(W0)
    assert picture.departure.get_ylim()[1] < 1e4 and picture.loss.get_ylim()[1] < 1e6
    assert np.diff(_film.moments(picture, 20)).min() > 0
    fn.plot.film(run, flow, tmp_path / "a.gif", seconds=0.5, resolution=9)


def test_single_precision_and_mini_batches_are_drawn(digits):
    network = fn.Network([64, 4, 10], "tanh", dtype="float32")
    potential = fn.Potential(network, fn.CrossEntropy(), digits)
    run = fn.train(potential, fn.Aristotle(0.2), steps=12, batch_size=64)
    assert fn.plot.flows(
        run, fn.flow(potential, W0=run.parameters[0], time=2.4, rtol=1e-3), resolution=5
    )


@pytest.mark.slow
def test_lanes_finds_what_its_first_lines_say(tmp_path, capsys):
    lanes.main(tmp_path / "lanes.png")
    printed = " ".join(capsys.readouterr().out.split())
    told = " ".join(lanes.__doc__.split())
    for here, there in (
        ("loss of 3e-08", "loss of 3e-08"),
        ("within 0.23", "at most 0.23"),
        ("ends 0.08 away", "at the end 0.08"),
        ("2.3 away", "at the end 2.30"),
        ("1.72, below 2", "step·sharpness 1.72"),
        ("loss of 0.068", "loss 0.068"),
        ("climbs to 0.13", "is at most 0.13"),
        ("2.86", "sharpness 2.86"),
        ("row 2 does not", "row 2 lies in another valley"),
        ("none of its 250 steps goes uphill", "0 of 250 steps uphill"),
    ):
        assert here in told and there in printed, here
    assert (tmp_path / "lanes.png").stat().st_size < 200_000


def test_mistakes_are_told_in_one_line(parts):
    run, flow = parts
    other = fn.flow(fn.Parabola(2), W0=np.ones(2), time=1.0)
    still = fn.train(fn.Parabola(2), fn.Aristotle(0.1), W0=np.zeros(2), steps=3)
    one = fn.train(fn.Parabola(1), fn.Aristotle(0.1), W0=np.ones(1), steps=3)
    for words, call in (
        ("cannot be drawn: a run is wanted", lambda: fn.plot.flows(3, flow)),
        ("flows is None", lambda: fn.plot.flows(run, None)),
        ("flows is {}", lambda: fn.plot.flows(run, {})),
        ("flow 'a' is 3", lambda: fn.plot.flows(run, {"a": 3})),
        ("flow 'flow' has 2 parameters; the run has 9", lambda: fn.plot.flows(run, other)),
        ("first argument is a flow", lambda: fn.plot.flows(flow, run)),
        ("resolution is 1", lambda: fn.plot.flows(run, flow, resolution=1)),
        (
            "nothing moves",
            lambda: fn.plot.flows(still, fn.flow(fn.Parabola(2), W0=np.zeros(2), time=0.3)),
        ),
        (
            "a plane takes two parameters",
            lambda: fn.plot.flows(one, fn.flow(fn.Parabola(1), W0=np.ones(1), time=0.3)),
        ),
        (
            "1 recorded row",
            lambda: fn.plot.flows(
                fn.train(fn.Parabola(2), fn.Aristotle(0.1), W0=np.ones(2), steps=0), other
            ),
        ),
        (
            "metric is Euclidean.4.; the run has 9",
            lambda: fn.plot.flows(run, flow, metric=fn.Euclidean(4)),
        ),
    ):
        with told_in_one_line(words):
            call()


def test_shell_draws_the_flow_beside_a_run_and_films_it(xor_potential, tmp_path):
    file = tmp_path / "run.h5"
    fn.train(xor_potential, fn.Aristotle(0.4), steps=30, store=file)
    for kind, ending in (("flows", "png"), ("film", "gif")):
        output = tmp_path / f"a.{ending}"
        told = CliRunner().invoke(
            cli.shell,
            ["plot", str(file), "-o", str(output), "--kind", kind],
            catch_exceptions=False,
        )
        assert told.exit_code == 0 and str(output) in told.output and is_drawn(output)
    for kind, output, words in (
        ("film", "a.png", "none of gif, mp4"),
        ("film", "no/a.gif", "no folder"),
        ("flows", "a.xyz", "cannot write the figure"),
    ):
        with told_in_one_line(words):
            CliRunner().invoke(
                cli.shell,
                ["plot", str(file), "-o", str(tmp_path / output), "--kind", kind],
                catch_exceptions=False,
            )
