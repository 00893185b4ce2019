"""Kernels are compiled once for all processes, and an edit never meets old machine code."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
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


def first_order(copy):
    """Number of functions compiled, and the permutation, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    environment.pop("NUMBA_CACHE_DIR", None)
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        cwd=copy,
        text=True,
        capture_output=True,
        check=True,
    )
    compiled, *order = map(int, result.stdout.split())
    return compiled, order


def test_second_process_compiles_nothing_and_an_edit_elsewhere_compiles_anew(tmp_path):
    """The edited constant is in another file than the function that is called."""
    copy = tmp_path / "copy"
    shutil.copytree(
        ROOT / "flownet", copy / "flownet", ignore=shutil.ignore_patterns("__pycache__")
    )
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
