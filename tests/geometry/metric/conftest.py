"""The potentials that are looked at in every metric, and in one that follows the steps."""

import pytest
import twins
from every_metric import problem
from scheduled_stiffness import CASE


@pytest.fixture(scope="module")
def potential():
    return problem()


@pytest.fixture(scope="module")
def small():
    """3-5-4-2 on 17 samples."""
    return twins.potential(CASE)
