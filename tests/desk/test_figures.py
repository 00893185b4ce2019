"""Every figure of `flownet.plot`: what it shows of real and complex runs, and that it can be read.

A warning of NumPy or matplotlib is a failure here.
"""

import warnings
from io import BytesIO

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure
from mistakes import told_in_one_line
from pictures import faults, is_drawn
from PIL import Image
from tolerance import close

import flownet as fn
from flownet.desk import cli
from flownet.desk.plot import _curves, _style
from flownet.desk.plot._picture import Picture
from flownet.desk.report import _measured, _tables
from flownet.model.network import in_reals

pytestmark = [
    pytest.mark.filterwarnings("error"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # files that the shell leaves open
]

STEPS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)


@pytest.fixture(scope="module")
def complex_parts():
    """A complex 3-4-2 cardioid run, observed, and its flow at its times."""
    random = np.random.default_rng(0)
    x = random.normal(size=(20, 3)) + 1j * random.normal(size=(20, 3))
    data = fn.Dataset(x, (np.abs(x.sum(axis=1)) > 2).astype(int))
    network = fn.Network([3, 4, 2], "cardioid", output="abs2", dtype="complex128")
    potential = fn.Potential(network, fn.CrossEntropy(), data)
    W0 = network.init(seed=0)
    observed = {"speed": (2, fn.Speed(potential)), "again": (6, potential)}
    run = fn.train(potential, fn.Aristotle(0.5), W0=W0, steps=24, observe=observed)
    return run, fn.flow(potential, W0=W0, time=run.time[-1], at=run.time, rtol=1e-6)


@pytest.fixture(scope="module")
def real_runs(xor):
    """Runs of a relu network at six steps, all to t = 24, and the flow of the last."""
    potential = fn.Potential(fn.Network([2, 4, 1], "relu"), fn.Quadratic(), xor)
    W0 = potential.network.init(seed=3)
    runs = {
        f"step {step:g}": fn.train(
            potential,
            fn.Aristotle(step),
            W0=W0,
            steps=round(24 / step),
            observe={"speed": (4, fn.Speed(potential)), "again": (9, potential)},
        )
        for step in STEPS
    }
    return runs, fn.flow(potential, W0=W0, time=2.0, rtol=1e-6)


@pytest.fixture(scope="module")
def batched(digits_potential):
    """Three runs of mini-batches."""
    return {
        name: fn.train(digits_potential, mechanics, steps=90, batch_size=32)
        for name, mechanics in (
            ("plain", fn.Aristotle(0.3)),
            ("momentum", fn.Newton.from_momentum(0.1, 0.9)),
            ("Adam", fn.Adam(0.01)),
        )
    }


@pytest.fixture(scope="module")
def measured(complex_parts):
    """What a report tells of the complex run."""
    return _measured.measure(complex_parts[0])


@pytest.fixture(scope="module")
def figures(complex_parts, real_runs, batched, measured, xor):
    """Name to a function that draws it, with the place as keywords."""
    run, flow = complex_parts
    runs, real_flow = real_runs
    one = runs["step 0.6"]
    found = _measured.measure(one)
    flows = {f"flow {i}": flow for i in range(4)}
    settled = fn.bifurcation(fn.DoubleWell(), np.linspace(1.8, 4.1, 90), W0=[0.3])
    system = fn.Hopfield([2, 6, 5, 1], "tanh")
    relaxed = fn.Equilibrium(system, fn.Quadratic(), fn.data.load("xor"), nudge=0.1)
    learnt = fn.train(relaxed, fn.Aristotle(0.2), W0=system.init(0), steps=12)
    nudged = _measured.measure(learnt)
    increments = fn.gdu(relaxed, system.init(0), steps=12)
    return {
        "loss": lambda **place: fn.plot.loss(one, **place),
        "loss of a complex run": lambda **place: fn.plot.loss(run, **place),
        "loss of mini-batches": lambda **place: fn.plot.loss(batched["Adam"], **place),
        "curves of one run": lambda **place: fn.plot.curves(one, **place),
        "curves of six": lambda **place: fn.plot.curves(runs, x="iteration", **place),
        "curves of mini-batches": lambda **place: fn.plot.curves(batched, x="epoch", **place),
        "curves of an observable": lambda **place: fn.plot.curves(runs, y="speed", **place),
        "breakdown": lambda **place: fn.plot.breakdown(one, **place),
        "breakdown of a complex run": lambda **place: fn.plot.breakdown(run, **place),
        "comparison": lambda **place: fn.plot.comparison(runs, **place),
        "report": lambda **place: fn.plot.report(one, found, **place),
        "report of a complex run": lambda **place: fn.plot.report(run, measured, **place),
        "report of a physical system": lambda **place: fn.plot.report(learnt, nudged, **place),
        "flows": lambda **place: fn.plot.flows(one, real_flow, resolution=21, **place),
        "flows of a complex run": lambda **place: fn.plot.flows(run, flow, resolution=9, **place),
        "five paths": lambda **place: fn.plot.flows(run, flows, resolution=9, **place),
        "bifurcation": lambda **place: fn.plot.bifurcation(settled, **place),
        "gdu": lambda **place: fn.plot.gdu(increments, **place),
        **landscapes(xor),
        **{
            f"sweep {what}": lambda found=found, y=y, **place: fn.plot.sweep(found, y=y, **place)
            for what, found, y in sweeps(xor)
        },
    }


def landscapes(xor):
    """Paths between minima of a double well, its critical points, and evidence of a network."""
    potential, ends = fn.DoubleWell(2), (-np.ones(2), np.ones(2))
    chain = fn.band(potential, *ends, progress=False)
    bent = {kind: fn.curve(potential, *ends, kind=kind, steps=5) for kind in ("bezier", "chain")}
    corners = [np.array(signs) for signs in ((-1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))]
    joined = fn.connectedness(potential, corners, bands=1, progress=False)
    points = fn.census(potential, 20, progress=False)
    network = fn.Potential(fn.Network([2, 3, 1]), fn.Quadratic(), xor)
    W = fn.minimum(network + 0.01 * fn.Parabola(network.size), network.network.init(1)).W
    known = fn.evidence(network, W, prior=0.1, noise=0.3, curvature="gauss-newton").running()
    return {
        "band": lambda **place: fn.plot.band(chain, **place),
        "curve": lambda **place: fn.plot.curve(bent, **place),
        "connectedness": lambda **place: fn.plot.connectedness(joined, **place),
        "census": lambda **place: fn.plot.census(points, **place),
        "running": lambda **place: fn.plot.running(known, **place),
    }


def sweeps(xor):
    """Words, a sweep over one axis or two, and what is drawn of it."""
    potential = fn.Potential(fn.Network([2, 4, 1]), fn.Quadratic(), xor)
    experiment = fn.Experiment.of(potential, fn.Aristotle(1.0), steps=25)
    axes = {"mechanics.step": np.geomspace(0.1, 100, 7), "run.seed": range(3)}
    yield "over steps and seeds", fn.sweep(experiment, axes=axes), None
    axes = {f"metric.stiffness.{i}": np.geomspace(10, 1e-3, 7) for i in (0, 1)}
    found = fn.sweep(experiment, axes=axes, keep={"failure": 5, "convergence": True})
    yield from ((f"over two: {y}", found, y) for y in SWEPT)


SWEPT = ("convergence", "verdict", "failure", "loss")
NAMES = (
    "loss",
    "loss of a complex run",
    "loss of mini-batches",
    "curves of one run",
    "curves of six",
    "curves of mini-batches",
    "curves of an observable",
    "breakdown",
    "breakdown of a complex run",
    "comparison",
    "report",
    "report of a complex run",
    "report of a physical system",
    "flows",
    "flows of a complex run",
    "five paths",
    "bifurcation",
    "gdu",
    "band",
    "curve",
    "connectedness",
    "census",
    "running",
    "sweep over steps and seeds",
    *(f"sweep over two: {y}" for y in SWEPT),
)
every_figure = pytest.mark.parametrize("name", NAMES)
ONE_PANEL = [name for name in NAMES if name.startswith(("curves", "sweep")) or name == "loss"]
ONE_PANEL += ["band", "curve", "connectedness", "census"]


# Can it be read?


def test_every_figure_is_looked_at(figures):
    assert set(figures) == set(NAMES)
    drawn = set(fn.plot.__all__) - {"beside", "check_film", "film"}
    assert {name.split()[0] for name in NAMES} - {"five"} == drawn


@every_figure
def test_no_legend_covers_data_and_no_text_another(figures, name):
    assert faults(figures[name]()) == []


@pytest.mark.slow
@every_figure
def test_nor_in_a_figure_of_another_size_and_title(figures, name):
    figure = figures[name](size=(14, 9), title="A title of one's own")
    assert faults(figure) == [] and figure.get_size_inches().tolist() == [14, 9]
    written = [axis.get_title() for axis in figure.axes] + [figure.get_suptitle()]
    assert written.count("A title of one's own") == 1
    bare = figures[name](title="")
    assert not bare.get_suptitle() and (len(bare.axes) > 1 or not bare.axes[0].get_title())


@pytest.mark.slow
@every_figure
def test_it_is_drawn_into_a_subfigure(figures, name):
    """Beside another one, which stays empty."""
    figure = Figure(figsize=(26, 10), layout="constrained")
    left, right = figure.subfigures(1, 2)
    assert figures[name](figure=right) is figure
    assert right.axes and not left.axes and faults(figure) == []


def test_a_figure_without_a_layout_gets_one(figures):
    """Of pyplot's figures, and of subfigures of subfigures."""
    figure = Figure(figsize=(12, 5))
    (_, right) = figure.subfigures(1, 2)
    (inner, _) = right.subfigures(2, 1, height_ratios=[9, 1])
    assert figures["comparison"](figure=inner) is figure and len(inner.axes) == 2
    assert figure.get_layout_engine() is not None and faults(figure) == []


@pytest.mark.parametrize("name", ONE_PANEL)
def test_one_panel_is_drawn_into_axes(figures, name):
    figure = Figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.set(xlabel="x", ylabel="y")
    assert figures[name](ax=right) is right
    assert (right.lines or right.collections) and not left.lines and faults(figure) == []


def test_the_check_finds_what_it_looks_for():
    figure = Figure(figsize=(5, 4))
    axis = figure.subplots()
    axis.plot([0, 1], [0, 1], label="a line")
    axis.set(xlabel="x", ylabel="y")
    assert faults(figure) == []
    axis.legend(loc="center")
    axis.set_xlabel("")
    axis.text(0.2, 0.8, "over")
    axis.text(0.21, 0.8, "another")
    axis.text(2.0, 0.5, "far away")
    found = " ".join(faults(figure))
    for words in (
        "over the line 'a line'",
        "'over' is written over 'another'",
        "'far away' is not within the figure",
        "has no x",
    ):
        assert words in found
    axis.lines[0].set(linestyle="", marker="o", data=([0.5, 0, 1], [0.5, 0, 1]))
    assert "over points of 'a line'" in " ".join(faults(figure))


def test_looks_differ_in_grey():
    """The first eight by dashes and, of neighbours, by brightness; later ones by the pair."""
    looks = [_style.look(i) for i in range(16)]
    assert len({look["linestyle"] for look in looks[:8]}) == 8
    assert len({(look["color"], look["linestyle"]) for look in looks}) == 16
    colours = [tuple(bytes.fromhex(look["color"][1:])) for look in looks[:8]]
    grey = np.array([Image.new("RGB", (1, 1), c).convert("L").getpixel((0, 0)) for c in colours])
    assert abs(np.diff(grey)).min() > 12


def test_a_run_has_one_look_in_all_panels(figures):
    loss, ratio = figures["comparison"]().axes
    looks = [
        [
            (line.get_color(), line.get_linestyle(), str(line._unscaled_dash_pattern))
            for line in axis.lines
            if line.get_label().startswith("step")
        ]
        for axis in (loss, ratio)
    ]
    assert looks[0] == looks[1] and len(set(looks[0])) == 6


# Numbers of complex runs


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


# Curves


def curve(axis, label):
    """The line of a run."""
    return next(line for line in axis.lines if line.get_label() == label)


def test_curves_show_losses_over_each_abscissa(batched):
    per_epoch = -(-300 // 32)
    for x, wanted in (
        ("iteration", lambda run: np.arange(90)),
        ("epoch", lambda run: np.arange(90) / per_epoch),
        ("time", lambda run: run.observables["loss"].time[:-1]),
    ):
        (axis,) = fn.plot.curves(batched, x=x, smooth=1).axes
        for name, run in batched.items():
            close(curve(axis, name).get_xdata(), wanted(run), kind="rounding")
            close(curve(axis, name).get_ydata(), run.loss[:-1], kind="rounding")
        assert axis.get_xlabel().startswith(x)
        assert axis.get_ylabel() == "loss of each mini-batch of 32"


def test_mini_batches_are_smoothed_over_an_epoch_with_the_raw_curve_pale_behind(batched):
    (axis,) = fn.plot.curves(batched).axes
    assert len(axis.lines) == 6
    for i, (name, run) in enumerate(batched.items()):
        raw, smooth = axis.lines[2 * i : 2 * i + 2]
        close(raw.get_ydata(), run.loss[:-1], kind="rounding")
        assert raw.get_alpha() < 0.5 and raw.get_zorder() < smooth.get_zorder()
        assert smooth.get_label() == name
        close(smooth.get_ydata()[40], run.loss[36:45].mean())  # 9 steps, a tenth of the run
        close(smooth.get_ydata()[0], run.loss[:5].mean())
        close(smooth.get_ydata()[-1], run.loss[85:90].mean())


def test_a_running_mean_is_a_mean_of_what_lies_within_its_width():
    iteration, value = np.arange(0, 50, 5), np.arange(10.0)
    at, mean = _curves.running_mean(iteration, value, 15)
    assert at.tolist() == list(range(10))
    close(mean, [0.5, *range(1, 9), 8.5], kind="rounding")
    at, mean = _curves.running_mean(np.arange(10**5), np.ones(10**5), 301)
    assert len(at) == 2000 and (mean == 1).all() and at[0] == 0 and at[-1] == 10**5 - 1
    falling = np.array([1e10] * 5 + [1e-10] * 95)
    close(_curves.running_mean(np.arange(100), falling, 5)[1][-1], 1e-10)


def test_axes_are_logarithmic_where_values_span_far(real_runs):
    runs, flow = real_runs
    (axis,) = fn.plot.curves({"run": runs["step 0.6"], "flow": flow}).axes
    assert axis.get_yscale() == "linear" and len(axis.lines) == 2
    far = fn.train(fn.Parabola(2), fn.Aristotle(0.1), W0=[1.0, 2.0], steps=40)
    assert fn.plot.curves(far).axes[0].get_yscale() == "log"
    (axis,) = fn.plot.curves(runs["step 0.6"], y="step").axes
    assert axis.get_yscale() == "linear" and set(axis.lines[0].get_ydata()) == {0.6}


def test_curves_of_a_divergence_end_where_an_axis_does():
    run = fn.train(fn.Parabola(2), fn.Aristotle(3.0), W0=[1.0, 2.0], steps=2000)
    (axis,) = fn.plot.curves(run).axes
    assert axis.lines[0].get_ydata().max() < 1e200 and faults(axis.figure) == []


def test_observables_that_are_no_curve_are_left_out_or_refused(digits_potential):
    run = fn.train(
        digits_potential,
        fn.Aristotle(0.1),
        steps=4,
        observe={"two": (1, lambda state: np.ones(2)), "ok": (1, lambda state: 1.0)},
    )
    with told_in_one_line("'two' is .2,. numbers a step"):
        fn.plot.curves(run, y="two")
    assert len(fn.plot.loss(run).axes) == 2


@pytest.mark.parametrize(
    "words, draw",
    [
        ("x is 'hour'; .* iteration, epoch, time", lambda r, f: fn.plot.curves(r, x="hour")),
        (
            "run 'b': unknown observable 'speeed'; did you mean 'speed'",
            lambda r, f: fn.plot.curves({"b": r}, y="speeed"),
        ),
        ("smooth is 0", lambda r, f: fn.plot.curves(r, smooth=0)),
        ("y is 3", lambda r, f: fn.plot.curves(r, y=3)),
        ("runs is {}", lambda r, f: fn.plot.curves({})),
        ("runs is {}", lambda r, f: fn.plot.comparison({})),
        ("3 cannot be drawn", lambda r, f: fn.plot.curves({"a": 3})),
        ("a flow has no epochs", lambda r, f: fn.plot.curves(f, x="epoch")),
        ("ax is 3; .* Axes", lambda r, f: fn.plot.curves(r, ax=3)),
        ("breakdown has several panels: figure=", lambda r, f: fn.plot.breakdown(r, ax=3)),
        ("figure is 3; .* figure or subfigure", lambda r, f: fn.plot.breakdown(r, figure=3)),
        ("size is 3; .* inches", lambda r, f: fn.plot.loss(r, size=3)),
        ("size is .0, 4.", lambda r, f: fn.plot.report(r, size=(0, 4))),
        ("title is 3; .* a text", lambda r, f: fn.plot.flows(r, f, title=3)),
        ("exclude each other", lambda r, f: fn.plot.loss(r, size=(3, 4), figure=Figure())),
        ("no room for its panels", lambda r, f: fn.plot.flows(r, f, size=(3, 2))),
    ],
)
def test_mistakes_are_told_in_one_line(real_runs, words, draw):
    runs, flow = real_runs
    with told_in_one_line(words):
        draw(runs["step 0.6"], flow)


def test_titles_name_mechanics_of_mechanics_and_potentials_of_ones_own():
    bowl = fn.CustomPotential(2, lambda W: (W @ W / 2, W), name="bowl")
    for mechanics, words in (
        (fn.SAM(fn.Adam(0.1), 0.05), "bowl (2 parameters), SAM, Adam, step 0.1"),
        (fn.Aristotle("cosine:0.1:9"), "bowl (2 parameters), step cosine:0.1:9"),
        (fn.Nesterov(0.1, 0.5), "bowl (2 parameters), Nesterov, step 0.1"),
    ):
        run = fn.train(bowl, mechanics, W0=[1.0, 2.0], steps=4)
        assert fn.plot.curves(run).axes[0].get_title() == words
    assert _style._step_of({"kind": "chain"}) == "scheduled steps"


# Notebooks


@pytest.mark.parametrize("name", ["flows", "report", "comparison", "loss"])
def test_a_notebook_shows_a_figure_that_pyplot_does_not_know(figures, name):
    figure = figures[name](size=(9, 6))
    pixels, sizes = figure._repr_png_()
    with Image.open(BytesIO(pixels)) as picture:
        assert picture.format == "PNG" and np.asarray(picture.convert("L")).std() > 5
        assert picture.size == tuple(figure.bbox.size) and sizes == {"width": 864, "height": 576}


def test_ipython_shows_it_as_it_shows_any_value(figures):
    """With and without its own formatter for figures of matplotlib."""
    formatters = pytest.importorskip("IPython.core.formatters")
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # those of IPython itself
        data, _ = formatters.DisplayFormatter().format(figures["curves of one run"]())
    assert data["image/png"][:8] == b"\x89PNG\r\n\x1a\n"
