"""The simulator of CUDA devices, with the threads of a block taking turns.

numba's own asks every thread over and over whether it waits at a barrier, wraps every array that a
kernel sees, and looks through the names of a module at every call on the device: nine tenths of the
time. Here a thread runs until it waits or ends, and the next one follows; after each barrier in the
opposite order, so that a barrier that is missing shows whichever of two threads is first.
"""

from contextlib import ExitStack, nullcontext
from functools import partial
from operator import attrgetter
from threading import Lock

import numpy as np
from numba import cuda
from numba.cuda.simulator import kernel


class _Thread(kernel.BlockThread):
    """A thread that runs when it is its turn."""

    def __init__(self, *words):
        super().__init__(*words)
        self._mine, self._back, self.ended = Lock(), Lock(), False
        self._mine.acquire()
        self._back.acquire()
        self.start()

    def go(self):
        """Let it run up to a barrier or its end."""
        self._mine.release()
        self._back.acquire()

    def run(self):
        self._mine.acquire()
        if not self.abort:
            super().run()
        self.ended = True
        self._back.release()

    def syncthreads(self):
        self._back.release()
        self._mine.acquire()
        if self.abort:
            raise RuntimeError("another thread of the block has failed")


class _Block(kernel.BlockManager):
    def run(self, place, *args):
        work = partial(self._f, *args)
        threads = [
            _Thread(work, self, place, point, self._debug) for point in np.ndindex(*self._block_dim)
        ]
        while threads:
            for thread in threads:
                thread.go()
                if thread.exception:
                    self._end(other for other in threads if not other.ended)
                    error, trace = thread.exception
                    raise error.with_traceback(trace)
            threads = [thread for thread in reversed(threads) if not thread.ended]

    def _end(self, threads):
        for thread in threads:
            thread.abort = True
            thread.go()


class _Names:
    """What modules call `cuda` means the launch, from their first function in it to its end."""

    def __init__(self):
        self._known = {}  # of this launch: names of a module by their id

    def __call__(self, function, launch):
        names = function.__globals__
        if id(names) in self._known:
            return nullcontext()
        whole = ExitStack() if not self._known else nullcontext()
        self._known[id(names)] = names, [name for name in names if names[name] is cuda]
        self._mean(launch, names)
        if isinstance(whole, ExitStack):
            whole.callback(self._forget)
        return whole

    def _mean(self, what, names):
        for name in self._known[id(names)][1]:
            names[name] = what

    def _forget(self):
        for names, _ in self._known.values():
            self._mean(cuda, names)
        self._known.clear()


def take_turns():
    """Let the simulator's blocks run so."""
    kernel.BlockManager = _Block
    kernel.FakeWithinKernelCUDAArray = attrgetter("_ary")  # that of NumPy itself
    kernel.swapped_cuda_module = _Names()
