"""Every kernel compiled for three generations of processors: no register is spilled."""

import numpy as np
import pytest
from ptx import PROCESSORS, assembled

from flownet.kernels.cuda.base import product, sums  # noqa: F401  whose kernels are listed
from flownet.kernels.cuda.base.launch import KERNELS

pytestmark = pytest.mark.ptx

CASES = [
    (kernel, real, variant)
    for kernel in KERNELS
    for variant in kernel.variants
    for real in (np.float32, np.float64)
]


@pytest.mark.parametrize(
    ("kernel", "real", "variant"),
    CASES,
    ids=[f"{k.name.rpartition('.')[2]}-{r.__name__}-{'-'.join(map(str, v))}" for k, r, v in CASES],
)
@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda p: f"sm_{p[0]}{p[1]}")
def test_no_register_is_spilled(kernel, real, variant, processor, tmp_path):
    found = assembled(kernel, real, variant, processor, tmp_path)
    if real is np.float32:
        assert found.spilled == 0
    assert found.registers <= 255
