"""`flownet breakdown`: the report of a run as tables, as analyses in its file, and as a figure."""

import os
import subprocess
import sys
from types import SimpleNamespace

import naive
import numpy as np
import pytest
import twins
from click.testing import CliRunner
from pictures import is_drawn
from tolerance import close

import flownet as fn
from flownet.desk import cli
from flownet.desk.report import _measured, _tables
from flownet.geometry.curvature import NoSpectrum, _curvature
from flownet.linearization.breakdown import Breakdown, kept
from flownet.linearization.breakdown._series import SPLIT
from flownet.store.bytes import FlatFile

pytestmark = [
    pytest.mark.filterwarnings("error"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # files that the shell leaves open
]

PANELS = [
    "Loss",
    "What a step promised and delivered",
    "What each order took of the promise",
    "Second order: parameters alone, and in pairs",
    "Sharpness and the edge of stability",
    "Charges: what the flow would keep",
]


def digits(activation="relu", loss=fn.Quadratic, dtype="float64"):
    network = fn.Network([64, 6, 10], activation, dtype=dtype)
    return fn.Potential(network, loss(), fn.data.load("digits", limit=60))


def shell(*arguments):
    """What `flownet` prints, with a line for a mistake."""
    result = CliRunner().invoke(cli.shell, [str(a) for a in arguments])
    if isinstance(result.exception, fn.FlownetError):
        return f"flownet: {result.exception}\n"
    assert result.exit_code == 0, result.output
    return result.output


def titles(figure):
    return [axis.get_title() for axis in figure.axes]


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """File of a run at the edge of stability, and what `flownet breakdown` printed of it."""
    path = tmp_path_factory.mktemp("report") / "run.h5"
    fn.train(digits(), fn.Aristotle(0.2), steps=70, store=path)
    return path, shell("breakdown", path)


@pytest.fixture(scope="module")
def run(reported):
    return fn.Trajectory.open(reported[0])


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


def test_one_step_in_full(reported):
    told = shell("breakdown", reported[0], "--at", 40)
    assert max(map(len, told.splitlines())) <= 100
    for words in (
        "at iteration 40",
        "critical step",
        "pairs of unit and sample change sign",
        "half of the promise is missed from a step of",
        "verdict: ",
        " means: ",
        "without its top eigendirection",
        "layer 1 alone",
        "By layers",
        "map bends",
        "Radius of convergence",
    ):
        assert words in told, words


def test_the_terms_alone_leave_a_fuller_breakdown(reported, tmp_path):
    """--quick prints and stores Taylor terms, but not in place of what took longer."""
    told = shell("breakdown", reported[0], "--quick")
    assert "critical step" in told and "keeps a breakdown with splits" in told
    assert len(fn.Trajectory.open(reported[0]).analyses["breakdown"].value) == 24
    path = tmp_path / "quick.h5"
    fn.train(digits(), fn.Aristotle(0.2), steps=12, store=path)
    assert f"stored in {path}" in shell("breakdown", path, "--quick", "--every", 2)
    quick = fn.Trajectory.open(path)
    assert list(quick.analyses) == ["breakdown"] and len(quick.analyses["breakdown"].value) == 6
    assert not path.with_suffix(".breakdown.png").exists() and _measured.kept(quick) is None
    assert _measured.kept(fn.train(digits(), fn.Aristotle(0.2), steps=2)) is None


@pytest.mark.parametrize("steps", [1, 59, 61, 120, 121, 5000])
def test_it_looks_at_evenly_chosen_steps_by_an_odd_interval(steps, monkeypatch):
    """At most 60; an even interval would see every other swing of an oscillation alone."""
    run = SimpleNamespace(
        step=np.ones(steps),
        potential=fn.Parabola(),
        mechanics=fn.Aristotle(1.0),
        metric=None,
        experiment={"run": {}},
        is_flow=False,
    )
    monkeypatch.setattr(_measured, "breakdown", lambda run, **words: None)
    monkeypatch.setattr(_measured, "sharpness", lambda run, **words: words["every"])
    found = _measured.measure(run)
    assert found.every % 2 == 1 and found.sharpness == found.every
    assert min(steps, 20) <= steps / found.every <= 60


def test_a_dear_network_is_left_out_and_said(run, monkeypatch):
    work = run.potential.size * 60
    monkeypatch.setattr(_measured, "_WORK", 400 * work * _measured._FEWEST)
    found = _measured.measure(run)
    told = str(_tables.report(found))
    assert found.series is not None and not found.split and found.sharpness is not None
    assert "left out: the splits of the steps: " in told and "Verdicts" not in told
    assert titles(fn.plot.report(run, found)) == [*PANELS[:3], PANELS[4]]
    monkeypatch.setattr(_measured, "_WORK", work)
    found = _measured.measure(run)
    assert found.sharpness is None and "left out: sharpness" in str(_tables.report(found))
    assert found.charges is None and "left out: charges" in str(_tables.report(found))


def complex_run(steps=300, **options):
    """The run of README's complex network, of which every unit is dear."""
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 6)) + 1j * random.normal(size=(200, 6))
    data = fn.Dataset(x, (np.abs(x.sum(axis=1)) > 3).astype(int))
    network = fn.Network([6, 12, 2], "modrelu", output="abs2", bias=False, dtype="complex128")
    potential = fn.Potential(network, fn.CrossEntropy(), data)
    return fn.train(potential, fn.Aristotle(0.1), steps=steps, **options)


def test_of_complex_networks_it_splits_as_many_steps_as_their_units_allow(monkeypatch):
    """A split takes some tenths of a second each: 60 would take half a minute."""
    monkeypatch.setattr(_measured, "breakdown", lambda run, **words: SimpleNamespace(**words))
    monkeypatch.setattr(_measured, "sharpness", lambda run, **words: None)
    run = complex_run()
    found = _measured.measure(run)
    steps = len(run.step) / found.every
    assert _measured._FEWEST <= steps <= 20 and found.split and found.every % 2 == 1
    shares = 2 * 108 * _measured._PAIR_DIAGONAL * 14 * 200
    assert steps * shares <= _measured._WORK


def test_a_figure_of_terms_looks_at_as_many_steps_as_take_some_seconds():
    def interval(steps, size, m):
        data = SimpleNamespace(m=m)
        potential = SimpleNamespace(size=size, data=data)
        run = SimpleNamespace(step=np.ones(steps), potential=potential, experiment={"run": {}})
        return _measured.drawn_interval(run)

    assert interval(5000, 1210, 300) == 5000 // 300
    assert 5000 / interval(5000, 2410, 1797) * 60 * 2410 * 1797 <= 1.02 * _measured._QUICK
    assert interval(5000, 10**6, 10**5) == 50 and interval(9, 10**6, 10**5) == 1


def test_what_is_told_of_each_step_is_read_once(tmp_path, monkeypatch):
    """Not all times and steps anew for every step that is looked at."""
    path = tmp_path / "long.h5"
    fn.train(fn.Parabola(2), fn.Aristotle(0.001), W0=[1.0, 2.0], steps=5000, store=path)
    run, asked = fn.Trajectory.open(path), []
    read = FlatFile.read_into
    monkeypatch.setattr(
        FlatFile, "read_into", lambda *words: asked.append(words[1]) or read(*words)
    )
    fn.breakdown(run, every=2500)
    few = len(asked)
    fn.breakdown(run, every=100)
    assert len(asked) < few + 50 * 2 * 8
    run.time[:] = 0.0  # what is given away is a copy
    assert run.time[-1] == run.time.max() > 4.9


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


MISTAKES = {
    "step and figure": (["--at", "3", "--figure", "a.png"], "--at looks at one step"),
    "step and quick": (["--at", "3", "--quick"], "--at looks at one step"),
    "step that was not": (["--at", "70"], "steps 0 to 69"),
    "no picture": (["--figure", "a.docx"], "its ending 'docx' is none of"),
    "no folder": (["--figure", "no/where/a.png"], "there is no folder no/where"),
}


@pytest.mark.parametrize("arguments, line", MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_one_line_before_the_work(reported, arguments, line, monkeypatch):
    monkeypatch.setattr(_measured, "measure", None)
    told = shell("breakdown", reported[0], *arguments)
    assert line in told and len(told.splitlines()) == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_full_disk_behind_the_output_is_one_line(reported):
    code = "from flownet.desk.cli import main; main()"
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-c", code, "info", str(reported[0])],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert ended.returncode == 2
    assert ended.stderr == "flownet: cannot print: No space left on device.\n"


def test_breakdowns_in_a_notebook(run):
    """The cells of the text table, escaped."""
    series = fn.breakdown(run, every=7)
    html = series._repr_html_()
    assert html.count("<tr>") == 1 + len(series) and html.count("<td") == 9 * len(series)
    lines = str(series).splitlines()
    rule = next(i for i, line in enumerate(lines) if set(line) == {"─"})
    assert lines[rule + len(series)] and not lines[rule + len(series) + 1]
    for line in lines[rule + 1 : rule + 1 + len(series)]:
        assert all(f">{word}</td>" in html for word in line.split())
    assert fn.breakdown(run, every=7)[:0]._repr_html_() == "<div><p>no steps</p></div>"


def displacements(potential, W, step=0.1):
    """One step of momentum and one of Adam after three others, and one on a mini-batch."""
    u, m, v = np.zeros((3, W.size))
    steps = 3
    for _ in range(steps):
        dL = potential.differential(W)[1]
        u, m, v = 0.9 * u + dL, 0.9 * m + 0.1 * dL, 0.999 * v + 0.001 * dL**2
        W = W - step * dL
    adam = m / (1 - 0.9**steps) / (np.sqrt(v / (1 - 0.999**steps)) + 1e-8)
    return W, {
        "momentum": -step * u,
        "Adam": -0.01 * adam,
        "mini-batch": -step * potential.on(slice(0, 4)).differential(W)[1],
    }


@pytest.mark.parametrize("name", ["momentum", "Adam", "mini-batch"])
def test_a_step_of_any_mechanics(name):
    """Terms and self terms of a displacement against dense derivatives."""
    case = twins.case(41_000, [3, 5, 2], ["tanh"], "quadratic", m=12)
    potential, problem = twins.potential(case), twins.problem(case)
    W, steps = displacements(potential, case["arrays"]["W"])
    b, delta = fn.breakdown(potential, W, displacement=steps[name]), steps[name]
    loss, linear, second, third = naive.jet(problem, W, delta, 3)
    close([b.loss, b.linear, b.second, b.third], [loss, linear, second, third])
    close(b.second_self, np.diag(naive.hessian(problem, W)) @ delta**2 / 2)
    close(b.linear + b.second + b.third + b.remainder, b.actual)
    assert b.verdict.words and "<table>" in b._repr_html_() and "pairs of parameters" in str(b)


def test_a_physical_system_is_told_of_its_nudge(tmp_path, monkeypatch):
    """Bias, least curvature and sweeps, in tables, in the file, and in the figure."""
    system = fn.Hopfield([2, 8, 1], "tanh", init=[0.5, 0.3])
    potential = fn.Equilibrium(system, fn.Quadratic(), fn.data.load("xor"), nudge=0.1)
    path = tmp_path / "run.h5"
    fn.train(potential, fn.Aristotle(0.2), steps=30, seed=1, store=path)
    told = shell("breakdown", path)
    for words in (
        "30 of 30 steps, every 1st, split into self terms, pairs and triplets",
        "First order by what the nudge makes of it",
        "power 2",
        "What the nudge falsifies, and how far states can be trusted",
        "λ_min",
        "sweeps",
        "stored in",
    ):
        assert words in told, words
    assert max(map(len, told.splitlines())) <= 100
    run = fn.Trajectory.open(path)
    record = run.analyses["meters"]
    k = list(record.iteration).index(30)
    found = potential.meters(run.parameters[30])
    wanted = [found.bias, found.curl, found.softness, found.kink, found.radius, found.sweeps]
    assert record.value[k].tolist() == [*wanted, found.residual]
    monkeypatch.setattr("flownet.desk.plot._report.measure", None)  # what is stored is drawn
    figure = fn.plot.report(run)
    assert titles(figure) == [
        *PANELS[:5],
        "What the nudge falsifies",
        "How far states can be trusted",
        "Sweeps until free states are at rest",
    ]
    (sweeps,) = figure.axes[7].lines
    close(sweeps.get_ydata(), record.value[:, 5])
    assert "hopfield 2-8-1" in figure.get_suptitle()


@pytest.mark.parametrize("of", ["path", "echo"])
def test_a_path_is_told_of_its_nudge(of, tmp_path):
    """Its states have no series, and its energy no minimum: terms by differences, powers fitted."""
    made = fn.Oscillators(1)
    if of == "path":
        data = fn.data.load("spring", steps=10)
        system = fn.LeastAction(made, steps=10, time=1.0)
        potential = fn.Equilibrium(system, fn.Quadratic(), data, nudge=0.01)
    else:
        made, data = fn.Oscillators(2, inputs=1), fn.data.resonator(m=4, steps=20)
        system = fn.Verlet(made, steps=20, time=10.0, observed=1)
        potential = fn.Echo(system, fn.Quadratic(), data, nudge=0.01)
    path = tmp_path / "run.h5"
    W0 = [1.0, 0.0] if of == "path" else potential.init(seed=0)
    fn.train(potential, fn.Aristotle(0.1), W0=W0, steps=5, store=path)
    told = shell("breakdown", path)
    assert "self terms, pairs" in told and "First order by what the nudge makes of it" in told
    assert "left out: the terms" not in told
    assert ("What the nudge falsifies" in told) == (of == "path")  # states at rest have meters
    assert is_drawn(path.with_suffix(".breakdown.png"))
