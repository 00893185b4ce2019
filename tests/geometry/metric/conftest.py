"""The potential that is looked at in every kind of metric."""

import pytest
from every_metric import problem


@pytest.fixture(scope="module")
def potential():
    return problem()
