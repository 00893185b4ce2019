"""Every kernel assembled for three generations of processors: no register is spilled."""

import pkgutil
from importlib import import_module

import numpy as np
import pytest
from ptx import PROCESSORS, assembled, compiled

import flownet.kernels.cuda
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
def test_no_register_is_spilled(kernel, real, variant, tmp_path):
    text = compiled(kernel, real, variant)
    for processor in PROCESSORS:
        found = assembled(text, processor, tmp_path)
        assert found.registers <= 255
        if real is np.float32:
            assert found.spilled == 0, processor


@pytest.mark.parametrize("real", [np.float32, np.float64], ids=lambda r: r.__name__)
def test_the_large_tile_keeps_its_sums_in_registers(real):
    """Four numbers a load, one multiplication and addition an instruction."""
    from flownet.kernels.cuda.base.tile import AS_PULLED, PLAIN, TILES, tiled

    text = compiled(tiled, real, (AS_PULLED, TILES[1], True, PLAIN))
    kind = {4: "f32", 8: "f64"}[real().itemsize]
    assert text.count(f"fma.rn.{kind}") >= TILES[1].own_rows * TILES[1].own_cols
    assert f"ld.shared.v{16 // real().itemsize}.{kind}" in text
    assert f"v{16 // real().itemsize}.{kind}" in text[: text.index("bar.sync")]  # from memory
    assert ".local" not in text
