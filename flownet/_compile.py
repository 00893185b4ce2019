"""The only file that names compiler options, and the cache that an edit can never fool.

numba's own cache watches the file of the compiled function alone. A kernel here is made of
functions from several files, so its cache folder carries a digest of its file and of every file
that this one imports, directly or not: an edit of any of them selects an empty folder, and a second
process finds the first one's code.
"""

import ast
import hashlib
import os
import shutil
from functools import cache
from pathlib import Path

# Read by OpenMP when its threads start. By default a thread that waits spins for milliseconds; on a
# machine that does other work beside, it spins away the time the other thread needs: 21 ms a step
# of 0.4 ms were seen. A short spin, then sleep, costs microseconds at most.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import llvmlite.binding as llvm
import numba
from numba.core import caching, cgutils

# `fastmath` stays off: it would drop the tests for NaN. Division follows IEEE ("numpy"), since
# the branch that Python's ZeroDivisionError needs keeps a loop from being vectorised.
OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": False, "boundscheck": False}

_KEPT_FOLDERS = 4  # digests kept beside the newest one, so that branches do not evict each other


@cache
def _imported(path):
    """Files of this package that a source file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = path.parents[node.level - 1] / (node.module or "").replace(".", "/")
            found |= {folder / f"{name.name}.py" for name in node.names}
            found |= {folder.with_suffix(".py"), folder / "__init__.py"}
    return frozenset(file for file in found if file.is_file())


@cache
def digest(path):
    """Hexadecimal digest of a source file and of all that it imports from this package."""
    sources, new = set(), {Path(path), Path(__file__)}
    while new:
        sources |= new
        new = set().union(*map(_imported, new)) - sources
    text = b"\0".join(source.read_bytes() for source in sorted(sources))
    return hashlib.sha256(text).hexdigest()[:16]


class _DigestFolder:
    """Mixin of numba's cache locators: a folder named by source file and digest."""

    def __init__(self, function, source):
        super().__init__(function, source)
        name = f"flownet-{Path(source).stem}-{digest(source)}"
        self._cache_path = os.path.join(self._cache_path, name)

    def ensure_cache_path(self):
        if not os.path.isdir(self._cache_path):
            _prune(Path(self._cache_path))
        super().ensure_cache_path()


def _prune(new):
    """Drop all but the newest few folders of the same source file."""
    if new.parent.is_dir():
        old = sorted(new.parent.glob(f"{new.name.rpartition('-')[0]}-*"), key=os.path.getmtime)
        for path in old[:-_KEPT_FOLDERS]:
            shutil.rmtree(path, ignore_errors=True)


class _UserProvided(_DigestFolder, caching.UserProvidedCacheLocator):
    pass


class _InTree(_DigestFolder, caching.InTreeCacheLocator):
    pass


class _UserWide(_DigestFolder, caching.UserWideCacheLocator):
    pass


class _KernelCacheImpl(caching.CompileResultCacheImpl):
    """Keeps with the machine code the list of separately compiled kernels that it calls."""

    _locator_classes = [_UserProvided, _InTree, _UserWide]

    def reduce(self, compiled):
        called = [f.name for f in compiled.library._final_module.functions if f.name in _symbols]
        return [_symbols[name] for name in called], super().reduce(compiled)

    def rebuild(self, target_context, payload):
        called, compiled = payload
        numba.get_num_threads()  # starts the threading layer: the code may call its symbols
        for key, types in called:
            _provide(key, types)
        return super().rebuild(target_context, compiled)


class _KernelCache(caching.FunctionCache):
    _impl_class = _KernelCacheImpl

    def _index_key(self, signature, codegen):
        """Types and processor; the digest stands for the code, closures included."""
        return signature, codegen.magic_tuple()


def jit(function=None, *, parallel=False, cached=True, inline=False):
    """Compile a kernel for the CPU at its first call and keep the machine code on disk.

    Kernels allocate nothing: without numba's runtime no array is counted in and out. A function
    that returns a view of an array must be `spliced` instead.

    Parameters
    ----------
    parallel : bool
        Run `prange` loops on numba's threads.
    cached : bool
        Keep the machine code on disk: for what Python calls. What only other kernels call is
        part of their machine code already.
    inline : bool
        Always put the code into its callers: for scalar bodies, whose loops must vectorise.
    """
    if function is None:
        return lambda f: jit(f, parallel=parallel, cached=cached, inline=inline)
    options = dict(OPTIONS, parallel=parallel, forceinline=inline, _nrt=parallel)
    dispatcher = numba.njit(**options)(function)
    if cached:
        dispatcher._cache = _KernelCache(function)
    return dispatcher


def spliced(function):
    """Copy a function into its callers before they are typed: for what returns a view."""
    return numba.njit(inline="always")(function)


# ---- separate compilation -------------------------------------------------------------------
# numba optimises a function again in every kernel that calls it, directly or not. A large kernel
# is compiled once instead and called under a symbol name that another process can look up too.

_separate = {}  # "module.function" -> dispatcher
_symbols = {}  # symbol name -> ("module.function", argument types)


def separate(function, name=None):
    """Compile a kernel once and call it by name from others; it returns nothing."""
    function.__qualname__ = name or function.__qualname__
    key = f"{function.__module__}.{function.__qualname__}"
    kernel = jit(function)
    _separate[key] = kernel

    @numba.extending.intrinsic
    def call(typing, *args):
        symbol, compiled = _provide(key, args)

        def codegen(context, builder, signature, values):
            kind = context.call_conv.get_function_type(numba.types.none, args)
            target = cgutils.get_or_insert_function(builder.module, kind, symbol)
            arguments = [builder.extract_value(values[0], i) for i in range(len(args))]
            context.call_conv.call_function(builder, target, numba.types.none, args, arguments)
            return context.get_dummy_value()

        return numba.types.void(numba.types.StarArgTuple(args)), codegen

    call.kernel = kernel
    return call


def _provide(key, types):
    """Symbol and code of a separate kernel for some argument types, compiled or loaded."""
    types = tuple(numba.types.unliteral(kind) for kind in types)
    kernel = _separate[key]
    symbol = f"flownet.{key}.{hashlib.sha256(str(types).encode()).hexdigest()[:16]}"
    if symbol not in _symbols:
        kernel.compile(types)
        compiled = kernel.overloads[types]
        address = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
        llvm.add_symbol(symbol, address)
        _symbols[symbol] = key, types
    return symbol, kernel.overloads[types]
