"""The README's first script and its commands; `test_site` runs all its programs, as of any page."""

import os
import re
import subprocess
import sys

import pytest
from checkout import ROOT, SCRIPTS, TESTS
from pictures import is_drawn

pytestmark = pytest.mark.slow

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
PROGRAMS = [text for language, text in BLOCKS if language == "python"]
COMMANDS = [
    line.split("#")[0].strip()
    for language, text in BLOCKS
    if language == "bash"
    for line in text.splitlines()
]


def run(arguments, folder):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    result = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_first_script_prints_a_breakdown_and_draws(tmp_path):
    printed = run([sys.executable, "-c", PROGRAMS[0]], tmp_path)
    assert "promised (first order)" in printed and "critical step" in printed
    assert is_drawn(tmp_path / "breakdown.png")
    assert len(PROGRAMS[0].strip().splitlines()) <= 11


def test_a_script_beside_a_clone_finds_the_package(tmp_path):
    """A folder without __init__.py is a package as well, where there is no other one."""
    (tmp_path / "flownet").mkdir()
    (tmp_path / "first.py").write_text("import flownet as fn\nprint(fn.__version__)")
    told = subprocess.run(
        [sys.executable, tmp_path / "first.py"], cwd=tmp_path, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr


def test_demo(tmp_path):
    """`./scripts/demo`, whose Python part is this."""
    assert (
        "./scripts/demo" in COMMANDS
        and "exec python scripts/demo.py" in (SCRIPTS / "demo").read_text()
    )
    printed = run([sys.executable, SCRIPTS / "demo.py", "-o", "out"], tmp_path)
    for word in ("safe", "near-breaking", "broken"):
        assert f"\n{word}: step" in printed and (tmp_path / "out" / f"{word}.h5").exists()
    assert max(map(len, printed.splitlines())) <= 100
    assert is_drawn(tmp_path / "out" / "demo.png")


def test_every_command_is_run_somewhere():
    """What is left of the commands is this test run itself."""
    other = [line for line in COMMANDS if line and not line.startswith("flownet ")]
    assert sorted(other) == ["./scripts/demo", "./scripts/test", "pip install ."]
    assert 'pip("wheel"' in (TESTS / "tree" / "test_wheel.py").read_text()
    assert "python -m pytest" in (SCRIPTS / "test").read_text()
    assert "./scripts/test" in (ROOT / ".ci" / "run").read_text().splitlines()
