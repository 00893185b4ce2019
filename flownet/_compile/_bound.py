"""Kernels with their first argument bound, called by address: who calls is compiled once for all.

A kernel that takes another one as part of it is compiled anew for each, however large it is. Here
it takes a `Bound`: the address of a function, and that of a block where its first argument lies.
What the type of a `Bound` says is what the function takes beside, and what it gives. The block is
in the frame of who binds (`bound`), or a room of Python's that outlives it (`held`, `bound_at`).
"""

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import models, register_model

from ._separate import emit_kernel


class Bound(types.Type):
    """Type of a kernel of the arguments `args` beside a first one that it has already."""

    def __init__(self, result, args):
        self.result, self.args = result, tuple(args)
        super().__init__(f"Bound({result}, {self.args})")

    @property
    def of_block(self):
        """What the function at the address takes: where the block is, and the arguments."""
        return types.intp, *self.args


@register_model(Bound)
class _BoundModel(models.StructModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, [("function", types.intp), ("block", types.intp)])


def bound(kernel):
    """What binds a kernel's first argument: called as the kernel, it gives a `Bound`.

    Of the other arguments their types alone are asked. The block lies in the frame of the function
    that binds, and the `Bound` is of use until that returns.
    """

    @numba.extending.intrinsic
    def bind(typing, first, *others):
        args = first, *map(types.unliteral, others)
        called = typing.resolve_value_type(kernel).get_call_type(typing, args, {})
        kind = Bound(types.unliteral(called.return_type), args[1:])

        def codegen(context, builder, signature, values):
            block = cgutils.alloca_once_value(builder, values[0])
            function = _emit_function(context, builder.module, kernel, called, args, kind)
            made = cgutils.create_struct_proxy(kind)(context, builder)
            made.function = builder.ptrtoint(function, made.function.type)
            made.block = builder.ptrtoint(block, made.block.type)
            return made._getvalue()

        return kind(first, types.StarArgTuple(others)), codegen

    return bind


ROOM = 1 << 13  # bytes that Python sets aside for a first argument


def held(kernel):
    """What holds a kernel's first argument for calls to come: `hold(room, first, *others)`.

    It writes the argument into the room, an array of ROOM bytes, and gives the address of a
    function, of which `bound_at` makes a `Bound`. Of the other arguments their types are asked.
    Arrays that the argument has are not copied: who holds them keeps them until the last call.
    """

    @numba.extending.intrinsic
    def hold(typing, room, first, *others):
        args = first, *map(types.unliteral, others)
        called = typing.resolve_value_type(kernel).get_call_type(typing, args, {})
        kind = Bound(types.unliteral(called.return_type), args[1:])

        def codegen(context, builder, signature, values):
            value = values[1]
            if context.get_abi_sizeof(value.type) > ROOM:
                raise MemoryError(f"{first} does not fit into {ROOM} bytes")
            data = context.make_array(room)(context, builder, values[0]).data
            builder.store(value, builder.bitcast(data, value.type.as_pointer()))
            function = _emit_function(context, builder.module, kernel, called, args, kind)
            return builder.ptrtoint(function, context.get_value_type(types.intp))

        return types.intp(room, first, types.StarArgTuple(others)), codegen

    return hold


def bound_at(result):
    """What makes a `Bound` of what is `held`: `at(function, room, *others)`, of a result's type.

    Of the other arguments, those of the calls to come, their types are asked.
    """

    @numba.extending.intrinsic
    def at(typing, function, room, *others):
        kind = Bound(result, map(types.unliteral, others))

        def codegen(context, builder, signature, values):
            made = cgutils.create_struct_proxy(kind)(context, builder)
            made.function = values[0]
            data = context.make_array(room)(context, builder, values[1]).data
            made.block = builder.ptrtoint(data, made.block.type)
            return made._getvalue()

        return kind(types.intp, room, types.StarArgTuple(others)), codegen

    return at


def _emit_function(context, module, kernel, called, args, kind):
    """A function (block, *others) that calls a kernel with what lies in the block."""
    convention = context.call_conv
    function = ir.Function(
        module,
        convention.get_function_type(kind.result, kind.of_block),
        module.get_unique_name("bound"),
    )
    function.linkage = "internal"
    convention.decorate_function(
        function, ["block", *map(str, range(len(kind.args)))], kind.of_block
    )
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    block, *others = convention.decode_arguments(builder, kind.of_block, function)
    room = context.get_value_type(args[0]).as_pointer()
    values = builder.load(builder.inttoptr(block, room)), *others
    result = emit_kernel(context, builder, kernel, called, args, values)
    result = context.cast(builder, result, called.return_type, kind.result)
    convention.return_value(builder, context.get_return_value(builder, kind.result, result))
    return function


@numba.extending.intrinsic
def call_bound(typing, bound, *args):
    """Call a `Bound` with the arguments that it wants."""
    if not isinstance(bound, Bound) or tuple(map(types.unliteral, args)) != bound.args:
        return None

    def codegen(context, builder, signature, values):
        own = cgutils.create_struct_proxy(bound)(context, builder, values[0])
        kind = context.call_conv.get_function_type(bound.result, bound.of_block)
        _, result = context.call_conv.call_function(
            builder,
            builder.inttoptr(own.function, kind.as_pointer()),
            bound.result,
            bound.of_block,
            [own.block, *cgutils.unpack_tuple(builder, values[1])],
        )
        return context.get_dummy_value() if bound.result == types.none else result

    return bound.result(bound, types.StarArgTuple(args)), codegen
