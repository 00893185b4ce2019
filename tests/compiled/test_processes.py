"""A process that has trained on two threads lets others train: by every way that Python has."""

import os
import subprocess
import sys

import forked_work
import pytest
from checkout import ROOT

FORKS = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")


def same_bits(way, *words):
    done = subprocess.run(
        [sys.executable, forked_work.__file__, way, *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_NUM_THREADS": "2"},
        text=True,
        capture_output=True,
        timeout=300,  # a child that OpenMP has killed leaves its pool waiting
    )
    assert (done.returncode, done.stdout) == (0, "the same bits\n"), done.stderr[-2000:]


@FORKS
def test_a_forked_child_trains():
    same_bits("os.fork")


@pytest.mark.slow
@FORKS
def test_a_forked_child_trains_on_one_thread():
    """`threads=1` is for runs and flows; curvature takes what the process may use."""
    same_bits("os.fork", "1")


@pytest.mark.slow
@pytest.mark.parametrize(
    "way",
    [
        pytest.param("fork", marks=FORKS),
        "spawn",
        pytest.param("forkserver", marks=FORKS),
        "futures",
        "threads",
        pytest.param("threads of a child", marks=FORKS),
    ],
)
def test_others_come_to_the_same_bits(way):
    same_bits(way)


@pytest.mark.slow
def test_joblib():
    pytest.importorskip("joblib")
    same_bits("joblib")


@pytest.mark.slow
@FORKS
@pytest.mark.parametrize("way", ["refused", "untouched"])
def test_two_threads_in_a_child(way):
    """Refused where its parent had begun to use threads, and had where it had not."""
    same_bits(way)
