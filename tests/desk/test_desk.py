"""Experiment files, the shell and the figures: what a user sees, also after a mistake."""

import subprocess
import sys

import numpy as np
import pytest
from checkout import SCRIPTS
from click.testing import CliRunner
from mistakes import told_in_one_line
from pydantic import ValidationError, create_model
from written import GOOD

import flownet as fn
from flownet import _registry
from flownet.desk import cli
from flownet.desk.experiment import _of_signatures
from flownet.desk.experiment._mistake import explain

EXPERIMENTS = sorted((SCRIPTS / "experiments").glob("*.toml"))


@pytest.fixture
def experiment(tmp_path):
    path = tmp_path / "experiment.toml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def recorded(experiment, tmp_path):
    return fn.Experiment.load(experiment).run(tmp_path / "run.h5").path


def shell(*arguments):
    """Exit code and standard error of the shell as its users start it."""
    code = "import sys; from flownet.desk.cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], text=True, capture_output=True
    )
    return result.returncode, result.stderr.strip()


_DATA = {
    "edge": "digits",
    "exits": "xor",
    "steps": "digits",
    "bifurcation": "xor",
    "trainability": "gaussian",
    "failure": "gaussian",
    "hopfield-digits": "digits",
    "diodes-digits": "digits",
}


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda p: p.stem)
def test_shipped_experiments_are_valid(path):
    name = fn.Experiment.load(path).tables["data"]["name"]
    assert name == _DATA.get(path.stem, path.stem)


@pytest.mark.parametrize("name", ["iris", "xor", "spiral", "teacher", "hopfield-digits"])
def test_shipped_experiments_learn(name):
    experiment = fn.Experiment.load(SCRIPTS / "experiments" / f"{name}.toml")
    run = experiment.run()
    assert run.loss[-1] < 0.1 * run.loss[0]


def test_toml_says_what_it_was_made_from(experiment, tmp_path):
    again = tmp_path / "again.toml"
    again.write_text(fn.Experiment.load(experiment).to_toml())
    assert fn.Experiment.load(again).tables == fn.Experiment.load(experiment).tables


def test_the_experiment_of_a_run_file_gives_the_same_run(recorded):
    first = fn.Trajectory.open(recorded)
    second = fn.Experiment.load(recorded).run()
    assert np.array_equal(first.parameters[:], second.parameters[:])
    assert np.array_equal(first.loss, second.loss)


def test_data_files_are_found_beside_the_experiment(experiment, tmp_path):
    np.savez(tmp_path / "mine.npz", x=np.eye(4), y=np.arange(4) % 2)
    experiment.write_text(
        GOOD.replace('name = "digits"\nlimit = 100', 'file = "mine.npz"')
        .replace("[64, 8, 10]", "[4, 3, 2]")
        .replace("batch_size = 32", "")
    )
    assert len(fn.Experiment.load(experiment).run().loss) == 13


MISTAKES = {
    "unknown key": (
        "step = 0.3",
        "stepp = 0.3",
        r"unknown key in \[mechanics\] 'stepp'; did you mean 'step'\?",
    ),
    "unknown key of a table or a word": (
        "[run]",
        "[keep]\nevry = 3\n[run]",
        r"unknown key in \[keep\] 'evry'; did you mean 'every'\? Known: ",
    ),
    "unknown table": ("[run]", "[rum]", r"unknown key 'rum'; did you mean 'run'\?"),
    "missing key": ("steps = 12", "", r"\[run\]: the key steps is missing, or epochs"),
    "missing table": ('[loss]\nkind = "cross-entropy"', "", r"the table \[loss\] is missing"),
    "wrong type": ("steps = 12", 'steps = "many"', r"\[run\] steps is 'many'; .*whole number"),
    "another's key": (
        "step = 0.3",
        "step = 0.3\nmass = 2.0",
        r"\[mechanics\]: aristotle takes no mass; it takes step",
    ),
    "no step": ("step = 0.3", "", r"\[mechanics\]: the key step of aristotle is missing"),
    "out of range": ("step = 0.3", "step = -1.0", r"\[mechanics\] step is -1.0; .*greater than 0"),
    "infinite": ("step = 0.3", "step = inf", r"\[mechanics\] step is inf; .*finite"),
    "unknown activation": (
        "[64, 8, 10]",
        '[64, 8, 10]\nactivation = ["tahn"]',
        r"activation\[0\]: unknown activation 'tahn'; did you mean 'tanh'\?",
    ),
    "unknown data": ('"digits"', '"digit"', r"unknown data set 'digit'; did you mean 'digits'\?"),
    "unknown loss": ('"cross-entropy"', '"crossentropy"', r"did you mean 'cross-entropy'\?"),
    "not TOML": ("steps = 12", "steps 12", r"is not TOML: .*line 13"),
    "does not fit": ("[64, 8, 10]", "[64, 8, 11]", r"have 10 outputs, the network 11"),
    "no device": ("steps = 12", 'steps = 12\ndevice = "cuba"', r"unknown device 'cuba'"),
    "too large a batch": (
        "batch_size = 32",
        "batch_size = 101",
        r"\[run\] batch_size is 101; .* 1 to 100",
    ),
    "a policy too short": (
        "step = 0.3",
        'step = "cosine:0.3:5"',
        r"\[mechanics\] step 'cosine:0.3:5' is 0 after 5 steps",
    ),
    "no word": ('[loss]\nkind = "cross-entropy"', "[loss.kind]\na = 1", "be text in quotes"),
    "a word for a table": (
        '[data]\nname = "digits"\nlimit = 100\n[network]',
        'data = "digits"\n[network]',
        r"\[data\] is 'digits'; it has to be a "
        "table",
    ),
}


@pytest.mark.parametrize("good, bad, line", MISTAKES.values(), ids=MISTAKES)
def test_mistakes_in_a_file_are_one_line(experiment, tmp_path, good, bad, line):
    assert good in GOOD
    experiment.write_text(GOOD.replace(good, bad))
    with told_in_one_line(line) as error:
        fn.Experiment.load(experiment).run(tmp_path / "run.h5")
    assert str(experiment) in str(error.value)


def test_a_new_kind_has_its_keys_by_its_signature(monkeypatch):
    """The words of its arguments, their types and what they default to, and no line elsewhere."""

    class Slowed(fn.Aristotle):
        def __init__(self, step: "Step", by: "Share", form: "Literal['a', 'b']" = "a"):  # noqa: F821
            super().__init__(step)

    monkeypatch.setitem(_registry._classes["mechanics"], "slowed", Slowed)
    mechanics = _of_signatures.family("Mechanics", "mechanics")
    schema = create_model("File", mechanics=(mechanics, ...))
    words = {"kind": "slowed", "step": "linear:0.1", "by": 0.5}
    assert mechanics.model_validate(words).model_dump(exclude_none=True) == words
    for wrong, line in [
        ({"by": 1.0}, "[mechanics] by is 1.0; it has to be less than 1"),
        ({"form": "c"}, "[mechanics] form: unknown form 'c'. Known: a, b"),
        ({"mass": 1.0}, "[mechanics]: slowed takes no mass; it takes step, by, form"),
        ({"by": None}, "[mechanics]: the key by of slowed is missing"),
        ({"stpe": 1}, "'stpe'; did you mean 'step'? Known: kind, step, by, form."),
    ]:
        given = {name: value for name, value in {**words, **wrong}.items() if value is not None}
        with pytest.raises(ValidationError) as caught:
            schema.model_validate({"mechanics": given})
        assert line in str(explain(caught.value, "a.toml", schema, {"mechanics": given}))


def test_shell_runs_tells_and_draws(experiment, tmp_path):
    """run, info, breakdown, plot and resume on one file."""
    call = CliRunner().invoke
    file, figure = str(tmp_path / "run.h5"), str(tmp_path / "run.png")
    ran = call(cli.shell, ["run", str(experiment), "-o", file], catch_exceptions=False)
    assert "in 12 steps" in ran.output and "recorded in" in ran.output
    told = call(cli.shell, ["info", file], catch_exceptions=False).output
    assert "13 rows of 610 float64" in told and 'name = "digits"' in told
    broken = call(
        cli.shell, ["breakdown", file, "--quick", "--figure", figure], catch_exceptions=False
    ).output
    assert "critical step" in broken and max(map(len, broken.splitlines())) <= 100
    assert len(fn.Trajectory.open(file).analyses["breakdown"].value) == 12
    assert call(cli.shell, ["plot", file, "-o", figure, "--kind", "loss"]).exit_code == 0
    longer = call(cli.shell, ["resume", file, "--steps", "20"], catch_exceptions=False)
    assert "in 20 steps" in longer.output


@pytest.mark.parametrize("command", ["run", "resume", "breakdown", "plot", "info"])
def test_every_command_helps_with_an_example(command):
    told = CliRunner().invoke(cli.shell, [command, "--help"]).output
    assert f"Example: flownet {command} " in " ".join(told.split())


def test_shell_ends_with_2_and_one_line_for_a_mistake(experiment, recorded, tmp_path):
    for arguments, line in [
        (["run", tmp_path / "none.toml", "-o", tmp_path / "a.h5"], "there is no such file"),
        (["run", experiment, "-o", recorded], "exists"),
        (["run", experiment, "-o", tmp_path / "no" / "a.h5"], "cannot write"),
        (["info", experiment], "not an HDF5 file"),
        (["breakdown", recorded, "--at", "50"], "steps 0 to 11"),
        (["plot", recorded, "-o", tmp_path / "figure.xyz"], "cannot write the figure"),
        (["fly"], "No such command"),
    ]:
        code, told = shell(*arguments)
        assert code == 2 and line in told and len(told.splitlines()) == 1, told


def test_figures_have_titles_units_and_legends(recorded):
    run = fn.Trajectory.open(recorded)
    for figure in (fn.plot.loss(run), fn.plot.breakdown(run), fn.plot.comparison({"a": run}, "A")):
        assert all(
            axis.get_title() and axis.get_xlabel() and axis.get_ylabel() for axis in figure.axes
        )


def test_matplotlib_is_imported_only_when_something_is_drawn():
    code = (
        "import sys, flownet; "
        "print(sorted({'matplotlib', 'pydantic', 'rich', 'click'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert printed.strip() == "[]"
