"""The exclusive or as a potential."""

import pytest

import flownet as fn


@pytest.fixture(scope="module")
def xor():
    return fn.Potential(fn.Network([2, 4, 1]), fn.Quadratic(), fn.data.load("xor"))
