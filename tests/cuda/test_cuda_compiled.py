"""Every kernel assembled for three generations of processors: no register is spilled."""

import inspect
import pkgutil
import re
from importlib import import_module

import numpy as np
import pytest
from blas import Library, Math
from ptx import PROCESSORS, assembled, compiled, compiled_by

import flownet.kernels.cuda
from flownet.kernels.cuda.base.finish import times
from flownet.kernels.cuda.base.launch import KERNELS

pytestmark = pytest.mark.ptx

for module in pkgutil.walk_packages(flownet.kernels.cuda.__path__, "flownet.kernels.cuda."):
    import_module(module.name)

CASES = [
    (kernel, real, variant)
    for kernel in KERNELS
    for variant in kernel.variants
    for real in (np.float32, np.float64)
]


def _name(kernel, real, variant):
    return "-".join([kernel.name.rpartition(".")[2], real.__name__, *map(str, variant)])


@pytest.mark.parametrize(("kernel", "real", "variant"), CASES, ids=[_name(*c) for c in CASES])
def test_no_register_is_spilled(kernel, real, variant, tmp_path, holds):
    """Of float32; of float64, whose numbers take two registers each, it is assembled once."""
    text = compiled(kernel, real, variant)
    for processor in PROCESSORS if real is np.float32 else PROCESSORS[:1]:
        found = assembled(text, processor, tmp_path)
        where = f"{real.__name__}, sm_{processor[0]}{processor[1]}"
        holds(f"registers of a thread, {where}", found.registers, 255)
        if real is np.float32:
            holds(f"bytes spilled, {where}", found.spilled, 0)


@pytest.mark.parametrize("package", ["numba.cuda", "numba_cuda_mlir.cuda"])
def test_a_kernel_with_each_package_that_is_installed(package, tmp_path):
    """CUDA's package may be exchanged: what a factory makes is a plain function to any of them."""
    found = compiled_by(package, times, np.float32)
    assert 0 < assembled(found, PROCESSORS[0], tmp_path).registers < 64


@pytest.mark.parametrize("real", [np.float32, np.float64], ids=lambda r: r.__name__)
def test_the_large_tile_keeps_its_sums_in_registers(real):
    """Four numbers a load, one multiplication and addition an instruction."""
    from flownet.kernels.cuda.base.tile import TILES
    from flownet.kernels.cuda.base.tiled import AS_PULLED, PLAIN, tiled

    text = compiled(tiled, real, (AS_PULLED, TILES[1], True, PLAIN))
    kind = {4: "f32", 8: "f64"}[real().itemsize]
    assert text.count(f"fma.rn.{kind}") >= TILES[1].own_rows * TILES[1].own_cols
    assert f"ld.shared.v{16 // real().itemsize}.{kind}" in text
    assert f"v{16 // real().itemsize}.{kind}" in text[: text.index("bar.sync")]  # from memory
    assert ".local" not in text


def test_cublas_takes_what_it_is_given():
    """The package's functions have the arguments of those that stand in for them elsewhere."""
    from nvmath.bindings import cublas

    for name in ("create", "set_stream", "set_workspace", "set_math_mode", "sgemm", "dgemm"):
        told = re.match(rf"{name}\((.*?)\)", getattr(cublas, name).__doc__)[1]
        taken = [word.split()[-1] for word in told.split(", ") if word]
        other = Library._gemm if name.endswith("gemm") else getattr(Library, name)
        mine = [p for p in inspect.signature(other).parameters if p not in ("self", "kind")]
        assert len(mine) == len(taken), (name, taken)
        if name.endswith("gemm"):
            assert mine == taken
    assert [cublas.Math[m.name] for m in Math] == list(Math)


class _Codegen:
    """A processor for the cache's keys."""

    def __init__(self, processor):
        self._processor = processor

    def magic_tuple(self):
        return (13, 0), self._processor


def test_kernels_are_kept_by_what_they_were_made_for(tmp_path, monkeypatch):
    """In a folder that an edit of any file of theirs changes; a key for each variant and type."""
    from numba.cuda.core import config

    from flownet._compile import digest
    from flownet._compile._cuda_cache import KernelCache
    from flownet.kernels.cuda.motion import mechanics

    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    keys, newton = set(), mechanics.newton
    for real in (np.float32, np.float64):
        for variant in newton.variants:
            cache = KernelCache(newton.make(real, *variant), (real.__name__, variant))
            assert f"mechanics-{digest(mechanics.__file__)}" in cache.cache_path
            for processor in PROCESSORS:
                keys.add(cache._index_key("signature", _Codegen(processor)))
    assert len(keys) == 2 * len(newton.variants) * len(PROCESSORS)
    assert cache.load_overload("signature", None) is None  # nothing that it could read
