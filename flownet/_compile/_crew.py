"""A crew: threads that take the pieces of a job as they become free, job after job.

A parallel loop of OpenMP cuts its work beforehand, wakes its threads, and waits for all of them,
also for one that another program keeps from running. Here threads begin once for many jobs and wait
busily between them; whoever is free takes the next piece, and a job ends with its last piece, not
with its last thread. What a piece computes depends on its number alone.

A crew is a few words of memory, its handle their address. `NEXT` says in one word what is there to
be taken: the number of the job, how many pieces it has, and how many of them are taken. Whoever
swaps it for the word with one more owns that piece; since jobs are counted, the swap fails where
the job has changed meanwhile, and with it the task that was read.
"""

import ctypes
import os

import llvmlite.binding as llvm
import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils

from ._kernels import part

_LINE = 128  # bytes from word to word: two cache lines, which are fetched together
NEXT, DONE, TASK, BLOCK, COUNT, STOP = (_LINE * i for i in range(6))
_WORDS = 6
_BITS = 20  # of NEXT for the pieces, and for those that are taken
_MOST = (1 << _BITS) - 1
LEAST_HANDLE = 1 << 16  # a smaller one is a number of threads
_PATIENT = 1000  # looks until a thread that waits goes to sleep: some tens of microseconds
_ORDER = "seq_cst"
_INT = types.intp

_NAP = "flownet_nap"
_WINDOWS = os.name == "nt"
_LENGTH = 1 if _WINDOWS else 50  # milliseconds there, microseconds elsewhere
_sleep = ctypes.windll.kernel32.Sleep if _WINDOWS else ctypes.CDLL(None).usleep
llvm.add_symbol(_NAP, ctypes.cast(_sleep, ctypes.c_void_p).value)


def _word(builder, address):
    return builder.inttoptr(address, ir.IntType(64).as_pointer())


@numba.extending.intrinsic
def _read(typing, address):
    def codegen(context, builder, signature, args):
        return builder.load_atomic(_word(builder, args[0]), _ORDER, 8)

    return _INT(_INT), codegen


@numba.extending.intrinsic
def write(typing, address, value):
    """Write a word of a crew, seen by all threads."""

    def codegen(context, builder, signature, args):
        builder.store_atomic(args[1], _word(builder, args[0]), _ORDER, 8)
        return context.get_dummy_value()

    return types.void(_INT, _INT), codegen


@numba.extending.intrinsic
def _count(typing, address):
    """One more."""

    def codegen(context, builder, signature, args):
        one = ir.Constant(args[0].type, 1)
        builder.atomic_rmw("add", _word(builder, args[0]), one, _ORDER)
        return context.get_dummy_value()

    return types.void(_INT), codegen


@numba.extending.intrinsic
def _swap(typing, address, old, new):
    """Whether a word was still the old one, and is now the new one."""

    def codegen(context, builder, signature, args):
        found = builder.cmpxchg(_word(builder, args[0]), args[1], args[2], _ORDER, _ORDER)
        return builder.extract_value(found, 1)

    return types.boolean(_INT, _INT, _INT), codegen


@numba.extending.intrinsic
def _pause(typing):
    """A moment: what a processor wants to be told in a loop that waits."""

    def codegen(context, builder, signature, args):
        if builder.module.triple.startswith(("x86_64", "i686")):
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(
                cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse2.pause"), []
            )
        return context.get_dummy_value()

    return types.void(), codegen


@numba.extending.intrinsic
def _nap(typing):
    """Leave the processor to others for a while."""

    def codegen(context, builder, signature, args):
        integer = ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(integer, [integer]), _NAP
        )
        builder.call(function, [ir.Constant(integer, _LENGTH)])
        return context.get_dummy_value()

    return types.void(), codegen


@numba.extending.intrinsic
def call_task(typing, task, block, i):
    """Call the function at an address with the block at another, and an index."""

    def codegen(context, builder, signature, args):
        kind = ir.FunctionType(ir.VoidType(), [arg.type for arg in args[1:]])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])
        return context.get_dummy_value()

    return types.void(_INT, _INT, _INT), codegen


@numba.extending.intrinsic
def crew(typing):
    """Handle of a new crew, which ends with the function that makes it."""

    def codegen(context, builder, signature, args):
        room = ir.ArrayType(ir.IntType(8), _LINE * _WORDS)
        with builder.goto_entry_block():
            words = builder.alloca(room)
        words.align = _LINE
        builder.store(ir.Constant(room, None), words)
        return builder.ptrtoint(words, context.get_value_type(_INT))

    return _INT(), codegen


@part
def _wait(looks):
    if looks < _PATIENT:
        _pause()
    else:
        _nap()


@part
def take(crew):
    """Take pieces of the job that is there until none is left."""
    while True:
        now = _read(crew + NEXT)
        i, pieces = now & _MOST, (now >> _BITS) & _MOST
        if i >= pieces:
            return
        task, block, count = _read(crew + TASK), _read(crew + BLOCK), _read(crew + COUNT)
        if _swap(crew + NEXT, now, now + 1):
            for index in range(i, count, pieces):  # one of them but in the largest jobs
                call_task(task, block, index)
            _count(crew + DONE)


@part
def post(crew, task, block, count):
    """Begin a job; the one before has ended. It gives the number of its pieces."""
    pieces = min(count, _MOST)
    write(crew + DONE, 0)
    write(crew + TASK, task)
    write(crew + BLOCK, block)
    write(crew + COUNT, count)
    job = (_read(crew + NEXT) >> 2 * _BITS) + 1
    write(crew + NEXT, job << 2 * _BITS | pieces << _BITS)
    return pieces


@part
def work(crew, task, block, count):
    """Do a job with a crew, from the thread that owns it."""
    pieces = post(crew, task, block, count)
    take(crew)
    looks = 0
    while _read(crew + DONE) < pieces:
        _wait(looks)
        looks += 1


@part
def serve(crew):
    """Take pieces of each job until the crew's owner says that there will be no more."""
    looks, seen = 0, 0
    while _read(crew + STOP) == 0:
        now = _read(crew + NEXT)
        if now != seen:
            take(crew)
            looks, seen = 0, _read(crew + NEXT)
        else:
            _wait(looks)
            looks += 1
