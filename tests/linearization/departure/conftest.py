"""The small network whose runs depart from their flow."""

import numpy as np
import pytest

import flownet as fn


@pytest.fixture(scope="module")
def small():
    """2-5-3 tanh network on twelve samples, quadratic loss."""
    rng = np.random.default_rng(5)
    data = fn.Dataset(rng.normal(size=(12, 2)), rng.normal(size=(12, 3)))
    return fn.Potential(fn.Network([2, 5, 3], "tanh"), fn.Quadratic(), data)
