"""Kernels are compiled once for all processes, an edit never meets old machine code, and nothing
that happens to the cache stops a run."""

import re
import sys

import pytest
from fresh_process import SCRIPT, begun, copied, ended, first_order, slow

from flownet._compile._cache import _CheckedFiles

FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A copy of the package whose cache is filled, and what it gives."""
    copy = copied(tmp_path_factory.mktemp("package"))
    compiled, order = first_order(copy)
    assert compiled > 0 and sorted(order) == list(range(6))
    return copy, order


@slow
def test_second_process_compiles_nothing_and_an_edit_elsewhere_compiles_anew(tmp_path):
    """The edited constant is in another file than the function that is called."""
    copy = copied(tmp_path)
    compiled, order = first_order(copy)
    assert compiled > 0 and sorted(order) == list(range(6))
    assert first_order(copy) == (0, order)

    scalar = copy / "flownet" / "kernels" / "scalar"
    text = (scalar / "philox.py").read_text()
    (scalar / "elsewhere.py").write_text("import numpy as np\nSTREAM = np.uint64(77)\n")
    edited = re.sub(
        r"_BATCHES, (\w+) = np\.uint64\(3\), ",
        r"from .elsewhere import STREAM as _BATCHES\n\n\1 = ",
        text,
    )
    assert edited != text
    (scalar / "philox.py").write_text(edited)
    compiled, other = first_order(copy)
    assert compiled > 0 and other != order

    (scalar / "elsewhere.py").write_text("import numpy as np\nSTREAM = np.uint64(3)\n")
    compiled, again = first_order(copy)
    assert compiled > 0 and again == order

    # named tuples that kernels are handed, which the kernel's own file imports nowhere
    told = copy / "flownet" / "kernels" / "cpu" / "states" / "work.py"
    told.write_text(told.read_text() + "# other fields\n")
    assert first_order(copy)[0] > 0


# ---- damage ---------------------------------------------------------------------------------


def cut(content):
    return b""


def halved(content):
    return content[: len(content) // 2]


def flipped(content):
    """One bit in the middle: of machine code, which no unpickling would notice."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :]


@slow
@pytest.mark.parametrize("damage", [cut, halved, flipped])
@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_damaged_files_are_compiled_again_and_written_anew(filled, ending, damage):
    copy, order = filled
    files = list(copy.rglob(f"*.{ending}"))
    assert files
    for file in files:
        file.write_bytes(damage(file.read_bytes()))
    compiled, again, told = ended(begun(copy))
    assert compiled > 0 and again == order and told == ""
    assert first_order(copy) == (0, order)


@slow
def test_an_index_without_its_files(filled):
    copy, order = filled
    for file in copy.rglob("*.nbc"):
        file.unlink()
    assert first_order(copy)[1] == order
    assert first_order(copy) == (0, order)


# ---- nowhere to write, no room, two at once --------------------------------------------------


@slow
def test_where_nothing_can_be_written_kernels_are_compiled_for_one_process(tmp_path):
    """Neither the package's folders nor the home; said in one line, and the exit code is 0."""
    copy = copied(tmp_path)
    for folder in [copy / "flownet", *(copy / "flownet").rglob("*/")]:
        (folder / "__pycache__").write_text("a file where a folder would be")
    nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null", "PYTHONDONTWRITEBYTECODE": "1"}
    for _ in range(2):
        compiled, order, told = ended(begun(copy, **nowhere))
        assert compiled > 0 and sorted(order) == list(range(6))
        assert re.fullmatch(r"flownet: kernels are not kept.* NUMBA_CACHE_DIR may .*\n", told)
    kept = {**nowhere, "NUMBA_CACHE_DIR": str(tmp_path / "kept")}
    assert first_order(copy, **kept)[0] > 0
    assert first_order(copy, **kept) == (0, order)


@slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit on the size of files")
def test_a_full_disk_is_told_once_and_the_run_goes_on(tmp_path):
    copy = copied(tmp_path)
    nothing_else = {"PYTHONDONTWRITEBYTECODE": "1", "COVERAGE_PROCESS_CONFIG": ""}  # writes files
    compiled, order, told = ended(begun(copy, FULL + SCRIPT, **nothing_else))
    assert compiled > 0 and told.count("\n") == 1 and "File too large" in told
    assert not list(copy.rglob("*.tmp.*"))
    assert first_order(copy)[1] == order
    assert first_order(copy) == (0, order)


@slow
def test_two_processes_compile_at_once(tmp_path):
    copy = copied(tmp_path)
    results = [ended(process) for process in [begun(copy), begun(copy), begun(copy)]]
    orders = [order for _, order, _ in results]
    assert orders[0] == orders[1] == orders[2] and all(told == "" for *_, told in results)
    assert first_order(copy) == (0, orders[0])


def test_two_that_write_one_index_never_take_each_others_code(tmp_path):
    """One has read the index before the other wrote it: a line is lost, and nothing mixed up."""
    mine, theirs, later = (_CheckedFiles(str(tmp_path), "kernel", "stamp") for _ in range(3))
    mine._load_index = dict
    theirs.save("their key", "their code")
    mine.save("my key", "my code")
    assert later.load("my key") == "my code"
    assert later.load("their key") in (None, "their code")
    theirs.save("their key", "their code")
    assert (later.load("my key"), later.load("their key")) == ("my code", "their code")
