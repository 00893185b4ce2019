"""The entries of a CUDA device: those of the CPU, or a line that says which it has not."""

import pytest

import flownet as fn
from flownet import FlownetError
from flownet.kernels import cpu, cuda
from flownet.kernels.device import kernels_of

pytestmark = pytest.mark.simulator


def test_devices_have_the_same_entries():
    """Those without a twin stand in one list."""
    mine, missing = set(cuda.__all__), set(cuda.WITHOUT_TWIN)
    assert not mine & missing
    assert mine | missing == set(cpu.__all__)


def test_what_has_no_twin_says_so():
    for name in cuda.WITHOUT_TWIN:
        with pytest.raises(FlownetError, match=r'device="cpu" has it') as said:
            getattr(kernels_of("cuda"), name)
        assert "\n" not in str(said.value)


def test_a_device_beyond_the_last_one():
    with pytest.raises(FlownetError, match=r"'cuda:7' is not available"):
        kernels_of("cuda:7")


@pytest.mark.parametrize("name", ["cuda:", "cuda:x", "CUDA", "gpu", "cuda:-1", 3, None])
def test_a_device_that_is_none(name):
    with pytest.raises(FlownetError, match=r"there are: cpu, cuda"):
        kernels_of(name)


def test_systems_that_move_or_fluctuate_stay_on_the_cpu():
    orbit = fn.Verlet(fn.Oscillators(1, inputs=1), steps=4, time=1.0)
    data = fn.data.resonator(m=2, steps=4, time=1.0)
    xor = fn.data.load("xor")
    for potential in (
        fn.Echo(orbit, fn.Quadratic(), data, nudge=0.1),
        fn.Thermal(fn.Ising(2, 1, 1), fn.Quadratic(), xor, temperature=1.0),
        fn.Equilibrium(fn.Hopfield([2, 2, 1]), fn.Quadratic(), xor, nudge=0.1),
    ):
        with pytest.raises(FlownetError, match=r'device="cpu" has it'):
            potential.on_device("cuda")
