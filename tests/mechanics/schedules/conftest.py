"""The network that step policies and schedules are looked at on."""

import pytest
import twins
from policy_case import CASE


@pytest.fixture(scope="module")
def small():
    """3-5-4-2 on 17 samples."""
    return twins.potential(CASE)
