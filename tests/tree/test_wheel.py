"""A wheel holds all that flownet needs, and what was installed from it trains somewhere else."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from checkout import ROOT

pytestmark = pytest.mark.slow

LEFT_BEHIND = ("build", "dist", "flownet.egg-info")
TRAIN = """
import flownet as fn

potential = fn.Potential(fn.Network([2, 4, 1]), fn.Quadratic(), fn.data.load("xor"))
run = fn.train(potential, fn.Aristotle(0.5), steps=3, store="run.h5")
print(fn.__file__, len(run.loss), run.loss[-1] < run.loss[0], len(fn.data.load("digits").x))
"""


def pip(*words):
    """One run of pip; it has to succeed."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *words]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of the tree, built from a copy: setuptools leaves its folders where it builds."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    before = {name for name in LEFT_BEHIND if (ROOT / name).exists()}
    for name in ("flownet", "data"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=ignored)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source)
    assert {name for name in LEFT_BEHIND if (ROOT / name).exists()} == before
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_every_module_the_data_and_the_licence(wheel):
    with zipfile.ZipFile(wheel) as file:
        held = set(file.namelist())
        (licence,) = (name for name in held if name.endswith("/LICENSE"))
        assert file.read(licence) == (ROOT / "LICENSE").read_bytes()
    package = {
        str(path.relative_to(ROOT)) for path in (ROOT / "flownet").rglob("*.py") if path.is_file()
    }
    data = {f"flownet/datasets/{path.name}" for path in (ROOT / "data").iterdir()}
    assert {name for name in held if name.endswith(".py")} == package
    assert held >= data | {"flownet/py.typed", "flownet/__init__.pyi"} and len(data) >= 4
    assert not any("__pycache__" in name or name.startswith(("tests", "scripts")) for name in held)


def test_what_is_installed_from_it_trains(wheel, tmp_path):
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    pip("install", "--no-deps", "--no-compile", "--target", site, wheel)
    environment = {**os.environ, "PYTHONPATH": str(site)}
    result = subprocess.run(
        [sys.executable, "-c", TRAIN],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == [f"{site}/flownet/__init__.py", "4", "True", "1797"]
    assert (elsewhere / "run.h5").exists()
