"""A process of its own on a copy of the package: what it compiled, and what it said."""

import os
import shutil
import subprocess
import sys

import pytest
from checkout import ROOT

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
