"""What is printed goes through terminals that lack letters, and the package through systems that
lack what Linux has."""

import io
import os
import subprocess
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from checkout import ROOT, SCRIPTS

import flownet as fn
from flownet._encoding import printable
from flownet._table import Table
from flownet.desk import cli

XOR = (SCRIPTS / "experiments" / "exits.toml").read_text(encoding="utf-8")
ENCODINGS = pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
AT_LENGTH = pytest.mark.parametrize(
    "encoding", ["cp1252", pytest.param("ascii", marks=pytest.mark.slow)]
)


@contextmanager
def terminal(encoding):
    """Block whose standard output and error have an encoding; gives what was printed in it."""
    printed = []
    paper = io.BytesIO()
    with io.TextIOWrapper(paper, encoding, newline="\n", write_through=True) as stream:
        with redirect_stdout(stream), redirect_stderr(stream):
            yield printed
        printed.append(paper.getvalue().decode(encoding))


@pytest.fixture
def shell(monkeypatch, encoding):
    """What `flownet` prints for some words; it ends with the code that is expected."""

    def run(*words, code=0):
        monkeypatch.setattr(sys, "argv", ["flownet", *map(str, words)])
        with terminal(encoding) as printed, pytest.raises(SystemExit) as end:
            cli.main()
        assert end.value.code == code, printed
        return printed[0]

    return run


# ---- letters --------------------------------------------------------------------------------


def stream(encoding):
    return io.TextIOWrapper(io.BytesIO(), encoding)


def test_letters_that_are_there_stay():
    text = "‖dL‖² ≤ δ·λ → ½ … é 中"
    assert printable(text, stream("utf-8")) == text
    assert printable("2 ± 1 µ ½ é", stream("cp1252")) == "2 ± 1 µ ½ é"
    assert printable(text, object()) == text  # a stream that says nothing


def test_letters_that_are_not_there_are_told_in_others():
    text = "‖dL‖² ≤ δ·λ → ½ … é 中"
    assert printable(text, stream("ascii")) == r"||dL||^2 <= d*lambda -> 1/2 ... e \u4e2d"
    assert printable(text, stream("cp1252")) == r"||dL||² <= d·lambda -> ½ … é \u4e2d"


@ENCODINGS
def test_columns_stay_in_line(encoding):
    """λ is one letter wide and its name six: what stands below it moves along."""
    table = Table("", {"λ": (".2f", [1.0, 22.5]), "‖dL‖": (".1e", [1.0, 2.0]), "w": (str, "ab")})
    with terminal(encoding) as printed:
        print(table)
    head, _, *lines = printed[0].splitlines()
    end = head.index("lambda") + len("lambda")
    assert [line[:end].strip() for line in lines] == ["1.00", "22.50"]
    assert all(line[end - 1].isdigit() and line[end] == " " for line in lines)


# ---- reports --------------------------------------------------------------------------------


@AT_LENGTH
def test_reports_of_a_script(encoding):
    potential = fn.Potential(
        fn.Network([64, 8, 10]), fn.CrossEntropy(), fn.data.load("digits", limit=100)
    )
    run = fn.train(potential, fn.Aristotle(0.5), steps=8)
    b, W = fn.breakdown(run, at=0), run.parameters[-1]
    reports = [
        b,
        fn.breakdown(run, every=2),
        *(b.split(basis) for basis in ("parameters", "neurons", "layers", "eigen", "map")),
        *(b.interventions(), b.missed(0.5), b.radius(), b.verdict),
        fn.charges(potential),
        fn.charges(potential).along(run),
        fn.departure(run),
        fn.noise(potential, W, 10),
        fn.inertia(potential, W),
        fn.spectral_density(potential, W, probes=2, steps=8),
        *(run, potential, potential.network),
    ]
    for report in reports:
        with terminal(encoding) as printed:
            print(report)
            print(repr(report))
        assert printed[0].strip() and "\\u" not in printed[0]


@AT_LENGTH
def test_every_command(shell, monkeypatch, tmp_path):
    """Reports, names of figures, mistakes; the data's own names are told letter by letter."""
    monkeypatch.chdir(tmp_path)
    Path("xor.toml").write_text(XOR, encoding="utf-8")
    assert "loss" in shell("run", "xor.toml", "-o", "δ.h5")
    for words in (
        ["resume", "δ.h5", "--steps", "110"],
        ["info", "δ.h5"],
        ["breakdown", "δ.h5", "--quick", "--every", "20"],
        ["breakdown", "δ.h5", "--every", "50"],
        ["breakdown", "δ.h5", "--at", "2"],
        ["departure", "δ.h5", "--modified", "0.5"],
        ["exits", "δ.h5", "--grid", "3"],
        ["plot", "δ.h5", "-o", "λ.png", "--kind", "loss"],
    ):
        assert shell(*words).strip(), words
    for words in (
        ["info", "λ.h5"],
        ["run", "xor.toml", "-o", "δ.h5"],
        ["breakdown", "δ.h5", "--at", "5000"],
        ["plot", "δ.h5", "-o", "λ.nothing"],
    ):
        told = shell(*words, code=2)
        assert told.startswith("flownet: ") and told.count("\n") == 1, told


@ENCODINGS
@pytest.mark.parametrize("command", ["", *sorted(cli.shell.commands)])
def test_help(shell, command):
    assert "Usage" in shell(*command.split(), "--help")


@pytest.mark.slow
@ENCODINGS
def test_a_program_of_its_own(encoding, tmp_path):
    """As a newcomer's terminal has it, from its environment."""
    script = (
        "import flownet as fn\n"
        "p = fn.Potential(fn.Network([2, 2, 1]), fn.Quadratic(), fn.data.load('xor'))\n"
        "W = p.network.init(0)\n"
        "print(fn.breakdown(p, W, step=0.5)); print(fn.breakdown(p, W, step=0.5).split('layers'))\n"
        "print(fn.exits(p + 0.01 * fn.Parabola(p.size), W, step=0.5, steps=5))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
        capture_output=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert b"verdict" in done.stdout and done.stdout.decode(encoding)


# ---- other systems --------------------------------------------------------------------------

ELSEWHERE = """
import importlib, os, pathlib, signal, sys
import h5py, matplotlib.figure, numba, numpy as np, rich.progress, scipy.optimize, pydantic, click
import concurrent.futures, multiprocessing, lazy_loader, tomli_w, xxhash, numba.np.ufunc.parallel

for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
for name in ("sysconf", "fork", "register_at_fork", "pwrite", "pread", "getuid",
             "sched_getaffinity", "getpgid", "setsid", "uname"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("SIGKILL", "SIGHUP", "SIGALRM", "SIGUSR1"):
    if hasattr(signal, name):
        delattr(signal, name)

import flownet as fn
package = pathlib.Path(fn.__file__).parent
for path in sorted(package.rglob("*.py")):
    name = ".".join(("flownet", *path.relative_to(package).with_suffix("").parts))
    # CUDA wants numba-cuda, and that a system of its own
    if "cuda" not in name and not name.endswith("__main__"):
        importlib.import_module(name.removesuffix(".__init__"))
for name in fn.__all__:
    getattr(fn, name)

potential = fn.Potential(fn.Network([64, 8, 10]), fn.CrossEntropy(), fn.data.load("digits"))
words = dict(steps=300, W0=potential.network.init(0), batch_size=64, progress=False)
here = fn.train(potential, fn.Adam(0.01), **words)
fn.train(potential, fn.Adam(0.01), store="run.h5", **{**words, "steps": 200})
there = fn.resume("run.h5", steps=300)
again = fn.Trajectory.open("run.h5")
assert (here.parameters[:] == again.parameters[:]).all() and (here.loss == again.loss).all()
print(fn.breakdown(again, at=3))
"""


@pytest.mark.slow
def test_where_there_is_no_fcntl_no_fork_no_sysconf_and_no_pwrite(tmp_path):
    """As on Windows: all of the package is imported, and a run is recorded, resumed and read."""
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "critical step" in done.stdout


def test_files_are_read_as_utf8_whatever_the_system_writes():
    """A text that names no encoding is read in the system's: on Windows in cp1252."""
    for path in (ROOT / "flownet").rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if ".read_text(" in line or ".write_text(" in line:
                assert "utf-8" in line, f"{path}: {line}"
    assert np.isfinite(fn.data.load("iris").x).all()
