"""The exclusive or with weight decay, and its lowest minimum."""

import numpy as np
import pytest
from known_passes import xor

import flownet as fn


@pytest.fixture(scope="module")
def regulated():
    """XOR with weight decay, its network, and its lowest minimum."""
    potential, net = xor(decay=1e-3)
    found = fn.minimum(potential, 2 * np.random.default_rng(0).normal(size=9), progress=False)
    assert found.loss == pytest.approx(0.006387, abs=1e-6)
    return potential, net, found
