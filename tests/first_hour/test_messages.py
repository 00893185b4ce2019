"""What newcomers do in their first hour is answered in one line that helps, or works."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from mistakes import told_in_one_line

import flownet as fn
from flownet.desk import cli

ROOT = Path(fn.__file__).parent
NETWORK = fn.Network([2, 4, 3])
X = np.random.default_rng(0).normal(size=(30, 2))
LABELS = np.arange(30) % 3
EXPERIMENT = """
[data]
name = "xor"
[network]
sizes = [2, 3, 1]
[loss]
kind = "quadratic"
[mechanics]
kind = "aristotle"
step = 0.3
[run]
steps = 5
"""


def potential(y, network=NETWORK, loss=None, **words):
    return fn.Potential(network, loss or fn.CrossEntropy(), fn.Dataset(X, y, **words))


class Tensor:
    """What torch does with a tensor that wants a gradient, and CuPy with any array."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.\nUse detach().")

    def __len__(self):
        return len(self.values)


LABEL_HINT = r"If y are class labels, .*shape \(m,\): y.astype\(int\).ravel\(\)"
DATA = {
    "float labels": (lambda: potential(LABELS.astype(float)), LABEL_HINT),
    "labels as a column": (lambda: potential(LABELS[:, None]), LABEL_HINT),
    "inputs in words": (lambda: fn.Dataset([["a"], ["b"]], [0, 1]), "x must hold numbers, not <U1"),
    "values as whole numbers": (
        lambda: potential(LABELS, fn.Network([2, 4, 1]), fn.Quadratic()),
        r"Whole numbers y are class labels: if they are values to fit, give y.astype\(float\)",
    ),
    "labels * 100": (
        lambda: potential(LABELS * 100),
        "up to 200, 3 different ones in 30 samples, read as class labels: .*classes=201",
    ),
    "labels * 10": (lambda: potential(LABELS * 10), "give floats .*, or classes=21"),
    "two far labels": (lambda: potential((LABELS > 0) * 10), "give floats .*, or classes=11"),
    "a class for each sample": (lambda: potential(np.arange(30)), "30 different ones in 30"),
    "one output": (
        lambda: potential(np.zeros(30), fn.Network([2, 1])),
        r"give each class an output \(labels are whole numbers y of the shape \(m,\)\)",
    ),
}


@pytest.mark.parametrize("call, line", DATA.values(), ids=DATA)
def test_labels_that_are_none_are_asked_about(call, line):
    with told_in_one_line(line):
        call()


def test_labels_that_are_some_are_read():
    assert potential(LABELS).data.y.shape == (30, 3)
    assert fn.Dataset(X, LABELS * 100, classes=201).y.shape == (30, 201)
    assert fn.Dataset(X[:3], [0, 9, 3]).y.shape == (3, 10)  # a few of ten digits
    assert fn.Dataset(X, LABELS * 100.0).y.shape == (30, 1)
    assert fn.Dataset(X, np.arange(30) % 15).y.shape == (30, 15)
    words = np.array(["a", "b", "c"])[LABELS]
    for named in (words, words.astype(object), words.tolist()):
        assert np.array_equal(potential(named).data.y, potential(LABELS).data.y)


def test_labels_of_a_file_are_read_as_before(tmp_path):
    np.savez(tmp_path / "mine.npz", x=X, y=LABELS * 10)
    assert fn.data.load_file(tmp_path / "mine.npz").y.shape == (30, 21)


SMALL = potential(LABELS)
W = NETWORK.init(0)
TENSOR = Tensor(W)
STEP = fn.Aristotle(0.1)
TENSORS = {
    "W0": lambda: fn.train(SMALL, STEP, steps=1, W0=TENSOR),
    "W0 of a flow": lambda: fn.flow(SMALL, W0=TENSOR, time=1.0),
    "W": lambda: SMALL.differential(TENSOR),
    "W of a value": lambda: SMALL.value(TENSOR),
    "W of a sum": lambda: (SMALL + 0.1 * fn.Parabola(W.size)).differential(TENSOR),
    "W of a formula": lambda: fn.Parabola(W.size).differential(TENSOR),
    "W of a network": lambda: NETWORK.forward(TENSOR, X),
    "W of unpack": lambda: NETWORK.unpack(TENSOR),
    "x": lambda: NETWORK.forward(W, TENSOR),
    "V": lambda: SMALL.hessian_action(W, TENSOR),
    "dL": lambda: fn.LayerMetric(NETWORK, [1.0, 2.0]).sharp(TENSOR),
    "x of data": lambda: fn.Dataset(TENSOR, LABELS),
    "y of data": lambda: fn.Dataset(X, TENSOR),
    "W of a breakdown": lambda: fn.breakdown(SMALL, TENSOR, 0.1),
    "displacement": lambda: fn.breakdown(SMALL, W, displacement=TENSOR),
    "W of a sharpness": lambda: fn.sharpness(SMALL, TENSOR),
    "W of a minimum": lambda: fn.minimum(SMALL, TENSOR),
}


@pytest.mark.parametrize("call", TENSORS.values(), ids=TENSORS)
def test_what_makes_no_array_is_told(call):
    with told_in_one_line("(makes no array of numbers|does not make an array).*requires grad"):
        call()


MISTAKES = {
    "batch_size": (
        lambda: fn.train(SMALL, STEP, steps=1, batch_size=True),
        "batch_size is True; it has to be a whole number",
    ),
    "loss": (
        lambda: fn.Potential(NETWORK, "cross-entropy", SMALL.data),
        r"loss is a str; .* one such as flownet.Quadratic\(\) or flownet.CrossEntropy\(\)",
    ),
    "class of a loss": (
        lambda: fn.Potential(NETWORK, fn.CrossEntropy, SMALL.data),
        "loss is the class CrossEntropy; it has to be one such as",
    ),
    "data": (lambda: fn.Potential(NETWORK, fn.CrossEntropy(), X), "it has to be a flownet.Dataset"),
    "beta": (lambda: fn.Newton.from_momentum(0.1, 1.1), "beta is 1.1; .* from 0 to 1"),
}


@pytest.mark.parametrize("call, line", MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_told(call, line):
    with told_in_one_line(line):
        call()


def test_a_momentum_of_0_is_plain_descent():
    plain = fn.train(SMALL, fn.Aristotle(0.1), W0=W, steps=50, batch_size=7)
    for mechanics in (fn.Newton.from_momentum(0.1, 0.0), fn.Nesterov(0.1, 0.0)):
        run = fn.train(SMALL, mechanics, W0=W, steps=50, batch_size=7)
        np.testing.assert_allclose(run.parameters[:], plain.parameters[:], rtol=0, atol=1e-13)


def test_messages_name_what_exists():
    """Every flownet.… in a text of the package is a name of it."""
    wrong = []
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for name in re.findall(r"\bflownet((?:\.[A-Za-z_]\w*)+)", node.value):
                    wrong += [] if _exists(name[1:]) else [(path.name, name)]
    assert wrong == []


def _exists(dotted):
    here = fn
    for name in dotted.split("."):
        try:
            here = getattr(here, name)
        except AttributeError:
            try:
                here = importlib.import_module(f"{here.__name__}.{name}")
            except ImportError:
                return False
    return True


# ---- a breakdown's words -------------------------------------------------------------------------


def test_promised_and_delivered_are_the_words_of_the_table():
    b = fn.breakdown(SMALL, W, 0.1)
    assert (b.promised, b.delivered) == (b.linear, b.actual)
    series = fn.breakdown(fn.train(SMALL, STEP, steps=3), every=1)
    assert np.array_equal(series.promised, series.linear)
    assert np.array_equal(series.delivered, series.actual)


def test_a_radius_that_is_not_known_says_so():
    b = fn.breakdown(SMALL, W, 0.1)
    assert str(b.radius(order=4)).startswith("not known: too few coefficients")
    assert "nan" not in str(b.radius(order=4))


def test_charges_stay_along_a_flow():
    relu = potential(LABELS, fn.Network([2, 4, 3], "relu"))
    flow = fn.flow(relu, W0=W, time=2.0, rtol=1e-6, at=np.linspace(0, 2, 9))
    charges = fn.charges(relu)
    drift = charges.along(flow)
    values = np.array([charges.value(row) for row in flow.parameters[:]])
    assert np.array_equal(drift.drift, values - values[0]) and not drift.predicted.any()
    assert drift.of_flow and 0 < drift.error < 1  # of what a single step's tolerance allows
    assert "along a flow" in str(drift)
    finite = charges.along(fn.train(relu, fn.Aristotle(0.1), W0=W, steps=20))
    assert np.abs(finite.drift[-1]).max() > 1e4 * np.abs(drift.drift).max()


@pytest.mark.parametrize("words", [{"mechanics": fn.Newton(0.1)}, {"field": fn.Modified(0.1)}])
def test_charges_of_another_flow_are_refused(words):
    flow = fn.flow(SMALL, W0=W, time=0.1, rtol=1e-4, **words)
    with told_in_one_line("the flow follows .*; charges are what Ẇ = −g"):
        fn.charges(SMALL).along(flow)


# ---- the shell -----------------------------------------------------------------------------------


@pytest.fixture
def experiment(tmp_path):
    path = tmp_path / "experiment.toml"
    path.write_text(EXPERIMENT)
    return path


def test_a_byte_order_mark_is_no_mistake(experiment):
    experiment.write_bytes(b"\xef\xbb\xbf" + EXPERIMENT.encode())
    assert fn.Experiment.load(experiment).tables["run"]["steps"] == 5


def test_all_mistakes_of_a_file_are_named(experiment):
    wrong = EXPERIMENT.replace("steps = 5", "steps = true").replace("step = 0.3", "stepp = 0.3")
    experiment.write_text(wrong.replace("[2, 3, 1]", '"wide"'))
    line = r"'stepp'; did you mean 'step'\?.* \(Also wrong: \[network\] sizes, \[run\] steps\.\)"
    with told_in_one_line(line):
        fn.Experiment.load(experiment)


def test_resume_of_a_finished_run_says_so(experiment, tmp_path):
    file = str(tmp_path / "run.h5")
    call = CliRunner().invoke
    call(cli.shell, ["run", str(experiment), "-o", file], catch_exceptions=False)
    for words in ([], ["--steps", "5"]):
        told = call(cli.shell, ["resume", file, *words], catch_exceptions=False).output
        assert told.startswith(
            f"{file} is finished already, after 5 steps; --steps N, with N above"
        )
    told = call(cli.shell, ["resume", file, "--steps", "7"], catch_exceptions=False).output
    assert "already" not in told and "in 7 steps" in told


def test_resume_of_a_run_that_diverged_says_so(experiment, tmp_path):
    file = str(tmp_path / "run.h5")
    experiment.write_text(EXPERIMENT.replace("[loss]", '[[add]]\nkind = "quartic"\n[loss]'))
    fn.train(fn.Parabola(), fn.Aristotle(1e200), W0=[1.0], steps=9, store=file)
    told = CliRunner().invoke(cli.shell, ["resume", file], catch_exceptions=False).output
    assert re.search(r"diverged at iteration \d: no step goes on from there", told)


def test_python_dash_m():
    told = subprocess.run(
        [sys.executable, "-m", "flownet", "--version"], text=True, capture_output=True
    )
    assert told.returncode == 0 and fn.__version__ in told.stdout


def test_a_pipe_that_closes_is_no_traceback():
    told = subprocess.run(
        f"{sys.executable} -m flownet | true", shell=True, text=True, capture_output=True
    )
    assert "Traceback" not in told.stderr
