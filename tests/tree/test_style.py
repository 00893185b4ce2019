"""The tree as the linter and the formatter want it, and the command that counts its lines."""

import subprocess
import sys

import pytest
from checkout import ROOT, SCRIPTS

COUNT = SCRIPTS / "count_lines.py"


def told(*command):
    """What a command prints; it has to succeed."""
    result = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize(
    "words",
    [["check", "--output-format=concise"], ["format", "--check"]],
    ids=lambda words: words[0],
)
def test_ruff_has_nothing_to_say(words):
    told("-m", "ruff", *words, "--no-cache", ".")


def test_lines_of_code_are_neither_comments_nor_docstrings(tmp_path):
    room = tmp_path / "room"
    room.mkdir()
    (tmp_path / "top.py").write_text('"""Told."""\n\n# why\nx = 1  # here\ny = """a\n\nb"""\n')
    (room / "one.py").write_text('def f():\n    """Told,\n\n    at length."""\n    return (\n1)\n')
    (room / "two.py").write_text("a = 0\n" * 301)
    lines = [line.split() for line in told(COUNT, tmp_path).splitlines()]
    assert lines[1:4] == [["room", "304"], [".", "4"], ["in", "total", "308"]]
    assert lines[5:8] == [["room", "2"], [".", "1"], ["in", "total", "3"]]
    assert lines[-1] == ["room/two.py", "301"]
    assert "lines of code, by room" in told(COUNT)
    refused = subprocess.run([sys.executable, COUNT, "nowhere"], capture_output=True, text=True)
    assert refused.returncode == 1 and refused.stderr == (
        "nowhere is no folder; name one that has Python modules in it\n"
    )
