"""Steps of a run: by one block of the device where the run is small, else by all of it."""

from ..tiny import run as tiny
from . import steps

BLOCK_BYTES = 1 << 23  # of rows that a file takes at once: no call returns for fewer of them


def advance(problem, rule, tape, W, memory, dL, time, first, count, done, threads):
    """`kernels.cpu.motion.steps.advance` on a CUDA device; it may take fewer steps."""
    way = tiny if tiny.is_small(problem, rule) else steps
    way.advance(problem, rule, tape, W, memory, dL, time, first, count, done, threads)
