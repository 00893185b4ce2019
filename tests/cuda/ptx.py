"""Kernels compiled to PTX and on to machine code, with no device: registers and spills of each."""

import gc
import re
import shutil
import subprocess
from functools import cache
from importlib import import_module
from pathlib import Path
from types import FunctionType, SimpleNamespace

import numpy as np
import pytest

PROCESSORS = ((8, 0), (9, 0), (10, 0))


@cache
def find_ptxas():
    """The assembler of `nvidia-cuda-nvcc`, or the one on the path, or None."""
    try:
        import nvidia
    except ImportError:
        return shutil.which("ptxas")
    for base in nvidia.__path__:
        for found in sorted(Path(base).glob("*/bin/ptxas")):
            return str(found)
    return shutil.which("ptxas")


def compiled(kernel, real, variant=()):
    """PTX of a `Kernel` made for a real type, for the oldest processor."""
    from numba.cuda import dispatcher

    from flownet._compile._cuda import cuda, signature

    function, processor = kernel.make(real, *variant), PROCESSORS[0]
    kinds = signature(kernel.takes, real)
    # device functions ask the device for its processor while they are compiled
    before = dispatcher.get_current_device
    dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=processor)
    gc.disable()  # of its many objects none is garbage meanwhile: a fifth of the time
    try:
        options = {"device": False, "abi": "numba", **kernel.bounds}
        return cuda.compile(function, kinds, cc=processor, **options)[0]
    finally:
        gc.enable()
        dispatcher.get_current_device = before


def compiled_by(package, kernel, real):
    """The same, of a kernel that calls no other function, by a package that offers `cuda`."""
    if package == "numba.cuda":
        return compiled(kernel, real)
    pytest.importorskip(package, reason=f"{package.split('.')[0]} is not installed")
    cuda, tools = (import_module(name) for name in (package, "numba_cuda_mlir.tools"))
    types = import_module("numba_cuda_mlir.numba_cuda.types")
    kinds = {"r[]": getattr(types, np.dtype(real).name)[::1], "i8": types.int64}
    made, before = kernel.make(real), tools._cached_cc
    named = FunctionType(made.__code__, {**made.__globals__, "cuda": cuda}, made.__name__)
    tools._cached_cc = PROCESSORS[0]  # it asks the device for its processor
    try:
        takes = tuple(kinds[word] for word in kernel.takes.split())
        return cuda.compile(named, takes, cc=PROCESSORS[0], device=False, abi="numba")[0]
    finally:
        tools._cached_cc = before


def assembled(text, processor, folder):
    """Registers, bytes of the stack and bytes spilled of PTX on a processor."""
    path = Path(folder) / "kernel.ptx"
    path.write_text(text)
    arch = f"sm_{processor[0]}{processor[1]}"
    done = subprocess.run(
        [find_ptxas(), "-v", f"-arch={arch}", path, "-o", path.with_suffix(".cubin")],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise AssertionError(f"for {arch}: {done.stderr[-600:]}")

    def number(pattern):
        return int(re.search(pattern, done.stderr)[1])

    return SimpleNamespace(
        registers=number(r"Used (\d+) registers"),
        stack=number(r"(\d+) bytes stack frame"),
        spilled=number(r"(\d+) bytes spill stores"),
    )
