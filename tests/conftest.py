"""What the tests share: both precisions, real data, and a small potential on real digits."""

import pytest

import flownet as fn


def pytest_addoption(parser):
    parser.addoption("--fast", action="store_true", help="leave out the tests marked slow")
    parser.addoption("--gpu", action="store_true", help="the tests on a CUDA device alone")
    parser.addoption("--ptx", action="store_true", help="those that compile CUDA kernels alone")


#: files that take longest, which begin first: at the end one process would wait for the other
LONGEST = ["test_site", "test_figures", "test_same_bits", "test_lyapunov", "test_cluster"]


def pytest_collection_modifyitems(config, items):
    items.sort(key=lambda item: item.path.stem not in LONGEST)
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
