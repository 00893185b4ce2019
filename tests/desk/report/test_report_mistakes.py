"""Mistakes in asking for a report are one line, before the work."""

import os
import subprocess
import sys

import pytest
from pictures import STRICT
from reports import shell

from flownet.desk.report import _measured

pytestmark = STRICT

MISTAKES = {
    "step and figure": (["--at", "3", "--figure", "a.png"], "--at looks at one step"),
    "step and quick": (["--at", "3", "--quick"], "--at looks at one step"),
    "step that was not": (["--at", "70"], "steps 0 to 69"),
    "no picture": (["--figure", "a.docx"], "its ending 'docx' is none of"),
    "no folder": (["--figure", "no/where/a.png"], "there is no folder no/where"),
}


@pytest.mark.parametrize("arguments, line", MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_one_line_before_the_work(reported, arguments, line, monkeypatch):
    monkeypatch.setattr(_measured, "measure", None)
    told = shell("breakdown", reported[0], *arguments)
    assert line in told and len(told.splitlines()) == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_full_disk_behind_the_output_is_one_line(reported):
    code = "from flownet.desk.cli import main; main()"
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-c", code, "info", str(reported[0])],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert ended.returncode == 2
    assert ended.stderr == "flownet: cannot print: No space left on device.\n"
