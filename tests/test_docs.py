"""Pages say what is there: their links lead somewhere, and the list of rooms is the house."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "flownet"
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


def folders():
    """Every folder of the package with modules in it."""
    return {str(path.parent.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py")} - {"."}


def imported_folders(path):
    """Folders of the package that a module imports from, at its top or within a function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            home = path.parents[node.level - 1]
            target = home.joinpath(*node.module.split(".")) if node.module else home
            for name in node.names:
                named = [target / name.name, target, target.parent]
                room = next(path for path in named if any(path.glob("*.py")))
                yield str(room.relative_to(PACKAGE))


def test_every_folder_has_its_line():
    assert len(set(LISTED)) == len(LISTED) and set(LISTED) == folders()


@pytest.mark.parametrize("folder", LISTED)
def test_a_folder_imports_what_stands_above_its_line(folder):
    """Lower rooms first; a folder may know the rooms within it."""
    lower = {".", folder, *LISTED[: LISTED.index(folder)]}
    within = {other for other in LISTED if other.startswith(f"{folder}/")}
    for path in (PACKAGE / folder).glob("*.py"):
        assert set(imported_folders(path)) <= lower | within, path.name
