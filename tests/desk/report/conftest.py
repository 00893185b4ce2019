"""A run at the edge of stability in its file, and what `flownet breakdown` prints of it."""

import pytest
from reports import digits, shell

import flownet as fn


@pytest.fixture(scope="session")
def reported(tmp_path_factory):
    """File of a run at the edge of stability, and what `flownet breakdown` printed of it."""
    path = tmp_path_factory.mktemp("report") / "run.h5"
    fn.train(digits(), fn.Aristotle(0.2), steps=70, store=path)
    return path, shell("breakdown", path)


@pytest.fixture(scope="session")
def run(reported):
    return fn.Trajectory.open(reported[0])
