"""Closures in the cache: two of one name stay apart, and an edit of what one was given is seen."""

import os
import subprocess
import sys

from checkout import ROOT
from fresh_process import begun, slow

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
