"""A crew of threads does every piece of every job once, however many there are of either."""

from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pytest

from flownet._compile import by_crew, in_parallel, jit, separate, with_crew


@separate
def _one_more(out, job, i):
    out[job, i] += 1


_once, _once_by_crew = in_parallel(_one_more), by_crew(_one_more)


@separate
def _jobs(out, counts, crew):
    for job in range(counts.size):
        _once_by_crew(crew, counts[job], out, job)


_jobs_with_crew = with_crew(_jobs)


@jit
def run(out, counts, threads):
    """Job j has counts[j] pieces, each of which adds 1 to its own number."""
    if threads > 1:
        _jobs_with_crew(threads, out, counts)
    else:
        for job in range(counts.size):
            _once(counts[job], out, job)


def expected(counts):
    return (np.arange(counts.max()) < counts[:, None]).astype(np.int64)


def done(threads, seed=0):
    counts = np.random.default_rng(seed).integers(0, 70, 3000)
    out = np.zeros((counts.size, counts.max()), np.int64)
    run(out, counts, threads)
    return np.array_equal(out, expected(counts))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_each_piece_is_done_once(threads):
    """Also where there are more to do it than processors, or than OpenMP gives."""
    assert done(threads)


def test_a_job_of_very_many_pieces():
    """More than one word counts: pieces share tasks then."""
    counts = np.array([3, (1 << 20) + 17, 1])
    out = np.zeros((3, counts.max()), np.int64)
    run(out, counts, 2)
    assert np.array_equal(out.sum(axis=1), counts)
    assert out.max() == 1


def test_crews_of_several_python_threads():
    with ThreadPoolExecutor(3) as pool:
        assert all(pool.map(lambda seed: done(min(2, numba.get_num_threads()), seed), range(6)))
