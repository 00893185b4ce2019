"""Every command and script in the README runs, in the order in which a newcomer meets them."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pictures import is_drawn
from quoted import PRINTING, quoted_from, stands_in

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
SCRIPTS = [text for language, text in BLOCKS if language == "python"]
COMMANDS = [
    line.split("#")[0].strip()
    for language, text in BLOCKS
    if language == "bash"
    for line in text.splitlines()
]
SHELL = [sys.executable, "-c", "from flownet.desk.cli import main; main()"]


def run(arguments, folder):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    result = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


_PRINTED = {}


def printed_by(scripts, folder):
    """What scripts print, one after another in one folder; each alike is run once for all tests."""
    for script in scripts:
        if script not in _PRINTED:
            _PRINTED[script] = run([sys.executable, "-c", script], folder)
    return {script: _PRINTED[script] for script in scripts}


@pytest.mark.parametrize("script", SCRIPTS, ids=[f"script{i}" for i in range(len(SCRIPTS))])
def test_scripts(script, tmp_path):
    printed_by([script], tmp_path)


@pytest.mark.parametrize("section", PRINTING, ids=lambda section: section.name)
def test_numbers_in_the_text_are_those_that_are_printed(section, tmp_path):
    """To the digits that are quoted, and blocks of output line by line."""
    shutil.copytree(ROOT / "scripts" / "experiments", tmp_path / "scripts" / "experiments")
    scripts = (
        section.programs
        if section.page.name == "README.md"
        else re.findall(r"```python\n(.*?)```", section.page.read_text("utf-8"), re.DOTALL)
    )
    printed = printed_by(scripts, tmp_path)
    for command in {name for _, named in section.compared() for name in named}:
        printed[command] = run([*SHELL, *shlex.split(command)[1:]], tmp_path)
    for number, named in section.compared():
        beside = [printed[name] for name in named or section.programs]
        assert any(quoted_from(number, text) for text in beside), f"{number} is not printed"
    for script, text in section.outputs:
        assert stands_in(text.splitlines(), printed[script]), f"not printed:\n{text}"


def test_first_script_prints_a_breakdown_and_draws(tmp_path):
    printed = run([sys.executable, "-c", SCRIPTS[0]], tmp_path)
    assert "promised (first order)" in printed and "critical step" in printed
    assert is_drawn(tmp_path / "breakdown.png")
    assert len(SCRIPTS[0].strip().splitlines()) <= 11


def test_shell_commands(tmp_path):
    """The `flownet` lines, in order, in one folder."""
    shutil.copytree(ROOT / "scripts" / "experiments", tmp_path / "scripts" / "experiments")
    lines = [shlex.split(line) for line in COMMANDS if line.startswith("flownet ")]
    assert len(lines) >= 2
    for _, *arguments in lines:
        assert run([*SHELL, *arguments], tmp_path)
    assert is_drawn(tmp_path / "xor.breakdown.png")


def test_demo(tmp_path):
    """`./scripts/demo`, whose Python part is this."""
    assert (
        "./scripts/demo" in COMMANDS
        and "exec python scripts/demo.py" in (ROOT / "scripts" / "demo").read_text()
    )
    printed = run([sys.executable, ROOT / "scripts" / "demo.py", "-o", "out"], tmp_path)
    for word in ("safe", "near-breaking", "broken"):
        assert f"\n{word}: step" in printed and (tmp_path / "out" / f"{word}.h5").exists()
    assert max(map(len, printed.splitlines())) <= 100
    assert is_drawn(tmp_path / "out" / "demo.png")


def test_every_command_is_run_somewhere():
    """What is left of the commands is this test run itself."""
    other = [line for line in COMMANDS if line and not line.startswith("flownet ")]
    assert sorted(other) == ["./scripts/demo", "./scripts/test", "pip install ."]
    assert 'pip("wheel"' in (ROOT / "tests" / "test_wheel.py").read_text()
    assert "python -m pytest" in (ROOT / "scripts" / "test").read_text()
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == "exec ./scripts/test"
