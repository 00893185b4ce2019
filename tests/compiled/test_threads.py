"""A potential that several Python threads share gives each of them what it gives one."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

import flownet as fn


def test_runs_in_threads_are_the_runs_one_by_one(digits_potential):
    """The kernels let Python's lock go, so runs overlap; no buffer is used by two at once."""

    def end(seed):
        run = fn.train(digits_potential, fn.Aristotle(0.3), steps=300, seed=seed, threads=1)
        return run.parameters[-1]

    alone = [end(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(end, range(4)))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together))
