"""Kernels are compiled once for all processes, an edit never meets old machine code, and nothing
that happens to the cache stops a run."""

import gc
import os
import re
import shutil
import subprocess
import sys

import numba
import pytest
from checkout import ROOT, SCRIPTS
from numba.core import event

from flownet._compile._cache import _CheckedFiles

slow = pytest.mark.slow

SCRIPT = """
import sys
from numba.core.dispatcher import _FunctionCompiler as Compiler
compiled, compile_core = [], Compiler._compile_core
Compiler._compile_core = lambda self, *args: compiled.append(self) or compile_core(self, *args)
from flownet.kernels.cpu.motion import shuffle
import numpy as np
order = np.empty(6, np.int64)
shuffle.shuffle(order, 1, 0)
print(len(compiled), *order)
"""
FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
"""


def begun(copy, script=SCRIPT, **environment):
    """A process of its own that has begun on a script with a copy of the package."""
    inherited = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    return subprocess.Popen(
        [sys.executable, "-c", script],
        env={**inherited, "PYTHONPATH": str(copy), **environment},
        cwd=copy,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def ended(process):
    """Number of functions compiled, the permutation, and what stands on standard error."""
    printed, told = process.communicate()
    assert process.returncode == 0, told
    compiled, *order = map(int, printed.split())
    return compiled, order, told


def first_order(copy, **environment):
    return ended(begun(copy, **environment))[:2]


def copied(folder):
    shutil.copytree(
        ROOT / "flownet", folder / "flownet", ignore=shutil.ignore_patterns("__pycache__")
    )
    return folder


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


# ---- the environment -------------------------------------------------------------------------


@slow
@pytest.mark.parametrize("given", [{}, {"GOMP_SPINCOUNT": "7"}])
def test_importing_leaves_the_environment_as_it_was(given):
    """OpenMP is loaded with short spins all the same, unless the user says how long they are."""
    script = """
import os
before = dict(os.environ)
import flownet as fn
fn.data.load("xor"), fn.Network([2, 4, 1]).init(0), fn.train
assert dict(os.environ) == before, set(os.environ.items()) ^ set(before.items())
print(0)
"""
    *_, told = ended(begun(ROOT, script, OMP_DISPLAY_ENV="verbose", **given))
    if "GOMP_SPINCOUNT" in told:  # GNU's OpenMP, and not another
        assert f"GOMP_SPINCOUNT = '{given.get('GOMP_SPINCOUNT', 1000)}'" in told


def test_without_the_compiler_there_is_one_clear_line():
    script = "from flownet.desk.cli import main; main()"
    experiment = str(SCRIPTS / "experiments" / "xor.toml")
    done = subprocess.run(
        [sys.executable, "-c", script, "run", experiment, "-o", os.devnull],
        env={**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "1"},
        text=True,
        capture_output=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"flownet: .*NUMBA_DISABLE_JIT is set, .* unset it\.\n", done.stderr)


ALIKE = """
import math
import sys

from flownet._compile import jit, part

def raised(c):
    @part
    def power(x):
        LONG
        return x

    return power

one, two = raised(1.0), raised(2.0)

@jit
def of_one(x):
    return CALLS_ONE

@jit
def of_two(x):
    return CALLS_TWO
"""
LONG = "\n        ".join(f"x = math.sin(x + c * {k}.0)" for k in range(60))
CALLS = " + ".join(f"{{0}}(x + {k})" for k in range(30))


def test_parts_of_one_name_that_two_processes_compiled_stay_apart(tmp_path):
    """numba counts functions anew in each process: two closures of one function share a name."""
    text = ALIKE.replace("LONG", LONG)
    for name in ("one", "two"):
        text = text.replace(f"CALLS_{name.upper()}", CALLS.format(name))
    (tmp_path / "alike.py").write_text(text)

    def told(names):
        code = f"import alike; print([getattr(alike, n)(0.5) for n in {names}])"
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        words = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True}
        done = subprocess.run([sys.executable, "-c", code], **words)
        assert done.returncode == 0, done.stderr
        return eval(done.stdout)

    (one,), (two,) = told(["of_one"]), told(["of_two"])
    assert one != two
    assert told(["of_one", "of_two"]) == [one, two] and told(["of_two", "of_one"]) == [two, one]


MADE = """
from flownet._compile import jit, part

def doubled(inner):
    @part
    def twice(x):
        return inner(x) + inner(x)

    def run(x):
        return twice(x)

    return jit(run)
"""
USED = """
from flownet._compile import part
from made import doubled

print(doubled(part(lambda x: FACTOR * x))(0.5))
"""


@slow
def test_an_edit_of_what_a_closure_was_given_compiles_anew(tmp_path):
    """The file of the closure imports nothing of it."""
    (tmp_path / "made.py").write_text(MADE)
    for factor in (3.0, 5.0):
        (tmp_path / "used.py").write_text(USED.replace("FACTOR", str(factor)))
        given = {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
        process = begun(tmp_path, "import used", PYTHONPATH=f"{tmp_path}:{ROOT}", **given)
        told, error = process.communicate()
        assert process.returncode == 0, error
        assert float(told) == factor


@pytest.mark.parametrize("given", [gc.get_threshold(), (60_000, 5, 200), (0, 10, 10)])
def test_garbage_is_looked_for_as_before_when_kernels_are_compiled(given):
    """Less often meanwhile, of functions within functions too, and never where nobody looks."""
    meanwhile = []

    class Look(event.Listener):
        def on_start(self, event):
            meanwhile.append(gc.get_threshold())

        def on_end(self, event):
            pass

    before = gc.get_threshold()
    gc.set_threshold(*given)
    try:
        with event.install_listener("numba:compile", Look()):
            inner = numba.njit(lambda x: x + 1)
            assert numba.njit(lambda x: inner(x) * 2)(1) == 4
        assert gc.get_threshold() == given
    finally:
        gc.set_threshold(*before)
    seldom = given if given[0] == 0 else tuple(map(max, given, (50_000, 20, 100)))
    assert len(meanwhile) == 2 and set(meanwhile) == {seldom}
