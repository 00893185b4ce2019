"""The structure promised: imports run downwards only, between rooms and the rooms in them."""

import ast
import re
from collections import Counter

import pytest
from checkout import PACKAGE, TESTS

FILES = sorted(PACKAGE.rglob("*.py"))

#: from the top floor down; the files of a folder itself lie below the rooms in it, but the shell's
ROOMS = [
    "desk",
    "desk/plot/ensemble",
    "desk/plot/landscape",
    "desk/plot",
    "desk/report",
    "desk/experiment",
    "sklearn",
    "testing",
    "ensemble/attractors",
    "ensemble/sweeps",
    "ensemble/rows",
    "ensemble/plan",
    "ensemble/keep",
    "ensemble",
    "linearization/evidence",
    "linearization/landscape",
    "linearization/exits",
    "linearization/departure",
    "linearization/breakdown",
    "linearization/splits",
    "linearization/tangent",
    "linearization/step",
    "motion/along",
    "motion/members",
    "motion/loops",
    "motion/damped",
    "motion/stop",
    "motion/central",
    "motion/flow",
    "motion/observe",
    "motion/mechanics",
    "motion",
    "geometry/norm",
    "geometry/noise",
    "geometry/charges",
    "geometry/curvature",
    "geometry/metric",
    "store/trajectory",
    "store/writing",
    "store/reading",
    "store/bytes",
    "store",
    "equilibrium/thermal",
    "equilibrium/actions",
    "equilibrium/complex",
    "equilibrium/dynamics",
    "equilibrium/unrolled",
    "equilibrium/systems",
    "equilibrium/circuits",
    "equilibrium",
    "model/tables",
    "model/chart",
    "model/potential",
    "model/gauss_newton",
    "model/hessian",
    "model/exchange",
    "model/network",
    "model",
    "kernels",
    "kernels/cuda",
    "kernels/cuda/flow",
    "kernels/cuda/members",
    "kernels/cuda/motion",
    "kernels/cuda/tiny",
    "kernels/cuda/diagonal",
    "kernels/cuda/derivative",
    "kernels/cuda/network",
    "kernels/cuda/planes",
    "kernels/cuda/layers",
    "kernels/cuda/base",
    "kernels/cpu",
    "kernels/cpu/flow",
    "kernels/cpu/members",
    "kernels/cpu/states",
    "kernels/cpu/orbits",
    "kernels/cpu/motion",
    "kernels/cpu/diagonal",
    "kernels/cpu/derivative",
    "kernels/cpu/network",
    "kernels/cpu/planes",
    "kernels/cpu/layers",
    "kernels/cpu/base",
    "kernels/scalar",
    "kernels/layout",
    "data",
    "_compile",
]


def room(path):
    """Folder of a file, from the package on; "" for the files beside the rooms."""
    return path.parent.relative_to(PACKAGE).as_posix().removeprefix(".")


def loaded(tree):
    """Nodes of a module but those that type checkers alone read: such imports load nothing."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from loaded(node)


def imported(path):
    """Files of flownet that a file imports, at its top or within a function."""
    for node in loaded(ast.parse(path.read_text())):
        if not (isinstance(node, ast.ImportFrom) and node.level):
            continue
        folder = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
        if folder.with_suffix(".py").is_file():
            yield folder.with_suffix(".py")
            continue
        for alias in node.names:
            inner = folder / alias.name
            inside = [inner.with_suffix(".py"), inner / "__init__.py", folder / "__init__.py"]
            yield next((file for file in inside if file.is_file()), inside[-1])


def imported_packages(path):
    """Top-level packages that a file imports at any place."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]


def lines(path):
    return len(path.read_text().splitlines())


def test_every_folder_is_a_room():
    named = {room(file) for file in FILES if file.name != "__init__.py"} - {""}
    assert named <= set(ROOMS), named - set(ROOMS)


@pytest.mark.parametrize("path", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_imports_run_downwards(path):
    """A face (`__init__`, `__main__`) may know what is within it; the files beside the rooms know
    no room."""
    own = room(path)
    for other in map(room, imported(path)):
        is_face = path.name in ("__init__.py", "__main__.py")
        within = is_face and other.startswith(f"{own}/".lstrip("/"))
        if other in (own, "") or within:
            continue
        assert own, f"{path.name}, beside the rooms, imports {other}"
        assert ROOMS.index(own) < ROOMS.index(other), f"{own}/{path.name} imports {other}"


def test_numba_lives_in_kernels():
    homes = {room(f) for f in FILES if {"numba", "llvmlite"} & set(imported_packages(f))}
    assert all(home == "_compile" or home.startswith("kernels/cpu") for home in homes), homes


def test_one_door_to_a_device():
    """Nothing but the door names the kernels of a device; what a CUDA device leaves to the host
    is the CPU's."""
    devices = ("kernels/cpu", "kernels/cuda")
    for path in FILES:
        if not room(path).startswith(devices) and path.name != "device.py":
            found = [room(f) for f in imported(path) if room(f).startswith(devices)]
            assert not found, f"{path.relative_to(PACKAGE)} imports {found}"


def test_scalar_mathematics_is_plain_python():
    """No decorator, and no package but NumPy beside Python's own."""
    for path in PACKAGE.glob("kernels/scalar/*.py"):
        functions = [
            n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.FunctionDef)
        ]
        assert not any(function.decorator_list for function in functions), path.name
        assert set(imported_packages(path)) <= {
            "math",
            "cmath",
            "numpy",
            "fractions",
            "collections",
        }


def test_no_room_needs_a_rival():
    for path in FILES:
        assert not {"torch", "jax"} & set(imported_packages(path))


def test_public_functions_do_not_share_their_name_with_a_module_beside_them():
    """`flownet.train` is the function, whatever has been imported."""
    import flownet

    modules = {f.stem for f in PACKAGE.glob("*.py")} | {f.name for f in PACKAGE.iterdir()}
    functions = {name for name in flownet.__all__ if name.islower()} - {
        "data",
        "equilibrium",
        "plot",
        "testing",
    }
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
    assert [str(f) for f in (*FILES, *TESTS.rglob("*.py")) if lines(f) > 300] == []


def test_rooms_are_small_enough_to_look_about_in():
    """Some fifteen modules; the face of a folder is none."""
    counts = Counter(room(path) for path in FILES if path.name != "__init__.py")
    of_tests = Counter(str(path.parent.relative_to(TESTS)) for path in TESTS.rglob("*.py"))
    assert {name: n for name, n in (counts | of_tests).items() if n > 16} == {}


def test_small_files_are_not_splinters():
    """A file of a few lines that one other file of its room alone uses belongs into that file."""
    users = {}
    for path in FILES:
        for file in set(imported(path)) - {path}:
            users.setdefault(file, set()).add(path)
    splinters = [
        str(f.relative_to(PACKAGE))
        for f in FILES
        if f.name != "__init__.py"
        and lines(f) < 20
        and len(users.get(f, ())) == 1
        and room(next(iter(users[f]))) == room(f)
        and lines(f) + lines(next(iter(users[f]))) <= 250
    ]
    assert splinters == []


def test_nothing_is_asked_what_it_is_without_a_reason():
    """`hasattr`, and `getattr` with a default, have their reason beside them, in a comment."""
    bare = []
    for path in FILES:
        text = path.read_text()
        for node in ast.walk(ast.parse(text)):
            asks = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if asks and (
                node.func.id == "hasattr" or (node.func.id, len(node.args)) == ("getattr", 3)
            ):
                near = text.splitlines()[max(0, node.lineno - 3) : node.lineno]
                if not any("#" in line for line in near):
                    bare.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    assert bare == []
