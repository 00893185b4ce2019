"""A program that trains on two threads, and then lets other processes and threads do the same.

`python forked_work.py WAY [THREADS]` prints "the same bits" if each of them came to what the first
one came to. It is run by `test_processes.py`, as a program of its own: what fails here may kill it.
"""

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np

import flownet as fn


def problem():
    """64-32-10 on all digits: large enough for two threads."""
    net = fn.Network([64, 32, 10])
    return fn.Potential(net, fn.CrossEntropy(), fn.data.load("digits")), net.init(0)


def work(threads=None, potential=None):
    """Bytes of what a run, a flow, a breakdown and curvature give."""
    fresh, W0 = problem()
    potential = potential or fresh
    run = fn.train(
        potential, fn.Adam(0.01), W0=W0, steps=6, batch_size=600, seed=1, threads=threads
    )
    flow = fn.flow(potential, W0=W0, time=0.3, rtol=1e-5, threads=threads)
    H = potential.hessian(W0)
    found = [
        run.parameters[-1],
        flow.parameters[-1],
        fn.breakdown(potential, W0, step=0.3, order=3).terms,
        H @ np.stack([W0, W0[::-1]], axis=1),
        potential.third_action(W0, W0),
        potential.jet(W0, W0, 4),
        fn.sharpness(potential, W0, rtol=1e-3),
    ]
    return b"".join(np.asarray(one).tobytes() for one in found)


def forked(threads):
    """By `os.fork` itself, with what the parent had made: potential, Hessian, a run begun."""
    potential, W0 = problem()
    H, states = potential.hessian(W0), fn.states(potential, fn.Aristotle(0.3), W0=W0, steps=3)
    next(states)
    expected = work(threads), (H @ W0).tobytes()
    child = os.fork()
    if child == 0:
        same = (work(threads, potential), (H @ W0).tobytes()) == expected
        more = [state.loss for state in states]
        os._exit(0 if same and len(more) == 3 else 1)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0]


def pooled(method, processes=1):
    """By a pool of multiprocessing."""

    def way(threads):
        expected = work(threads)
        with multiprocessing.get_context(method).Pool(processes) as pool:
            return [found == expected for found in pool.map(work, [threads] * processes)]

    return way


def executed(threads):
    """By a pool of concurrent.futures, of the method that Python takes by itself."""
    expected = work(threads)
    with ProcessPoolExecutor(2) as pool:
        return [found == expected for found in pool.map(work, [threads] * 2)]


def joined(threads):
    """By joblib."""
    from joblib import Parallel, delayed

    expected = work(threads)
    return [found == expected for found in Parallel(n_jobs=2)(delayed(work)(threads) for _ in "ab")]


def threads_of_child(threads):
    """By Python threads of a forked process, which have numbers of threads of their own."""
    expected = work(threads)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return [found == expected for found in pool.apply(threaded_work, (threads,))]


def threaded_work(threads, potentials=(None, None)):
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda potential: work(threads, potential), potentials))


def threaded(threads):
    """By two threads of this process, on one potential and on one each."""
    expected, (shared, _) = work(threads), problem()
    found = threaded_work(threads, (shared, shared)) + threaded_work(threads)
    return [one == expected for one in found]


def refused(threads):
    """A child that wants two threads is told why it gets one."""
    work()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        try:
            pool.apply(work, (2,))
        except fn.FlownetError as error:
            return ["forked from one that had used threads" in str(error)]
    return [False]


def untouched(threads):
    """A child of a process that has not used threads may have them."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        found = pool.apply(work, (2,))
    return [found == work(2)]


WAYS = {
    "os.fork": forked,
    "fork": pooled("fork", 2),
    "spawn": pooled("spawn"),
    "forkserver": pooled("forkserver"),
    "futures": executed,
    "joblib": joined,
    "threads": threaded,
    "threads of a child": threads_of_child,
    "refused": refused,
    "untouched": untouched,
}

if __name__ == "__main__":
    same = WAYS[sys.argv[1]](int(sys.argv[2]) if len(sys.argv) > 2 else None)
    print("the same bits" if same and all(same) else same)
