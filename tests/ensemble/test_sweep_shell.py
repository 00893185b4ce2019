"""`flownet sweep` and what the shell does with a sweep's file; its figures."""

import re
import subprocess
import sys

import h5py
import numpy as np
import pytest
from mistakes import told_in_one_line
from pictures import faults
from test_sweep import experiment

import flownet as fn


def flownet(*arguments):
    """The shell, as another process."""
    words = [sys.executable, "-m", "flownet", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True)


FILE = """
[data]
name = "teacher"
m = 30
n_in = 3
[network]
sizes = [3, 4, 1]
[loss]
kind = "quadratic"
[mechanics]
kind = "aristotle"
step = 0.1
[run]
steps = 20
[sweep]
keep = ["curve"]
tail = 5
"""
AXES = """
[sweep.axes]
"mechanics.step" = { from = 0.01, to = 100.0, count = 5, spacing = "log" }
"run.seed" = { from = 0, to = 2 }
"""
BOX = """
[sweep.box]
samples = 6
[sweep.box.ranges]
"mechanics.step" = [0.01, 1.0, "log"]
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "steps.toml"
        path.write_text(text)
        return path

    return write


def test_a_sweep_from_a_file(tmp_path, written):
    path, out = written(FILE + AXES), tmp_path / "sweep.h5"
    done = flownet("sweep", path, "-o", out)
    assert done.returncode == 0 and "Sweep of 15 runs over mechanics.step (5)" in done.stdout
    found = fn.Sweep.open(out)
    np.testing.assert_allclose(found.axes["mechanics.step"], [0.01, 0.1, 1, 10, 100])
    assert found.axes["run.seed"].tolist() == [0, 1, 2] and found["curve"].shape == (5, 3, 21)
    assert found.loss[1, 2] == found.runs[1, 2].loss[-1]
    told = flownet("info", out)
    assert "finished" in told.stdout and 'name = "teacher"' in told.stdout
    assert flownet("plot", out, "-o", tmp_path / "s.png").returncode == 0
    assert (tmp_path / "s.png").stat().st_size > 10_000
    of = flownet("plot", out, "-o", tmp_path / "s.png", "--of", "speed")
    assert of.returncode == 2 and "unknown kept quantity 'speed'" in of.stderr
    whole = flownet("info", out, "--verify")
    said = " ".join(whole.stdout.split())
    assert whole.returncode == 0 and "all is as it was written" in said
    with h5py.File(out, "r+") as file:
        loss = file["loss"][1, 2]
        file["loss"][1, 2] = 0
    damaged = flownet("info", out, "--verify")
    assert damaged.returncode == 2 and "`flownet resume` runs damaged members" in damaged.stderr
    again = flownet("resume", out)
    assert again.returncode == 0 and "Sweep of 15 runs" in again.stdout
    assert fn.Sweep.open(out).loss[1, 2] == loss
    for command, words in (
        ("resume", ["--steps", "3"]),
        ("plot", ["-o", "x.png", "--kind", "loss"]),
    ):
        refused = flownet(command, out, *words)
        assert (
            refused.returncode == 2 and "is of a run, and this file is a sweep's" in refused.stderr
        )
    twice = flownet("sweep", path, "-o", out)
    assert twice.returncode == 2 and "exists; overwrite=True" in twice.stderr


def test_samples_of_a_box_from_a_file(written):
    found = fn.Experiment.load(written(FILE + BOX)).sweep()
    assert found.dims == ("sample",) and len(set(found.axes["mechanics.step"])) == 6


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("tail = 5", "tial = 5"), "unknown key in [sweep] 'tial'; did you mean 'tail'?"),
        (('spacing = "log"', 'spacing = "lin"'), "spacing is 'lin'; 'linear' is wanted"),
        (('"mechanics.step" =', '"mechanics.setp" ='), "unknown word of [mechanics] 'setp'"),
        (("count = 5", "count = 0"), "{from, to, count} with spacing"),
        (('"curve"', '"curves"'), "unknown quantity to keep 'curves'; did you mean 'curve'?"),
        ((AXES, ""), "axes is {}; it has to be a table of values by name"),
        (("tail = 5", "tail = 0"), "tail"),
    ],
)
def test_mistakes_in_a_file(written, change, line):
    with told_in_one_line(re.escape(line)):
        fn.Experiment.load(written((FILE + AXES).replace(*change))).sweep()


def test_one_run_is_no_sweep(written):
    path = written(FILE + AXES)
    with told_in_one_line("has a \\[sweep\\], and is many runs"):
        fn.Experiment.load(path).run()
    with told_in_one_line("no table \\[sweep\\]"):
        fn.Experiment.load(written(FILE.split("[sweep]")[0])).sweep()


def test_experiments_of_what_python_has():
    e = experiment(fn.Adam(0.1), seed=3)
    run = e.run(progress=False)
    assert run.experiment["run"]["seed"] == 3 and fn.Experiment(e.tables).to_toml() == e.to_toml()
    own = fn.CustomPotential(1, lambda W: (float(W[0] ** 2), 2 * W), name="square")
    with told_in_one_line("is a program of its own"):
        fn.Experiment.of(own, fn.Aristotle(0.1), steps=3)


def drawn(figure):
    """Axes of a figure without faults, and the words of its legends."""
    assert faults(figure) == []
    legends = [*figure.legends, *(a.get_legend() for a in figure.axes if a.get_legend())]
    return figure.axes[0], [t.get_text() for legend in legends for t in legend.get_texts()]


def test_a_figure_over_one_axis_and_seeds():
    axes = {"mechanics.step": np.geomspace(0.01, 1e4, 7), "run.seed": range(5)}
    found = fn.sweep(experiment(), axes=axes, tail=5)
    ax, words = drawn(fn.plot.sweep(found))
    assert ax.get_xscale() == "log" and ax.get_xlabel() == "step η δt"
    assert words == ["member", "diverged", "half of the seeds", "median of the seeds"]
    middle = next(line for line in ax.lines if line.get_label() == "median of the seeds")
    kept = np.where(found.verdict == 2, np.nan, found.loss)
    known = np.isfinite(kept).any(axis=1)
    np.testing.assert_allclose(middle.get_xdata(), axes["mechanics.step"][known])
    np.testing.assert_allclose(middle.get_ydata(), np.nanmedian(kept[known], axis=1))


def test_figures_over_two_axes():
    axes = {"metric.stiffness.0": [1, 1e-1, 1e-2], "metric.stiffness.1": [1, 1e-1, 1e-2, 1e-3]}
    kept = {"convergence": True, "failure": 5, "sharpness": [0, 30]}
    found = fn.sweep(experiment(), axes=axes, keep=kept)
    for y in (None, "verdict", "failure", "loss", "sharpness"):
        ax, words = drawn(fn.plot.sweep(found, y=y))
        assert ax.get_xlabel() == "step of layer 1, h/g₁" and ax.get_yscale() == "log"
        mesh = next(c for c in ax.collections if c.get_array() is not None)
        if y in ("verdict", "failure"):
            np.testing.assert_array_equal(np.reshape(mesh.get_array(), (4, 3)), found[y].T)
            names = {-1: "none", **dict(enumerate(found.column(y).words))}
            assert words == [names[code] for code in sorted(set(found[y].ravel()))]
        if y == "loss":
            known = np.isfinite(np.ma.filled(mesh.get_array(), np.nan)).reshape(4, 3)
            np.testing.assert_allclose(
                np.reshape(mesh.get_array(), (4, 3))[known], found.loss.T[known]
            )
    with told_in_one_line("kept at 2 iterations"):
        fn.plot.sweep(found, y="sharpness", at=5)
    with told_in_one_line("a sweep is wanted"):
        fn.plot.sweep(3)


def test_words_on_an_axis():
    axes = {"network.activation": ["tanh", "gelu", "sin"], "mechanics.step": [0.1, 0.2]}
    found = fn.sweep(experiment(), axes=axes)
    ax, _ = drawn(fn.plot.sweep(found, y="loss"))
    assert [t.get_text() for t in ax.get_xticklabels()] == axes["network.activation"]
    three = {**axes, "run.batch_size": [5, 10]}
    with told_in_one_line("a figure shows one or two"):
        fn.plot.sweep(fn.sweep(experiment(), axes=three))
