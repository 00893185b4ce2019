"""The only file that names compiler options, and the cache that an edit can never fool.

numba's own cache watches the file of the compiled function alone. A kernel here is made of
functions from several files, so its cache folder carries a digest of its file and of every file
that this one imports, directly or not: an edit of any of them selects an empty folder, and a second
process finds the first one's code.
"""

import ast
import ctypes
import dis
import hashlib
import inspect
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
from llvmlite import ir
from numba import types
from numba.core import caching, cgutils, codegen, compiler

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
        for key, kinds in called:
            _provide(key, kinds)
        return super().rebuild(target_context, compiled)


class _KernelCache(caching.FunctionCache):
    _impl_class = _KernelCacheImpl

    def _index_key(self, signature, codegen):
        """Types and processor; the digest stands for the code, closures included."""
        return signature, codegen.magic_tuple()


def jit(function, *, parallel=False):
    """Compile a kernel that Python calls, at its first call, and keep the machine code on disk.

    Kernels allocate nothing: without numba's runtime no array is counted in and out. A function
    that returns a view of an array must be `spliced` instead.
    """
    dispatcher = numba.njit(**OPTIONS, parallel=parallel, _nrt=parallel)(function)
    dispatcher._cache = _KernelCache(function)
    return dispatcher


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


# ---- separate compilation -------------------------------------------------------------------
# numba optimises a function again in every kernel that calls it, directly or not. A large kernel
# is compiled once instead and called under a symbol name that another process can look up too.

_separate = {}  # "module.function" -> dispatcher
_symbols = {}  # symbol name -> ("module.function", argument types)


def separate(function, name=None):
    """Compile a kernel once, and call it by name from others."""
    return _called_by_name(function, name or function.__qualname__)


def in_parallel(kernel):
    """`(count, *args)`: a separate kernel's `(*args, i)` for i from 0 to `count` − 1, on all threads.

    Nothing is compiled for it beside the kernel.
    """
    return kernel.in_parallel


def _called_by_name(function, name, **options):
    function.__qualname__ = name  # before it is compiled: its file in the cache has this name
    key = f"{function.__module__}.{name}"
    kernel = _separate[key] = jit(function, **options)

    @numba.extending.intrinsic
    def call(typing, *args):
        symbol, compiled = _provide(key, args)
        result = compiled.signature.return_type

        def codegen(context, builder, signature, values):
            arguments = cgutils.unpack_tuple(builder, values[0])
            return _emit_call(context, builder, symbol, result, args, arguments)

        return result(types.StarArgTuple(args)), codegen

    @numba.extending.intrinsic
    def in_parallel(typing, count, *args):
        symbol, _ = _provide(key, (*args, types.intp))
        run, _ = _provide(_RUN, _RUN_TYPES)

        def codegen(context, builder, signature, values):
            count, packed = values
            arguments = cgutils.unpack_tuple(builder, packed)
            task, block = _emit_task(context, builder, symbol, args, arguments)
            return _emit_call(context, builder, run, types.none, _RUN_TYPES, (task, block, count))

        return types.void(types.intp, types.StarArgTuple(args)), codegen

    call.kernel, call.in_parallel = kernel, in_parallel
    return call


def _emit_call(context, builder, symbol, result, kinds, arguments):
    """Call of a separate kernel by its symbol."""
    kind = context.call_conv.get_function_type(result, kinds)
    target = cgutils.get_or_insert_function(builder.module, kind, symbol)
    _, value = context.call_conv.call_function(builder, target, result, kinds, arguments)
    return context.get_dummy_value() if result == types.none else value


def _emit_task(context, builder, symbol, kinds, arguments):
    """Addresses of a function (block, i) that calls a separate kernel, and of its arguments."""
    module, index = builder.module, context.get_value_type(types.intp)
    room = ir.LiteralStructType([argument.type for argument in arguments])
    block = cgutils.alloca_once(builder, room)
    for i, argument in enumerate(arguments):
        builder.store(argument, cgutils.gep_inbounds(builder, block, 0, i))
    name = module.get_unique_name(f"task.{symbol}")
    task = ir.Function(module, ir.FunctionType(ir.VoidType(), [room.as_pointer(), index]), name)
    task.linkage = "internal"
    inner = ir.IRBuilder(task.append_basic_block("entry"))
    loaded = [
        inner.load(cgutils.gep_inbounds(inner, task.args[0], 0, i)) for i in range(len(arguments))
    ]
    _emit_call(context, inner, symbol, types.none, (*kinds, types.intp), [*loaded, task.args[1]])
    inner.ret_void()
    return builder.ptrtoint(task, index), builder.ptrtoint(block, index)


def _provide(key, kinds):
    """Symbol and code of a separate kernel for some argument types, compiled or loaded."""
    kinds = tuple(types.unliteral(kind) for kind in kinds)
    kernel = _separate[key]
    symbol = f"flownet.{key}.{hashlib.sha256(str(kinds).encode()).hexdigest()[:16]}"
    if symbol not in _symbols:
        kernel.compile(kinds)
        compiled = kernel.overloads[kinds]
        address = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
        llvm.add_symbol(symbol, address)
        _symbols[symbol] = key, kinds
    return symbol, kernel.overloads[kinds]


@numba.extending.intrinsic
def _call_task(typing, task, block, i):
    """Call the function at an address with the block at another, and an index."""

    def codegen(context, builder, signature, args):
        kind = ir.FunctionType(ir.VoidType(), [arg.type for arg in args[1:]])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp), codegen


def _run(task, block, count):
    """The one parallel loop: `task(block, i)` for i from 0 to `count` − 1."""
    for i in numba.prange(count):
        _call_task(task, block, i)


_RUN, _RUN_TYPES = f"{__name__}._run", (types.intp, types.intp, types.intp)
_called_by_name(_run, "_run", parallel=True)


# ---- kernels by the types of their arguments ------------------------------------------------


def chosen(choose, leading=0):
    """A kernel that is one of several: `choose(*types)` names it by the types of the arguments.

    What a call does not need is not compiled: of networks of real numbers, say, no complex kernels.

    Parameters
    ----------
    choose : function
        Gives a kernel, or None for one that does nothing.
    leading : int
        So many arguments, the first ones, only help to choose; the kernel does not get them.
    """

    @numba.extending.intrinsic
    def call(typing, *args):
        kernel = choose(*args)
        if kernel is None:
            return types.void(
                types.StarArgTuple(args)
            ), lambda context, *_: context.get_dummy_value()
        function = typing.resolve_value_type(kernel)
        called = function.get_call_type(typing, args[leading:], {})

        def codegen(context, builder, signature, values):
            values = cgutils.unpack_tuple(builder, values[0])[leading:]
            if called.args and isinstance(called.args[0], types.StarArgTuple):
                values = [context.make_tuple(builder, called.args[0], values)]
            else:
                values = [
                    context.cast(builder, *value)
                    for value in zip(values, args[leading:], called.args)
                ]
            target = context.get_function(function, called)
            context.add_linking_libs(getattr(target, "libs", ()))
            return target(builder, values)

        return called.return_type(types.StarArgTuple(args)), codegen

    return call


def absent(kind):
    """Whether a type is that of None."""
    return isinstance(kind, types.NoneType)


def lacks(kind, name):
    """Whether a named tuple of a type has None for a field."""
    return absent(field(kind, name))


def field(kind, name):
    """Type of a field of a named tuple of a type."""
    return kind.types[kind.fields.index(name)]


# ---- plain functions ------------------------------------------------------------------------

_compiled = {}  # plain function -> what stands for it in kernels


def compiled(function, inline=True):
    """A plain function as part of kernels, with the plain functions that it calls.

    Short ones are put into their callers (`inline`), whose loops must vectorise.
    """
    if function not in _compiled:
        named = inspect.getclosurevars(function).nonlocals
        for line in dis.get_instructions(function):
            if line.opname == "LOAD_GLOBAL":
                named[line.argval] = function.__globals__.get(line.argval)
        for other in filter(inspect.isfunction, named.values()):
            compiled(other, inline)
        stands_for(function, part(function, inline=inline))
    return _compiled[function]


def stands_for(function, kernel):
    """Let kernels that name a plain function call this kernel instead."""
    _compiled[function] = kernel
    context = numba.core.registry.cpu_target.typing_context
    context.refresh()
    context.insert_global(function, context.resolve_value_type(kernel))
