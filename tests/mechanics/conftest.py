"""The potential that the family of mechanics moves on."""

import pytest
import twins
from family_case import CASE


@pytest.fixture(scope="module")
def p():
    return twins.potential(CASE)
