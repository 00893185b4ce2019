"""Kernels compiled once and called by name, in parallel, or chosen by the types of arguments.

numba optimises a function again in every kernel that calls it, directly or not. A large kernel is
compiled once instead and called under a symbol name that another process can look up too.
"""

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils

from ._crew import LEAST_HANDLE, STOP, call_task, crew, post, serve, take, work, write
from ._kernels import jit
from ._symbols import kernels, provide


def separate(function, name=None, **options):
    """Compile a kernel once, with options of `jit`, and call it by name from others."""
    return _called_by_name(function, name or function.__qualname__, **options)


def in_parallel(kernel):
    """A separate kernel `(*args, i)` for i from 0 to `count` − 1, called as `(count, *args)`.

    Nothing is compiled for it beside the kernel.
    """
    return kernel.in_parallel


def by_crew(kernel):
    """The same by `threads`, a number or the handle of a crew: called as `(threads, count, …)`."""
    return kernel.by_crew


def with_crew(kernel):
    """A separate kernel `(*args, crew)` with a crew of threads, called as `(threads, *args)`.

    It runs once; the handle of the crew is for what it calls `by_crew`.
    """
    return kernel.with_crew


def _called_by_name(function, name, **options):
    function.__qualname__ = name  # before it is compiled: its file in the cache has this name
    key = f"{function.__module__}.{name}"
    kernel = kernels[key] = jit(function, by_name=True, **options)

    @numba.extending.intrinsic
    def call(typing, *args):
        symbol, compiled = provide(key, args)
        result = compiled.signature.return_type

        def codegen(context, builder, signature, values):
            arguments = cgutils.unpack_tuple(builder, values[0])
            return _emit_call(context, builder, symbol, result, args, arguments)

        return result(types.StarArgTuple(args)), codegen

    def parallel(way):
        """Kernel (*leading, *args) that hands a task over to one of the loops below."""
        run, kinds = way

        @numba.extending.intrinsic
        def start(typing, *given):
            leading, args = given[: len(kinds) - 2], given[len(kinds) - 2 :]
            symbol, _ = provide(key, (*args, types.intp))
            loop, _ = provide(run, kinds)

            def codegen(context, builder, signature, values):
                values = cgutils.unpack_tuple(builder, values[0])
                first = [
                    context.cast(builder, value, kind, types.intp)
                    for value, kind in zip(values, leading)
                ]
                task = _emit_task(context, builder, symbol, args, values[len(leading) :])
                return _emit_call(context, builder, loop, types.none, kinds, (*first, *task))

            return types.void(types.StarArgTuple(given)), codegen

        return start

    call.kernel = kernel
    call.in_parallel, call.by_crew, call.with_crew = map(parallel, (_ALONE, _BY_CREW, _WITH_CREW))
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


def _alone(count, task, block):
    """`task(block, i)` for i from 0 to `count` − 1, by a crew of this one job."""
    handle = crew()
    post(handle, task, block, count)
    for _ in numba.prange(count):  # how many threads there are is not asked: it costs the cache
        take(handle)


def _by_crew(threads, count, task, block):
    """The same by a crew, if that is what `threads` says."""
    if threads >= LEAST_HANDLE:
        work(threads, task, block, count)
    else:
        _run_alone(count, task, block)


def _with_crew(threads, task, block):
    """`task(block, crew)` on one thread, while the others serve."""
    handle = crew()
    for i in numba.prange(threads):
        if i == 0:
            call_task(task, block, handle)
            write(handle + STOP, 1)
        else:
            serve(handle)


def _loop(function, count, **options):
    """Name of a loop that takes so many whole numbers, and their types; and the loop."""
    name = function.__qualname__
    return (f"{__name__}.{name}", (types.intp,) * count), _called_by_name(function, name, **options)


_ALONE = _BY_CREW = _WITH_CREW = None, ()
_ALONE, _run_alone = _loop(_alone, 3, parallel=True)
_BY_CREW, _ = _loop(_by_crew, 4)
_WITH_CREW, _ = _loop(_with_crew, 3, parallel=True)


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
        called = typing.resolve_value_type(kernel).get_call_type(typing, args[leading:], {})

        def codegen(context, builder, signature, values):
            values = cgutils.unpack_tuple(builder, values[0])[leading:]
            return emit_kernel(context, builder, kernel, called, args[leading:], values)

        return called.return_type(types.StarArgTuple(args)), codegen

    return call


def emit_kernel(context, builder, kernel, called, kinds, values):
    """Call of a kernel of any sort, `called` as typing says for arguments of these kinds."""
    if called.args and isinstance(called.args[0], types.StarArgTuple):
        values = [context.make_tuple(builder, called.args[0], values)]
    else:
        values = [context.cast(builder, *value) for value in zip(values, kinds, called.args)]
    function = context.typing_context.resolve_value_type(kernel)
    target = context.get_function(function, called)
    # of what numba itself provides nothing is to be linked
    context.add_linking_libs(getattr(target, "libs", ()))
    return target(builder, values)


def absent(kind):
    """Whether a type is that of None."""
    return isinstance(kind, types.NoneType)


def lacks(kind, name):
    """Whether a named tuple of a type has None for a field."""
    return absent(field(kind, name))


def field(kind, name):
    """Type of a field of a named tuple of a type."""
    return kind.types[kind.fields.index(name)]
