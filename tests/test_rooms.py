"""The structure promised: imports run downwards only, numba lives in one room, files stay small."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "flownet"
ROOMS = [
    "desk",
    "testing",
    "ensemble",
    "linearization",
    "motion",
    "geometry",
    "store",
    "model",
    "kernels",
    "data",
]
FILES = sorted(PACKAGE.rglob("*.py"))


def room(path):
    """Name of the room a file is in; None for the files beside the rooms."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else None


def imported_rooms(path):
    """Rooms of flownet that a file imports, at its top or within a function."""
    depth = len(path.relative_to(PACKAGE).parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            names = [node.module.split(".")[0]] if node.module else [a.name for a in node.names]
            yield from (name for name in names if name in ROOMS)


def imported_packages(path):
    """Top-level packages that a file imports at any place."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]


@pytest.mark.parametrize(
    "path", [f for f in FILES if room(f)], ids=lambda f: str(f.relative_to(PACKAGE))
)
def test_imports_run_downwards(path):
    for other in imported_rooms(path):
        assert ROOMS.index(room(path)) < ROOMS.index(other), f"{path.name} imports {other}"


@pytest.mark.parametrize("path", [f for f in FILES if room(f) is None], ids=lambda f: f.name)
def test_files_beside_the_rooms_know_none_of_them(path):
    if path.name != "__init__.py":
        assert not list(imported_rooms(path))


def test_numba_lives_in_kernels():
    homes = {room(f) or f.name for f in FILES if {"numba", "llvmlite"} & set(imported_packages(f))}
    assert homes <= {"kernels", "_compile.py"}


def test_no_room_needs_a_rival():
    for path in FILES:
        assert not {"torch", "jax"} & set(imported_packages(path))


def test_public_functions_do_not_share_their_name_with_a_module():
    import flownet

    modules = {f.stem for f in PACKAGE.glob("*.py")} | {f.parent.name for f in FILES}
    functions = {n for n in dir(flownet) if callable(getattr(flownet, n)) and not n.startswith("_")}
    assert not functions & modules


def test_what_an_object_offers_is_said_by_its_contract():
    """hasattr and getattr are a handful, each with its reason on the line or just above it."""
    asked = re.compile(r"\b(hasattr|getattr)\(")
    for path in FILES:
        if room(path) in ("kernels", "store", "_compile"):
            continue
        lines = path.read_text().splitlines()
        for i, line in enumerate(lines):
            if asked.search(line):
                assert any("# " in near for near in lines[max(0, i - 2) : i + 1]), f"{path}:{i + 1}"


def test_files_are_small_enough_to_read_whole():
    for path in FILES:
        assert len(path.read_text().splitlines()) <= 350, path
