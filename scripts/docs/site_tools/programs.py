"""The programs of a page, what the page says that they print, and what they do print.

    python scripts/docs/site_tools/programs.py scripts/docs/first_hour/physics.md

runs a page's programs and writes their output anew where the page shows it: in a block `text`
right behind a block `python` or `bash`. A line `...` in it stands for any lines left out.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[3]

_FENCE = re.compile(r"^```(python|bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_END = "-- end of a program --"
_DRIVER = f"""
import runpy, sys
for name in sys.argv[1:]:
    runpy.run_path(name, run_name="__main__")
    print({_END!r}, flush=True)
"""
_SHELL = [sys.executable, "-c", "from flownet.desk.cli import main; main()"]
_NUMBER = re.compile(r"[-+−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
_APART = 0.02  # of a number: what another processor's rounding may grow to in a short run
_COUNT, _FINE = re.compile(r"count = (\d+)"), 32
_ROUNDING = 1e-11  # numbers as small as this are rounding, and have no digits


@dataclass
class Program:
    """A block of a page that runs.

    Attributes
    ----------
    language : str
        "python" or "bash".
    text : str
    shown : str or None
        What the page says that it prints.
    place : tuple of int
        Where that stands in the page.
    """

    language: str
    text: str
    shown: str | None = None
    place: tuple[int, int] = (0, 0)

    @property
    def commands(self):
        """Lines of a shell that call flownet, as words; others are run elsewhere, or by hand."""
        lines = self.text.replace("\\\n", " ").splitlines()
        words = (shlex.split(line, comments=True) for line in lines)
        return [found for found in words if found[:1] == ["flownet"]]


def programs(page):
    """Programs of a page's Markdown, in their order."""
    found, behind = [], 0
    for match in _FENCE.finditer(page):
        if match[1] != "text":
            found.append(Program(match[1], match[2]))
        elif found and not page[behind : match.start()].strip():
            found[-1].shown, found[-1].place = match[2], match.span(2)
        behind = match.end()
    return found


def outputs(found, folder):
    """What each program prints, run one after another in a folder that has the experiments."""
    experiments = Path("scripts") / "experiments"
    shutil.copytree(ROOT / experiments, folder / experiments)
    for path in (folder / experiments).glob("*.toml"):
        path.write_text(_COUNT.sub(_coarser, path.read_text()))
    printed = []
    for language, group in groupby(found, key=lambda program: program.language):
        if language == "python":
            printed += _python(list(group), folder, len(printed))
        else:
            for program in group:
                printed.append("".join(said(words, folder) for words in program.commands))
    return printed


def _coarser(count):
    """Of a map, half as many points each way: what it shows is looked at in committed figures."""
    return f"count = {int(count[1]) // 2}" if int(count[1]) >= _FINE else count[0]


def said(words, folder):
    """What a `flownet` command, as words, prints in a folder."""
    return _run([*_SHELL, *words[1:]], folder)


def _python(group, folder, first):
    """Programs in one process, each with names of its own: the import is what costs."""
    names = [f"program_{first + i}.py" for i in range(len(group))]
    for name, program in zip(names, group):
        (folder / name).write_text(program.text)
    return _run([sys.executable, "-c", _DRIVER, *names], folder).split(f"{_END}\n")[:-1]


def _run(command, folder):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    result = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise RuntimeError(f"{shlex.join(command[-3:])}\n{result.stdout}{result.stderr}")
    return result.stdout


def agrees(shown, printed):
    """Whether a page shows what is printed: the same words, and numbers to 2 %."""
    parts = [_squeezed(part) for part in re.split(r"^\.\.\.$", shown, flags=re.MULTILINE)]
    match = re.fullmatch(_pattern(parts), _squeezed(printed), re.DOTALL)
    if not match:
        return False
    wanted = [number for part in parts for number in _NUMBER.findall(part)]
    return all(map(_near, wanted, match.groups()))


def _pattern(parts):
    """A pattern of the words shown, with a group for each number."""
    told = []
    for part in parts:
        words = map(re.escape, _NUMBER.split(part))
        told.append(f"({_NUMBER.pattern})".join(words))
    return r"\s*.*?\s*".join(told)


def _near(wanted, found):
    wanted, found = (float(number.replace("−", "-")) for number in (wanted, found))
    size = max(abs(wanted), abs(found))
    return size < _ROUNDING or abs(wanted - found) <= _APART * size


def _squeezed(text):
    """Text with single spaces: columns are as wide as their numbers."""
    return re.sub(r"─+", "─", " ".join(text.split()))


def refresh(path):
    """Write what a page's programs print into it."""
    page = path.read_text()
    found = programs(page)
    with TemporaryDirectory() as folder:
        printed = outputs(found, Path(folder))
    for program, text in reversed(list(zip(found, printed))):
        if program.shown is not None and not agrees(program.shown, text):
            start, end = program.place
            page = page[:start] + text.rstrip() + "\n" + page[end:]
    path.write_text(page)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        refresh(Path(name))
