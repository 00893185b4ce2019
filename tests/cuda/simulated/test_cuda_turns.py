"""The simulator's threads take turns: barriers hold, and one that is missing shows."""

import numpy as np
import pytest

from flownet._compile._cuda import cuda

pytestmark = pytest.mark.simulator

THREADS = 5


def _neighbour(step, barrier):
    """A kernel of rounds in which each thread writes its place, and reads a neighbour's."""

    @cuda.jit
    def kernel(place, seen):
        i = cuda.threadIdx.x
        for k in range(seen.shape[0]):
            place[i] = k + 1
            if barrier:
                cuda.syncthreads()
            seen[k, i] = place[(i + step) % THREADS]
            cuda.syncthreads()

    return kernel


def _seen(kernel):
    place, seen = np.zeros(THREADS), np.zeros((4, THREADS))
    kernel[1, THREADS](place, seen)
    return seen


@pytest.mark.parametrize("step", [1, THREADS - 1], ids=["next", "last"])
def test_a_barrier_holds_and_one_that_is_missing_shows(step):
    right = np.arange(1, 5)[:, None] * np.ones(THREADS)
    assert np.array_equal(_seen(_neighbour(step, barrier=True)), right)
    wrong = (_seen(_neighbour(step, barrier=False)) != right).sum(axis=1)
    assert set(wrong) == {1, THREADS - 1}  # by the order of the threads, which alternates


def test_blocks_and_threads_have_their_numbers():
    @cuda.jit
    def kernel(seen):
        seen[cuda.grid(1)] = 10 * cuda.blockIdx.x + cuda.threadIdx.x

    seen = np.zeros(3 * THREADS)
    kernel[3, THREADS](seen)
    assert np.array_equal(seen, [10 * b + i for b in range(3) for i in range(THREADS)])


def test_a_thread_that_fails_ends_the_others():
    @cuda.jit
    def kernel(seen):
        if cuda.threadIdx.x == 3:
            raise ValueError("as was wanted")
        cuda.syncthreads()
        seen[cuda.threadIdx.x] = 1

    seen = np.zeros(THREADS)
    with pytest.raises(ValueError, match="as was wanted"):
        kernel[1, THREADS](seen)
    assert not seen.any()
    assert isinstance(cuda.to_device(seen).copy_to_host(), np.ndarray)  # `cuda` is itself again
