"""What the tests share: both precisions, real data, and a small potential on real digits."""

import pytest
from figures import holds, pytest_terminal_summary  # noqa: F401

import flownet as fn


def pytest_addoption(parser):
    parser.addoption("--fast", action="store_true", help="leave out the tests marked slow")
    parser.addoption("--figures", action="store_true", help="what tests hold, and their figures")
    parser.addoption("--gpu", action="store_true", help="the tests on a CUDA device alone")
    parser.addoption("--ptx", action="store_true", help="those that compile CUDA kernels alone")


#: files that take longest, in this order, begin first: at the end one process waits for the other
LONGEST = [
    "test_site",
    "test_figures",
    "test_lyapunov",
    "test_tangent_map",
    "test_trust",
    "test_same_bits",
    "test_hostile",
    "test_family",
    "test_long_kinked_flow",
    "test_kinked_flow",
    "test_cluster",
    "test_sam",
    "test_h5py_versions",
    "test_store_killed",
    "test_store_damaged",
]


def pytest_collection_modifyitems(config, items):
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))
    if config.getoption("--fast"):
        slow = {item for item in items if item.get_closest_marker("slow")}
        config.hook.pytest_deselected(items=list(slow))
        items[:] = [item for item in items if item not in slow]


@pytest.fixture(params=["float64", "float32"])
def dtype(request):
    return request.param


@pytest.fixture(scope="session")
def digits():
    return fn.data.load("digits", limit=300)


@pytest.fixture(scope="session")
def digits_potential(digits):
    """64-16-10 tanh network, cross-entropy, 300 digits."""
    return fn.Potential(fn.Network([64, 16, 10], "tanh"), fn.CrossEntropy(), digits)


@pytest.fixture(scope="session")
def xor():
    return fn.data.load("xor")


@pytest.fixture(scope="session")
def xor_potential(xor):
    """2-4-1 tanh network, quadratic loss, all of XOR."""
    return fn.Potential(fn.Network([2, 4, 1], "tanh"), fn.Quadratic(), xor)
