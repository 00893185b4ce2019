"""What several tests of runs share: where a run is kept, and two potentials."""

import pytest
import twins
from cases_of_runs import CASE, NET

import flownet as fn


@pytest.fixture(params=["memory", "file"])
def store(request, tmp_path):
    """Where a run is kept."""
    return None if request.param == "memory" else tmp_path / "run.h5"


@pytest.fixture(scope="module")
def small():
    """3-5-4-2 on 17 samples."""
    return twins.potential(CASE)


@pytest.fixture(scope="module")
def spiral():
    """2-4-2 on 40 samples of two spirals."""
    return fn.Potential(NET, fn.CrossEntropy(), fn.data.load("spiral", m=40, noise=0.1))
