"""What the tests share: both precisions, real data, and a small potential on real digits."""

import pytest

import flownet as fn


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


#: Bugs that a test has found and nobody has mended: "file::test" → why. Strict, so that whoever
#: mends one is told to take its line away.
KNOWN_BUGS = {
    "test_network.py::test_mistakes_are_told_in_one_line[no dtype at all]":
        "an unknown dtype becomes None, which NumPy reads as float64",
    "test_network.py::test_mistakes_are_told_in_one_line[an endless layer]": "OverflowError",
    "test_network.py::test_mistakes_are_told_in_one_line[no activation]": "TypeError",
    "test_network.py::test_mistakes_are_told_in_one_line[a loss by name]": "AttributeError",
    "test_network.py::test_mistakes_are_told_in_one_line[no samples]": "ZeroDivisionError",
    "test_network.py::test_mistakes_are_told_in_one_line[heat in words]": "TypeError",
    "test_analytic.py::test_the_exact_flow_long_after": "0/0 on top of the double well",
    "test_metric.py::test_a_frozen_layer_stays_whatever_its_covector": "a warning of 0·∞",
    "test_metric.py::test_a_stiffness_for_each_layer_above_0[soft]": "a plain ValueError",
    "test_motion.py::test_the_plain_metric_is_no_metric": "Euclidean has no parameters()",
    "test_run.py::test_mistakes_are_told_in_one_line[a list for a metric]": "AttributeError",
    "test_run.py::test_mistakes_are_told_in_one_line[half a seed for batches]":
        "seed 0.5 is taken as 0",
    "test_run.py::test_mistakes_are_told_in_one_line[no seed]": "KeyError",
    "test_batches.py::test_a_run_remembers_the_batch_of_every_step[-1]":
        "the loop counts seeds modulo 2**63, Batches modulo 2**64",
    "test_batches.py::test_a_run_remembers_the_batch_of_every_step[9223372036854775808]":
        "OverflowError: the loop counts seeds modulo 2**63, Batches not at all",
    "test_breakdown.py::test_the_critical_step_does_not_depend_on_the_units_of_the_loss[1e+100]":
        "a noise floor overflows from losses of 1e154 on",
    "test_breakdown.py::test_the_table_fits_a_page[1e-09-1.0]": "101 to 107 columns",
    "test_breakdown.py::test_the_table_fits_a_page[0.123456789-1e-08]": "101 to 107 columns",
    "test_breakdown.py::test_the_table_fits_a_page[300000.0-1e-05]": "101 to 107 columns",
    "test_breakdown_run.py::test_mistakes_are_told_in_one_line[half a step]": "blames record_every",
    "test_breakdown_run.py::test_mistakes_are_told_in_one_line[every 0th step]": "no error",
    "test_breakdown_run.py::test_mistakes_are_told_in_one_line[steps backwards]": "no error",
    "test_breakdown.py::test_mistakes_are_told_in_one_line[a step of a potential]":
        "at= is ignored",
    "test_breakdown.py::test_mistakes_are_told_in_one_line[no potential]": "AttributeError",
}


def pytest_collection_modifyitems(items):
    for item in items:
        if reason := KNOWN_BUGS.get(f"{item.path.name}::{item.name}"):
            item.add_marker(pytest.mark.xfail(strict=True, reason=reason))
