"""Metrics of all kinds in experiment files: run, and run again from the run's file."""

import numpy as np
import pytest
from every_metric import INF
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn
from flownet._errors import FlownetError

FILE = """
[data]
name = "xor"
[network]
sizes = [2, 3, 3, 3, 1]
[loss]
kind = "quadratic"
[mechanics]
kind = "newton"
step = 0.2
[run]
steps = 12
{rest}
"""
TABLES = {
    "width": ('[metric]\nstiffness = "width"', [2.0] * 9 + [3.0] * 28),
    "neurons": (
        '[metric]\nkind = "group"\nstiffness = [[1.0, 2.0, inf], 1.0, 1.0, 1.0]\n'
        "[metric.groups.blind]\nstiffness = inf\nlayer = 1\ninputs = [0]\n",
        [1, 1, 2, 2, INF, INF, 1, 2, INF, *([INF, 1, 1] * 3), *[1] * 19],
    ),
    "coupled": (
        '[metric]\nkind = "coupled"\nstiffness = [[1.0, 0.0, 0.0, 0.0], '
        "[0.0, 1.0, -0.5, 0.0], [0.0, -0.5, 2.0, 0.0], [0.0, 0.0, 0.0, 1.0]]",
        [1.0] * 21 + [2.0] * 12 + [1.0] * 4,
    ),
    "timed": (
        '[metric]\nkind = "timed"\ntimes = [0.0, 1.0]\n[[metric.metrics]]\n'
        'stiffness = [inf, 1.0, 1.0, 1.0]\n[[metric.metrics]]\nkind = "euclidean"\n',
        [INF] * 9 + [1.0] * 28,
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_experiment_files(name, tmp_path):
    """A metric in TOML, run, and the run's own file as an experiment again: the same bits."""
    text, own = TABLES[name]
    rest = (
        '[observe.path]\nkind = "path-length"\nevery = 1\n[observe.speed]\nkind = "speed"\n'
        'every = 3\n[observe.bare]\nkind = "step-speed"\nevery = 1\n'
        'metric = {kind = "euclidean"}\n[observe.sharp]\nkind = "sharpness"\nevery = 4\n'
    )
    (tmp_path / "e.toml").write_text(FILE.format(rest=text + "\n" + rest))
    experiment = fn.Experiment.load(tmp_path / "e.toml")
    run = experiment.run(tmp_path / "a.h5")
    np.testing.assert_array_equal(run.metric.at(0.0).own, own)
    again = fn.Experiment.load(tmp_path / "a.h5").run()
    for quantity in run.observables:
        np.testing.assert_array_equal(
            run.observables[quantity].value, again.observables[quantity].value
        )
    close(run.observables["path"].value, fn.path_length(run).value)
    close(run.observables["sharp"].value, fn.sharpness(run, every=4).value, kind="solver")
    (tmp_path / "b.toml").write_text(experiment.to_toml())
    np.testing.assert_array_equal(
        fn.Experiment.load(tmp_path / "b.toml").run().parameters[:], run.parameters[:]
    )


@pytest.mark.parametrize(
    "text, line",
    [
        ("[metric]\nstiffness = [1.0, -1.0, 1.0, 1.0]", "stiffness holds -1.0; numbers above 0"),
        (
            '[metric]\nkind = "timed"\nstiffness = [1.0]',
            "takes no stiffness; it takes times, metrics",
        ),
        ("[metric]\ngroups = {}", "of kind layer takes no groups; it takes stiffness"),
        ('[metric]\nkind = "group"\n[metric.groups.a]\nlayers = 1\nstiffness = 1.0', "'layers'"),
        ('[observe.path]\nkind = "path-length"\nevery = 1\nsplit = "test"', "it takes no split"),
    ],
)
def test_mistakes_in_files(text, line, tmp_path):
    (tmp_path / "e.toml").write_text(FILE.format(rest=text))
    with pytest.raises(FlownetError, match=line):
        fn.Experiment.load(tmp_path / "e.toml").parts()


def test_in_an_experiment_file(tmp_path):
    text = """
[data]
name = "xor"
[network]
sizes = [2, 3, 1]
[loss]
kind = "quadratic"
[metric]
kind = "scheduled"
stiffness = ["exponential:4:0.5", [3.0, 2.0, 1.0]]
of = "iteration"
[mechanics]
kind = "aristotle"
step = 0.5
[run]
steps = 3
"""
    path, store = tmp_path / "run.toml", tmp_path / "run.h5"
    path.write_text(text)
    run = fn.Experiment.load(path).run(store)
    close(run.observables["stiffness"].value, [[4, 3], [2, 2], [1, 1]])
    again = fn.Experiment.load(store).run()
    np.testing.assert_array_equal(again.parameters[:], run.parameters[:])
    path.write_text(text.replace('of = "iteration"', 'of = "loss"'))
    with told_in_one_line("of"):
        fn.Experiment.load(path)
