"""A row of launches as one: captured once as a CUDA graph, then launched as often as wanted.

What runs is what the launches would have run, with the arguments they had: arrays by their
addresses, numbers as they were. Where graphs do not work, which a first trial on each device shows,
or FLOWNET_CUDA_GRAPH=0 is set, nothing is captured, and launches are launches.
"""

import os

import numpy as np

from ._cuda import SIMULATED, cuda

_works = {}  # device -> whether graphs do what they should


def usable(device, stream):
    """Whether graphs are to be used on a device: tried once, with a kernel that counts."""
    if SIMULATED or os.environ.get("FLOWNET_CUDA_GRAPH") == "0":
        return False
    if device not in _works:
        try:
            _works[device] = _trial(stream)
        except Exception:  # whatever it is: launches do without
            _works[device] = False
    return _works[device]


def _trial(stream):
    """Whether a captured kernel runs when its graph is launched, and not before."""

    @cuda.jit
    def count(numbers):
        numbers[cuda.threadIdx.x] += 1

    numbers = cuda.to_device(np.zeros(32, np.int64), stream=stream)
    count[1, 32, stream](numbers)  # compiled, and loaded
    stream.synchronize()
    graph = Graph(stream, lambda: count[1, 32, stream](numbers))
    for _ in range(3):
        graph.launch()
    found = numbers.copy_to_host(stream=stream)
    stream.synchronize()
    return bool((found == 4).all())


class Graph:
    """What a function launches in a stream, captured; it is not run meanwhile.

    All that it launches has to be compiled and loaded: it has run before.
    """

    def __init__(self, stream, launches):
        from cuda.bindings import driver

        self._driver, self._stream = driver, driver.CUstream(int(stream.handle))
        relaxed = driver.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED
        self._done(driver.cuStreamBeginCapture(self._stream, relaxed))
        try:
            launches()
        finally:  # also after an error the stream must be one for launches again
            ended = driver.cuStreamEndCapture(self._stream)
        graph = self._done(ended)
        self._graph = self._done(driver.cuGraphInstantiate(graph, 0))
        self._done(driver.cuGraphDestroy(graph))

    def _done(self, returned):
        """What a function of the driver gives beside its status, which has to be no error."""
        status, *found = returned
        if status != self._driver.CUresult.CUDA_SUCCESS:
            raise RuntimeError(f"CUDA graphs: {status.name}")
        return found[0] if found else None

    def launch(self):
        """Run it once more, in its stream."""
        self._done(self._driver.cuGraphLaunch(self._graph, self._stream))

    def __del__(self):
        graph = vars(self).get("_graph")  # none where nothing was captured
        if graph is not None:
            self._driver.cuGraphExecDestroy(graph)
