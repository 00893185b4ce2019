"""Figures and films of a run beside its flows: the plane, the landscape, the departure."""

from types import SimpleNamespace

import lanes
import numpy as np
import pytest
from click.testing import CliRunner
from mistakes import told_in_one_line
from pictures import is_drawn
from tolerance import close, tolerance

import flownet as fn
from flownet.desk import cli
from flownet.desk.plot import _film, _landscape, _paths, _plane
from flownet.desk.plot._beside import beside
from flownet.desk.plot._picture import Picture

pytestmark = [
    pytest.mark.filterwarnings("error"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # files that the shell leaves open
]

METRICS = {
    "plain": lambda D: fn.Euclidean(D),
    "diagonal": lambda D: fn.DiagonalMetric(np.linspace(0.5, 4.0, D)),
    "frozen": lambda D: fn.DiagonalMetric(np.where(np.arange(D) % 3, 2.0, np.inf)),
}


@pytest.fixture(scope="module")
def parts(xor):
    """XOR, 2-2-1 tanh: a run that leaves the flow in a bend, and the flow."""
    potential = fn.Potential(fn.Network([2, 2, 1], "tanh"), fn.Quadratic(), xor)
    W0 = potential.network.init(seed=21)
    run = fn.train(potential, fn.Aristotle(0.6), W0=W0, steps=150)
    return run, fn.flow(potential, W0=W0, time=run.time[-1], at=np.linspace(0, run.time[-1], 201))


@pytest.fixture(scope="module")
def on_a_parabola():
    """A run on the parabola ‖W‖², where all is known, its flow and its start."""
    potential, W0 = fn.Parabola(3, strength=2.0), np.array([3.0, -1.0, 0.5])
    run = fn.train(potential, fn.Aristotle(0.1), W0=W0, steps=30)
    return run, fn.flow(potential, W0=W0, time=run.time[-1], rtol=1e-12, atol=1e-14), W0


def walks(metric, seed=3):
    """Two random walks (20, 9) and (31, 9), at rest where the metric is frozen."""
    random = np.random.default_rng(seed)
    return [
        np.cumsum(random.normal(size=(T, metric.size)) * metric.free, axis=0) + 1 for T in (20, 31)
    ]


# The plane


@pytest.mark.parametrize("kind", METRICS)
def test_plane_is_orthonormal_and_holds_what_a_whole_decomposition_says(kind):
    metric = METRICS[kind](9)
    paths = walks(metric)
    plane = _plane.principal_plane(paths, metric)
    gram = [[metric.flat(a) @ b for b in plane.directions] for a in plane.directions]
    close(gram, np.eye(2), kind="reference")
    root = np.sqrt(np.where(metric.free, metric.stiffness, 0.0)) * np.ones(9)
    centre = np.mean([rows.mean(axis=0) for rows in paths], axis=0)
    covariance = sum(
        ((rows - centre) * root).T @ ((rows - centre) * root) / len(rows) for rows in paths
    )
    variances = np.linalg.eigvalsh(covariance)[::-1]
    close(plane.shares, variances[:2] / variances.sum())
    close(plane.origin, centre, kind="rounding")
    assert not plane.directions[:, ~metric.free].any()


@pytest.mark.parametrize("kind", METRICS)
def test_points_of_the_plane_come_back_and_lie_inside_it(kind):
    metric = METRICS[kind](9)
    paths = walks(metric)
    plane = _plane.principal_plane(paths, metric)
    x = np.random.default_rng(1).normal(size=(7, 2))
    close(plane.coordinates(plane.points(x)), x)
    assert plane.outside(plane.points(x)) < tolerance("reference")
    for rows in paths:
        moved = _plane.orthonormal(metric, rows - rows.mean(axis=0))
        inside = plane.coordinates(rows) - plane.coordinates(rows.mean(axis=0))
        rest = moved - inside @ _plane.orthonormal(metric, plane.directions)
        close(plane.outside(rows), np.sum(rest**2) / np.sum(moved**2))


def test_one_path_leaves_outside_what_its_shares_do_not_hold():
    rows = walks(fn.Euclidean(9))[0]
    plane = _plane.principal_plane([rows], fn.Euclidean(9))
    close(plane.outside(rows) + plane.shares.sum(), 1.0)


def test_the_first_path_begins_on_the_left_and_above():
    for seed in range(6):
        paths = walks(fn.Euclidean(9), seed)
        x, y = _plane.principal_plane(paths, fn.Euclidean(9)).coordinates(paths[0][0])
        assert x <= 0 <= y


def test_paths_on_one_line_still_span_a_plane(on_a_parabola):
    run, flow, W0 = on_a_parabola
    plane = _plane.principal_plane([run.parameters[:], flow.parameters[:]], fn.Euclidean(3))
    close(np.abs(plane.directions[0]), np.abs(W0) / np.linalg.norm(W0), kind="solver")
    close(plane.directions @ plane.directions.T, np.eye(2))
    close(plane.shares, [1.0, 0.0])


def test_a_frame_holds_all_points_and_keeps_angles_unless_they_make_a_thread():
    points = np.random.default_rng(0).normal(size=(50, 2))
    for thin, kept in ((1.0, True), (0.3, True), (0.01, False), (1e-15, True)):
        (left, right, bottom, top), stretch = _plane.frame(points * [1.0, thin], 1.25)
        assert (left < points[:, 0]).all() and (points[:, 0] < right).all()
        assert (bottom < thin * points[:, 1]).all() and (thin * points[:, 1] < top).all()
        assert (stretch == 1) == kept
        close((right - left) / (stretch * (top - bottom)), 1.25, kind="rounding")


def test_long_paths_are_thinned_at_an_odd_interval_up_to_their_last_row():
    for count, most in ((1, 5), (5, 5), (6, 5), (1000, 400), (12345, 100)):
        kept = _paths.thinned(count, most)
        assert kept[0] == 0 and kept[-1] == count - 1 and len(kept) <= most
        assert all(gap % 2 for gap in set(np.diff(kept[:-1]).tolist()))


# The landscape


def test_landscape_is_the_loss_at_the_points_of_the_plane(parts):
    picture = Picture(*parts)
    run = parts[0]
    ground = _landscape.landscape(picture.found, run.potential, (-2, 1, -1, 3), 7)
    assert ground.values.shape == (7, 7)
    for j, y in enumerate(ground.y):
        for i, x in enumerate(ground.x):
            W = picture.found.origin + np.array([x, y]) @ picture.found.directions
            close(ground.values[j, i], run.potential.value(W))


def test_landscape_of_a_parabola_has_the_minimum_where_it_is():
    metric, potential = fn.Euclidean(2), fn.Parabola(2)
    plane = _plane.Plane(metric, np.array([0.3, -0.2]), np.eye(2), np.ones(2) / 2)
    ground = _landscape.landscape(plane, potential, (-2, 2, -2, 2), 40)
    steps = _landscape.levels(ground.values, 1.0)
    close(_landscape.minima(ground, steps), [[-0.3, 0.2]], kind="solver")


def test_every_basin_of_a_double_well_is_found_and_no_other():
    x = np.linspace(-2, 2, 61)
    X, Y = np.meshgrid(x, x)
    for values, expected in (
        ((X**2 - 1) ** 2 + Y**2, {(-1, 0), (1, 0)}),
        (
            (X**2 - 1) ** 2 + (Y**2 - 1) ** 2 + 0.1 * X + 0.2 * Y,
            {(-1, -1), (-1, 1), (1, -1), (1, 1)},
        ),
        ((X * Y) ** 2, set()),  # valleys that leave the frame
        (X + 3 * Y + 9, set()),
    ):
        ground = _landscape.Landscape(x, x, values)
        found = _landscape.minima(ground, _landscape.levels(values, 3.0))
        assert {tuple(np.round(place).astype(int).tolist()) for place in found} == expected


@pytest.mark.parametrize(
    "low, high, logarithmic", [(1e-4, 1.0, True), (0.3, 1.0, False), (-1.0, 1.0, False)]
)
def test_levels_ascend_within_the_values_and_leave_out_what_is_far_above(low, high, logarithmic):
    values = np.geomspace(low, high, 400) if low > 0 else np.linspace(low, high, 400)
    values = np.append(values, [1e9, np.inf]).reshape(6, 67)
    steps = _landscape.levels(values, high)
    assert (np.diff(steps) > 0).all() and 4 <= len(steps) <= 20
    assert low <= steps[0] and steps[-1] <= 1.5 * high
    assert _landscape.is_logarithmic(steps) == logarithmic


def test_where_no_loss_is_a_number_there_is_no_landscape():
    with told_in_one_line("no finite number"):
        _landscape.levels(np.full((3, 3), np.inf), 1.0)
    with told_in_one_line("the loss is 2 everywhere"):
        _landscape.levels(np.full((3, 3), 2.0), 2.0)


def test_numbers_of_levels_stand_on_their_lines_clear_of_the_paths(parts):
    picture = Picture(*parts, resolution=41)
    left, right, bottom, top = (*picture.plane.get_xlim(), *picture.plane.get_ylim())
    size = np.array([right - left, top - bottom])
    numbers = [text for text in picture.plane.texts if text.get_text()]
    places = np.array([text.get_position() for text in numbers]) / size
    path = np.concatenate([_landscape._evenly(points / size) for points in picture.points])
    assert len(numbers) > 3
    assert _landscape._nearest(places, path).min() > 0.9 * _landscape._CLEAR[1]
    for k in range(len(places)):
        others = np.delete(places, k, axis=0)
        assert _landscape._nearest(places[[k]], others) > 0.8 * _landscape._CLEAR[2]


# The departure


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


def test_the_flow_beside_a_run_has_its_times_and_its_metric(xor_potential):
    metric = fn.LayerMetric(xor_potential.network, [1.0, np.inf])
    run = fn.train(xor_potential, fn.Aristotle(0.05), steps=900, metric=metric)
    flow = beside(run)
    assert set(flow.time) <= set(run.time) and len(flow) <= 400
    assert flow.time[-1] == run.time[-1]
    assert np.array_equal(flow.parameters[-1][~metric.free], run.parameters[0][~metric.free])
    figure = fn.plot.flows(run, flow, resolution=9)
    assert "in the metric" in figure.axes[1].get_ylabel()


# Figures


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


def test_landscape_takes_a_bounded_number_of_losses(parts, monkeypatch):
    run, flow = parts
    asked = []
    potential = SimpleNamespace(
        dtype=run.potential.dtype,
        size=run.potential.size,
        data=run.potential.data,
        value=lambda W: asked.append(1) or 0.1 + float(W @ W),
    )
    plane = Picture(run, flow, resolution=9).found
    _landscape.landscape(plane, potential, (-1, 1, -1, 1))
    assert 0 < len(asked) <= 81**2
    potential.data = SimpleNamespace(m=10**9)
    asked.clear()
    _landscape.landscape(plane, potential, (-1, 1, -1, 1))
    assert len(asked) == 21**2


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


# Films


def test_film_is_written_with_its_frames_and_can_be_read(parts, tmp_path):
    from PIL import Image

    path = tmp_path / "film.gif"
    assert fn.plot.film(*parts, path, seconds=1.5, fps=10, resolution=21) == path
    with Image.open(path) as film:
        assert film.n_frames == 15
        times = []
        for k in range(15):
            film.seek(k)
            times.append(film.info["duration"])
        assert times[:-1] == [100] * 14 and times[-1] == 1600
    assert path.stat().st_size < 1e6


@pytest.mark.parametrize("pace", _film._PACES)
def test_moments_of_a_film_ascend_from_the_start_to_the_end(parts, pace):
    times = _film.moments(Picture(*parts, resolution=9), 50, pace)
    assert times[0] == 0 and times[-1] == parts[0].time[-1] and (np.diff(times) > 0).all()
    assert (np.diff(times).min() < 0.7 * np.diff(times).max()) == (pace == "path")


def test_in_a_film_all_are_at_the_same_time_and_the_run_hops(parts):
    run, flow = parts
    picture = Picture(run, flow, resolution=9)
    scene = _film._Scene(picture, np.array([0.0, 0.7, 0.75, 45.0, run.time[-1]]))
    heads = []
    for k in range(5):
        scene.at(k)
        heads.append([np.array(end.get_data()).ravel() for end in picture.ends])
    assert np.array_equal(heads[1][0], heads[2][0])
    assert not np.array_equal(heads[1][1], heads[2][1])
    close(heads[3][0], picture.points[0][75], kind="rounding")
    close(heads[3][1], picture.points[1][100], kind="reference")
    close(heads[4], [points[-1] for points in picture.points], kind="rounding")


def test_ffmpeg_is_handed_every_frame_and_the_end_for_a_while(parts, tmp_path):
    import matplotlib

    program, path = tmp_path / "ffmpeg", tmp_path / "film.mp4"
    program.write_text('#!/bin/sh\nfor last; do :; done\ncat > "$last"\n')  # keeps raw frames
    program.chmod(0o755)
    with matplotlib.rc_context({"animation.ffmpeg_path": str(program)}):
        fn.plot.film(*parts, path, seconds=1, fps=3, resolution=9)
    pixels = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, 464 * 896 * 4)
    assert len(pixels) == 3 + 4
    program.write_text("#!/bin/sh\nexit 3\n")
    with (
        matplotlib.rc_context({"animation.ffmpeg_path": str(program)}),
        told_in_one_line("cannot write the film"),
    ):
        fn.plot.film(*parts, path, seconds=1, fps=3, resolution=9)
    assert not np.array_equal(pixels[0], pixels[1]) and np.array_equal(pixels[2], pixels[6])


@pytest.mark.parametrize(
    "options, words",
    [
        ({"path": "a.avi"}, "its ending 'avi' is none of gif, mp4"),
        ({"path": "a"}, "its ending '' is none of gif, mp4"),
        ({"path": 3}, "3 is no path"),
        ({"path": "nowhere/a.gif"}, "no folder nowhere"),
        ({"path": "a.mp4"}, "ffmpeg.*gif works"),
        ({"seconds": 0}, "seconds is 0"),
        ({"fps": "many"}, "fps is 'many'"),
        ({"fps": 30}, "cannot show 30 frames"),
        ({"seconds": 1000}, "20000 frames"),
        ({"seconds": 0.05}, "1 frames"),
        ({"pace": "slow"}, "pace is 'slow'"),
    ],
)
def test_films_that_cannot_be_made_are_told_before_the_work(
    parts, monkeypatch, tmp_path, options, words
):
    import matplotlib.animation

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_film, "Picture", None)
    monkeypatch.setattr(matplotlib.animation.FFMpegWriter, "isAvailable", lambda: False)
    with told_in_one_line(words):
        fn.plot.film(*parts, **{"path": "a.gif", **options})
    assert not list(tmp_path.iterdir())


# The script


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


# Mistakes


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
