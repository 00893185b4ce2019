"""Kernels that Python calls, and the parts that they are made of; the compiler's options.

A part is a function that only kernels call, or a plain function that they use.
"""

import ctypes
import dis
import gc
import inspect
from time import monotonic

import numba
from llvmlite.binding import Linkage
from numba import types
from numba.core import codegen, compiler, event

from .._progress import note
from ._cache import cache_of

# `fastmath` stays off: it would drop the tests for NaN. Division follows IEEE ("numpy"), since
# the branch that Python's ZeroDivisionError needs keeps a loop from being vectorised.
OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": False, "boundscheck": False}


def jit(function, *, parallel=False, counts=False, by_name=False, wide=False):
    """Compile a kernel that Python calls, at its first call, and keep the machine code on disk.

    One that other kernels call `by_name` alone has no entry for Python, which takes a while to
    make. Loops of a `wide` one use all of a processor's vectors.

    Kernels allocate nothing: without numba's runtime no array is counted in and out, but where it
    `counts` those that a user's function made. A function that returns a view of an array must be
    `spliced` instead.
    """
    dispatcher = numba.njit(
        **OPTIONS,
        parallel=parallel,
        _nrt=parallel or counts,
        no_cpython_wrapper=by_name,
        no_cfunc_wrapper=True,
        pipeline_class=_WideCompiler if wide else _KernelCompiler,
    )(function)
    dispatcher._cache = cache_of(function)
    return dispatcher


class _Kernel(codegen.JITCodeLibrary):
    """Machine code whose parts nobody else sees.

    numba names a part after its function and a number that counts functions, in each process from
    1 on. Of two kernels that two processes have compiled, and a third one loads, parts of one name
    may be other code (closures of one function, say), and the linker would take the first for both.
    """

    def _optimize_final_module(self):
        super()._optimize_final_module()
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == Linkage.linkonce_odr:
                function.linkage = "internal"


class _WideKernel(_Kernel):
    """Machine code whose loops use all of a processor's vectors.

    LLVM takes half of them on Intel's processors, since the first ones that had so many were slowed
    down by them. That is right for loops that wait for memory: parameters do not begin where
    vectors do, and half vectors cross fewer lines of the cache. Loops that compute gain a third.
    """

    def add_ir_module(self, module):
        for function in module.functions:  # whose own `add` knows no words of one processor
            set.add(function.attributes, '"prefer-vector-width"="512"')
        super().add_ir_module(module)


class _KernelCompiler(compiler.Compiler):
    library = _Kernel

    def compile_extra(self, function):
        self.state.library = self.library(self.state.targetctx.codegen(), function.__qualname__)
        self.state.library.enable_object_caching()
        return super().compile_extra(function)


class _WideCompiler(_KernelCompiler):
    library = _WideKernel


# ---- parts of kernels -----------------------------------------------------------------------
# numba optimises what a function calls again with every function above it, and makes machine code
# of each. A part of a kernel needs neither: it is linked into the kernel as it is, and optimised
# there, once. Of 60 s for a first run that saved 25.


def part(function=None, *, inline=False):
    """Compile a function that only kernels call.

    Parameters
    ----------
    inline : bool
        Always put the code into its callers: for scalar bodies, whose loops must vectorise.
    """
    if function is None:
        return lambda f: part(f, inline=inline)
    return numba.njit(
        **OPTIONS,
        forceinline=inline,
        _nrt=False,
        pipeline_class=_PartCompiler,
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
    )(function)


class _Part(codegen.JITCodeLibrary):
    """Code without machine code."""

    def _optimize_final_module(self):
        pass

    def _finalize_final_module(self):
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name):
        """Of what Python gets when it calls a part all the same: a TypeError."""
        return ctypes.cast(ctypes.pythonapi.PyErr_BadArgument, ctypes.c_void_p).value

    @property
    def codegen(self):
        return _NoEnvironment()


class _NoEnvironment:
    """In place of a codegen, where there is no machine code whose environment could be set."""

    def set_env(self, name, env):
        pass


class _PartCompiler(compiler.Compiler):
    def compile_extra(self, function):
        self.state.library = _Part(self.state.targetctx.codegen(), function.__qualname__)
        return super().compile_extra(function)


def spliced(function):
    """Copy a function into its callers before they are typed: for what returns a view."""
    return numba.njit(inline="always")(function)


# ---- plain functions ------------------------------------------------------------------------

_compiled = {}  # plain function -> what stands for it in kernels
_not_registered = []  # of these, those that numba does not know yet


def compiled(function, inline=True):
    """A plain function as part of kernels, with the plain functions that it calls.

    Short ones are put into their callers (`inline`), whose loops must vectorise.
    """
    if function not in _compiled:
        stands_for(function, part(function, inline=inline))
    return _compiled[function]


def stands_for(function, kernel):
    """Let kernels that name a plain function call this kernel instead."""
    _compiled[function] = kernel
    _not_registered.append(function)


def _called(function):
    """Plain functions that one names."""
    named = inspect.getclosurevars(function).nonlocals
    for line in dis.get_instructions(function):
        if line.opname == "LOAD_GLOBAL":
            named[line.argval] = function.__globals__.get(line.argval)
    return filter(inspect.isfunction, named.values())


class _Compilation(event.Listener):
    """Before anything is compiled, tells numba of plain functions, which takes it a while.

    And tells whoever sits at a terminal, once, why nothing seems to happen. Python looks for
    garbage less often meanwhile: of the many objects that numba makes most stay, and to go through
    them again and again takes a tenth of the time.
    """

    _SECONDS = 2.0
    _SELDOM = (50_000, 20, 100)  # thresholds of `gc`

    def __init__(self):
        self._depth, self._began, self._spent, self._said = 0, 0.0, 0.0, False

    def on_start(self, event):
        self._depth += 1
        if self._depth == 1:
            self._began, self._thresholds = monotonic(), gc.get_threshold()
            if self._thresholds[0]:  # else nobody looks at all
                gc.set_threshold(*map(max, self._SELDOM, self._thresholds))
        self._say()
        context = numba.core.registry.cpu_target.typing_context
        while _not_registered:
            function = _not_registered.pop()
            kernel = _compiled[function]
            if isinstance(kernel, numba.core.dispatcher.Dispatcher):
                for other in _called(function):
                    compiled(other, kernel.targetoptions["forceinline"])
                kind = types.Dispatcher(kernel)
            else:
                context.refresh()
                kind = context.resolve_value_type(kernel)
            context.insert_global(function, kind)

    def on_end(self, event):
        self._depth -= 1
        self._say()
        if self._depth == 0:
            self._spent += monotonic() - self._began
            gc.set_threshold(*self._thresholds)

    def _say(self):
        if not self._said and self._spent + monotonic() - self._began > self._SECONDS:
            self._said = True
            note("compiling kernels, once")


event.register("numba:compile", _Compilation())
