"""The published example of an evidence."""

import numpy as np
import pytest
from checkout import REFERENCE

import flownet as fn


@pytest.fixture(scope="module")
def published():
    """The regression example of laplace-torch on its own points."""
    stored = dict(np.load(REFERENCE / "evidence.npz"))
    net = fn.Network([1, 50, 1])
    return fn.Potential(net, fn.Quadratic(), fn.Dataset(stored["x"], stored["y"])), stored
