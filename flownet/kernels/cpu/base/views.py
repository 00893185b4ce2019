"""Pointers and views: the few things that numba's own array model cannot say.

`view` gives a matrix that lies somewhere in a flat buffer, without copy, allocation or reference
count. All emit LLVM instructions directly and are cached like any kernel.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np import arrayobj

_INT = types.intp


@intrinsic
def address(typing, array):
    """Pointer to an array's first element; the array must outlive it."""

    def codegen(context, builder, signature, args):
        return context.make_array(signature.args[0])(context, builder, args[0]).data

    return types.CPointer(array.dtype)(array), codegen


@intrinsic
def shift(typing, pointer, elements):
    """Pointer `elements` further on."""

    def codegen(context, builder, signature, args):
        return builder.gep(args[0], [args[1]], inbounds=True)

    return pointer(pointer, _INT), codegen


@intrinsic
def bytes_of(typing, pointer):
    """Bytes of one element at a pointer."""

    def codegen(context, builder, signature, args):
        kind = context.get_data_type(signature.args[0].dtype)
        return context.get_constant(_INT, context.get_abi_sizeof(kind))

    return _INT(pointer), codegen


@intrinsic
def view(typing, buffer, at, rows, cols):
    """Matrix (rows, cols), row-major, that begins at element `at` of a flat buffer."""
    matrix = types.Array(buffer.dtype, 2, "C")

    def codegen(context, builder, signature, args):
        flat = context.make_array(signature.args[0])(context, builder, args[0])
        at, rows, cols = args[1:]
        out = context.make_array(matrix)(context, builder)
        size = ir.Constant(at.type, context.get_abi_sizeof(context.get_data_type(matrix.dtype)))
        arrayobj.populate_array(
            out,
            data=builder.gep(flat.data, [at], inbounds=True),
            shape=cgutils.pack_array(builder, [rows, cols]),
            strides=cgutils.pack_array(builder, [builder.mul(cols, size), size]),
            itemsize=size,
            meminfo=None,
        )
        return out._getvalue()

    return matrix(buffer, _INT, _INT, _INT), codegen


@intrinsic
def flat(typing, array):
    """All elements of a contiguous array as a flat one."""
    vector = types.Array(array.dtype, 1, "C")

    def codegen(context, builder, signature, args):
        array = context.make_array(signature.args[0])(context, builder, args[0])
        out = context.make_array(vector)(context, builder)
        arrayobj.populate_array(
            out,
            data=array.data,
            shape=cgutils.pack_array(builder, [array.nitems]),
            strides=cgutils.pack_array(builder, [array.itemsize]),
            itemsize=array.itemsize,
            meminfo=None,
        )
        return out._getvalue()

    return vector(array), codegen


@intrinsic
def of_worker(typing, buffers, i):
    """The i-th worker's set of buffers: of every array (workers, …) its i-th part."""
    kinds = [_along_first_axis(kind) for kind in buffers.types]

    def codegen(context, builder, signature, args):
        buffers, i = args
        values = cgutils.unpack_tuple(builder, buffers)
        parts = [
            _part(context, builder, *array, i) if array[0] != array[1] else array[2]
            for array in zip(signature.args[0].types, kinds, values)
        ]
        return context.make_tuple(builder, signature.return_type, parts)

    return types.BaseTuple.from_types(kinds, buffers.instance_class)(buffers, _INT), codegen


@intrinsic
def member(typing, table, i):
    """The i-th member's own of nested tuples of arrays: its rows, of flat arrays its numbers."""
    own = _own(table)

    def codegen(context, builder, signature, args):
        return _own_value(context, builder, signature.args[0], signature.return_type, *args)

    return own(table, _INT), codegen


def _own(kind):
    if isinstance(kind, types.Array):
        return kind.dtype if kind.ndim == 1 else _along_first_axis(kind)
    if isinstance(kind, types.BaseNamedTuple):
        return types.BaseTuple.from_types([_own(part) for part in kind.types], kind.instance_class)
    return kind


def _own_value(context, builder, kind, own, value, i):
    if kind == own:
        return value
    if isinstance(kind, types.BaseNamedTuple):
        values = cgutils.unpack_tuple(builder, value)
        parts = [
            _own_value(context, builder, *part, i) for part in zip(kind.types, own.types, values)
        ]
        return context.make_tuple(builder, own, parts)
    if kind.ndim > 1:
        return _part(context, builder, kind, own, value, i)
    array = context.make_array(kind)(context, builder, value)
    return context.unpack_value(builder, kind.dtype, builder.gep(array.data, [i], inbounds=True))


def _along_first_axis(kind):
    return types.Array(kind.dtype, kind.ndim - 1, "C") if isinstance(kind, types.Array) else kind


def _part(context, builder, kind, kind_of_part, value, i):
    """The i-th part of an array along its first axis."""
    whole = context.make_array(kind)(context, builder, value)
    part = context.make_array(kind_of_part)(context, builder)
    shape, strides = (cgutils.unpack_tuple(builder, axes) for axes in (whole.shape, whole.strides))
    elements = builder.mul(i, builder.sdiv(strides[0], whole.itemsize))
    arrayobj.populate_array(
        part,
        data=builder.gep(whole.data, [elements], inbounds=True),
        shape=cgutils.pack_array(builder, shape[1:]),
        strides=cgutils.pack_array(builder, strides[1:]),
        itemsize=whole.itemsize,
        meminfo=None,
    )
    return part._getvalue()


@intrinsic
def fields(typing, given, kind):
    """The fields that a named tuple shares with another kind, as one of that kind."""
    names = kind.instance_class._fields
    chosen = [given.fields.index(name) for name in names]

    def codegen(context, builder, signature, args):
        values = cgutils.unpack_tuple(builder, args[0])
        return context.make_tuple(builder, signature.return_type, [values[i] for i in chosen])

    found = types.BaseTuple.from_types([given.types[i] for i in chosen], kind.instance_class)
    return found(given, kind), codegen
