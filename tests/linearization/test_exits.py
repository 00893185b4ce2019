"""The step where exits part: closed forms, the shipped experiment, and mistakes."""

import numpy as np
import pytest
from checkout import SCRIPTS
from click.testing import CliRunner
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn
from flownet.desk import cli

EXPERIMENT = SCRIPTS / "experiments" / "exits.toml"

# --- exits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha, c, W0", [(1.0, 1.0, 2.0), (2.0, 0.7, -1.5)])
def test_one_step_crosses_the_hill_from_a_known_step_on(alpha, c, W0):
    """W₀ − h(α/2)W₀(W₀²−c²) = 0 at h = 2/(α(W₀²−c²))."""
    threshold = 2 / (alpha * (W0**2 - c**2))
    found = fn.exit_step(
        fn.DoubleWell(1, alpha=alpha, c=c),
        [W0],
        low=threshold / 3,
        high=1.2 * threshold,
        steps=1,
        rtol=1e-6,
        grid=4,
    )
    assert found.below <= threshold <= found.step <= found.below * (1 + 1.01e-6)
    assert found.at.verdict == "different basin" and set(found.exits) == {0, 1}
    close(found.comparison.aligned_barrier.rise, alpha * c**4 / 8)
    close(found.at.run.W, [-np.sign(W0) * c], kind="rounding")
    close(found.at.flow.W, [np.sign(W0) * c], kind="rounding")


def test_the_metric_moves_the_step_where_the_exit_changes():
    """A stiffness of 5 makes it 5 times as long; what is frozen on the hill stays there."""
    metric = fn.DiagonalMetric([5.0, np.inf])
    found = fn.exit_step(
        fn.DoubleWell(2), [2.0, 0.0], low=2.0, high=4.0, steps=1, rtol=1e-4, grid=2, metric=metric
    )
    assert found.below <= 5 * 2 / 3 <= found.step and found.at.verdict == "different basin"
    close(found.comparison.distance, 2 * np.sqrt(5.0))
    assert found.at.run.kind == "minimum" and found.at.run.W[1] == 0


def test_a_run_in_single_precision_is_continued_in_double():
    """Its minimum is that of the same potential in float64."""
    single = fn.Potential(
        fn.Network([2, 2, 1], dtype="float32"), fn.Quadratic(), fn.data.load("xor")
    ) + 3e-3 * fn.Parabola(9)
    found = fn.exits(single, single.network.init(1), step=0.2, steps=10)
    assert found.verdict == "same basin" and found.run.W.dtype == np.float64
    assert found.run.gradient <= 10 * found.run.rounding < 1e-13


def test_a_run_that_diverges_leaves_by_no_exit():
    """W ← (1−h)W: ten steps are 1e6 times the loss from h = 1 + 10^{3/10} on."""
    found = fn.exit_step(fn.Parabola(2), np.ones(2), low=0.5, high=8.0, steps=10, grid=5)
    assert found.below <= 1 + 10**0.3 <= found.step and found.at.verdict == "diverged"
    assert found.exits[0] == 0 and found.exits[-1] == -1 and found.comparison is None
    assert "diverges between" in str(found) and "no exit" in str(found.at)


def test_no_change_is_told():
    """On a parabola every step below 2 leaves alike."""
    found = fn.exit_step(fn.Parabola(2), np.ones(2), low=0.1, high=1.9, steps=10, grid=4)
    assert found.step is found.at is found.comparison is None and not found.exits.any()
    assert "the flow's at all of them" in str(found)


def test_a_recorded_run_and_its_flow():
    """The same as of the potential; whatever the mechanics."""
    potential = fn.DoubleWell(1)
    run = fn.train(potential, fn.Aristotle(0.8), W0=[2.0], steps=3)
    one, other = fn.exits(run), fn.exits(potential, [2.0], step=0.8, time=2.4)
    assert one.verdict == other.verdict and one.run.W == other.run.W and one.steps == other.steps


def printed(table):
    """Lines of a table: of an upright one its columns, of any other its rows and their heads."""
    own = len(table.rows[0]) if table.upright else 1 + len(table.rows)
    return own + sum(map(printed, table.more))


def test_tables_fit_a_page():
    """At most 100 columns; HTML has every row."""
    found = fn.exit_step(fn.DoubleWell(1), [2.0], low=0.3, high=0.9, time=2.0, grid=3, rtol=0.1)
    for part in (found, found.at, found.comparison, found.at.run):
        assert max(map(len, str(part).splitlines())) <= 100, str(part)
        assert part._repr_html_().count("<tr>") == printed(part.table())
    assert found.values.shape == (len(found.tried), len(fn.linearization.exits.EXIT_COLUMNS))


# --- the shipped experiment -----------------------------------------------------------------------


def test_the_shipped_experiment_leaves_by_another_exit(tmp_path):
    """As its comment says; the step, the exits and the barrier are printed, and stored."""
    path = fn.Experiment.load(EXPERIMENT).run(tmp_path / "run.h5").path
    told = (
        CliRunner()
        .invoke(
            cli.shell,
            ["exits", path, "--low", "0.45", "--high", "0.48", "--grid", "2"],
            catch_exceptions=False,
        )
        .output
    )
    assert "the exit changes between a step of 0.466" in told and f"stored in {path}" in told
    assert "verdict: different basin" in told and "'different basin' means: they are two" in told
    assert max(map(len, told.splitlines())) <= 100
    run = fn.Trajectory.open(path)
    attrs, kept = run.store.attrs("analysis/exits"), run.analyses["exits"].value
    columns = dict(zip(attrs["columns"], kept.T))
    assert attrs["below"] < 0.46637 < attrs["step"] < attrs["below"] * 1.002
    changed = columns["step"] >= attrs["step"]
    assert (columns["exit"] == changed).all() and (columns["index"] == 0).all()
    assert np.allclose(columns["loss"][[0, -1]], [0.019561, 0.018783], rtol=1e-4)
    assert (columns["aligned_barrier"][changed] > 0.12).all()
    assert (columns["aligned_distance"][changed] > 4.5).all()


def test_exits_of_an_analytic_run(tmp_path):
    """Its file names no network; the step of the closed form is found."""
    path = tmp_path / "run.h5"
    fn.train(fn.DoubleWell(1), fn.Aristotle(0.7), W0=[2.0], steps=1, store=path)
    told = CliRunner().invoke(cli.shell, ["exits", str(path)], catch_exceptions=False).output
    assert "verdict: different basin" in told and f"stored in {path}" in told
    run = fn.Trajectory.open(path)
    attrs = run.store.attrs("analysis/exits")
    assert attrs["below"] <= 2 / 3 <= attrs["step"] and attrs["verdict"] == "different basin"


# --- mistakes -------------------------------------------------------------------------------------

WELL = fn.DoubleWell(1)
MISTAKES = {
    "no end": (lambda: fn.exits(WELL, [2.0], step=0.1), "steps=N, or time"),
    "two ends": (lambda: fn.exits(WELL, [2.0], step=0.1, steps=2, time=1), "one of them"),
    "no step": (lambda: fn.exits(WELL, [2.0], steps=1), "step is None"),
    "no steps": (lambda: fn.exits(WELL, [2.0], step=0.1, steps=0), "whole number from 1 up"),
    "no start": (lambda: fn.exits(WELL, step=0.1, steps=1), "wants the parameters W0"),
    "a run has its own": (
        lambda: fn.exits(fn.train(WELL, fn.Aristotle(0.1), W0=[2.0], steps=1), step=0.1),
        "takes no step=0.1",
    ),
    "time": (lambda: fn.minimum(WELL, [2.0], time=-1), "time is -1"),
    "shape": (lambda: fn.minimum(WELL, [2.0, 1.0]), "W has shape"),
    "potential": (lambda: fn.minimum("digits", [2.0]), "has to be a potential"),
    "order": (lambda: fn.exit_step(WELL, [2.0], low=0.2, high=0.1, steps=1), "low has to be"),
    "grid": (lambda: fn.exit_step(WELL, [2.0], low=0.1, high=0.2, steps=1, grid=1), "grid is 1"),
    "rtol": (lambda: fn.exit_step(WELL, [2.0], low=0.1, high=0.2, steps=1, rtol=2), "rtol is 2"),
    "too high": (lambda: fn.exit_step(WELL, [2.0], low=0.7, high=0.8, steps=1), "a lower one"),
    "frozen": (
        lambda: fn.compare_minima(
            fn.DoubleWell(2), [1.0, 1.0], [1.0, -1.0], metric=fn.DiagonalMetric([1.0, np.inf])
        ),
        "freezes",
    ),
    "downhill for ever": (lambda: fn.minimum(-1.0 * fn.Quartic(1), [1.0]), "infinity|finite"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    """One error class, one line."""
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call()


@pytest.mark.parametrize(
    "change, line",
    [
        (("step = 0", 'step = "linear:0.1" # 0'), "with a constant step"),
        (("seed =", "batch_size = 2\nseed ="), "leave batch_size out"),
    ],
)
def test_experiments_that_have_no_exits(tmp_path, change, line):
    """A policy, and mini-batches."""
    path = tmp_path / "experiment.toml"
    assert change[0] in EXPERIMENT.read_text()
    path.write_text(EXPERIMENT.read_text().replace(*change))
    result = CliRunner().invoke(cli.shell, ["exits", str(path)])
    assert isinstance(result.exception, fn.FlownetError) and line in str(result.exception)
