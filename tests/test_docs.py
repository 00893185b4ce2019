"""Pages say what is there: their links lead somewhere, and the list of rooms is the house."""

import re
from pathlib import Path

import pytest
from test_rooms import PACKAGE, ROOMS

ROOT = Path(__file__).parents[1]
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "data").glob("*.md"),
    *(ROOT / "scripts" / "docs").glob("*.md"),
    *(ROOT / "scripts" / "studies").glob("*.md"),
]
ARCHITECTURE = (ROOT / "scripts" / "docs" / "architecture.md").read_text()
LISTED = re.findall(r"^\| `([\w/]+)` \|", ARCHITECTURE.split("## Around")[0], re.MULTILINE)


def relative(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_and_figures_are_there(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        if not target.startswith("https://"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_paths_are_there(page):
    """Whatever looks like a path of the project, a command's script included."""
    paths = re.findall(r"\b(?:flownet|tests|scripts)/[\w./-]*\w", page.read_text())
    for path in paths:
        assert (ROOT / path).exists(), path


def test_the_list_of_rooms_is_the_one_that_imports_keep():
    """Lower rooms first; a folder that is nothing but a face has a line, and no place in theirs."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")} - {PACKAGE}
    assert set(LISTED) == {path.relative_to(PACKAGE).as_posix() for path in folders}
    assert [name for name in LISTED if name in ROOMS] == ROOMS[::-1]
