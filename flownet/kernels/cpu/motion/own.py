"""A user's own compiled function within the compiled loops: called by its address.

One kernel serves them all. What differs from function to function is a number, so that nothing but
the function itself is compiled for it.
"""

from collections import namedtuple
from functools import partial

import numpy as np
from numba import from_dtype, njit, types
from numba.core.dispatcher import Dispatcher
from numba.core.errors import NumbaError
from numba.extending import intrinsic

from ...._compile import part, separate
from ...._errors import FlownetError
from ...layout import OWN, OWN_IN_PLACE
from ..base.pointwise import all_finite, copy

#: its code among the terms of a problem, its address, and what keeps its machine code alive
Own = namedtuple("Own", "code address keeps")

_WANTED = {
    False: "differential(W) has to return L, a number, and dL, a vector (D,)",
    True: "differential(W, dL) has to return L, a number, and to write dL (D,)",
}


def _signature(dtype, in_place):
    """What kernels call: (L, dL) of W, or L of W and a dL to write."""
    vector = types.Array(dtype, 1, "C")
    if in_place:
        return types.float64(vector, vector)
    return types.Tuple((types.float64, vector))(vector)


def _call(called, result, context, builder, signature, values):
    """Call of the function at an address: whether it returned, and what; zeros if it did not."""
    address, *arguments = values
    kind = context.call_conv.get_function_type(called.return_type, called.args)
    status, value = context.call_conv.call_function(
        builder,
        builder.inttoptr(address, kind.as_pointer()),
        called.return_type,
        called.args,
        arguments,
    )
    return context.make_tuple(builder, result, [status.is_ok, value])


@intrinsic
def _returned(typing, address, W):
    """Whether the function at an address returned from W, and (L, dL)."""
    called = _signature(W.dtype, in_place=False)
    result = types.Tuple((types.boolean, called.return_type))
    return result(types.intp, W), partial(_call, called, result)


@intrinsic
def _written(typing, address, W, dL):
    """Whether the function at an address returned from (W, dL), and L."""
    called = _signature(W.dtype, in_place=True)
    result = types.Tuple((types.boolean, types.float64))
    return result(types.intp, W, dL), partial(_call, called, result)


def _of_returned(address, scale, W, dL):
    """Whether a function returned L and a dL (D,), and scale·L; scale·∂L/∂W is added to dL."""
    done, (loss, own) = _returned(address, W)
    if not (done and own.size == dL.size):
        return False, 0.0
    factor = W.dtype.type(scale)
    for i in range(dL.size):
        dL[i] += factor * own[i]
    return True, scale * loss


_of_returned = separate(_of_returned, "of_returned", counts=True)


@part
def _of_written(address, scale, W, dL, own):
    """The same of a function that writes its dL (D,)."""
    done, loss = _written(address, W, own)
    if not done:
        return False, 0.0
    factor = W.dtype.type(scale)
    for i in range(dL.size):
        dL[i] += factor * own[i]
    return True, scale * loss


@part
def own_differential(terms, t, scale, W, dL):
    """scale·L(W) of term t; scale·∂L/∂W is added to dL. NaN where the function fails."""
    if terms.code[t] == OWN:
        done, loss = _of_returned(terms.address[t], scale, W, dL)
    else:
        done, loss = _of_written(terms.address[t], scale, W, dL, terms.room[0])
    if done:
        return loss
    if terms.failed[t] == 0 and all_finite(W):  # else a stage of a try that is far too long
        terms.failed[t] = 1
        copy(terms.room[1], W)
    return np.nan


# ---- what Python asks -----------------------------------------------------------------------


def is_machine_code(function):
    """Whether a function is compiled, by `numba.njit` or the like."""
    return isinstance(function, Dispatcher)


def own_function(function, dtype, in_place):
    """`Own` of a function that is compiled for vectors (D,) of a dtype.

    Raises
    ------
    FlownetError
        Where it cannot be compiled for them, or gives something else.
    """
    wanted = _signature(from_dtype(np.dtype(dtype)), in_place)
    try:
        made = _compiled(function, wanted.args)
        if made is None or made.signature.return_type != wanted.return_type:
            made = _compiled((_number if in_place else _number_and_vector)(function), wanted.args)
    except NumbaError as error:
        line = next(iter(filter(None, str(error).splitlines()[1:])), str(error)).strip()
        raise FlownetError(
            f"{function.__name__} cannot be compiled for W of {np.dtype(dtype).name}: {line} "
            f"({_WANTED[in_place]})."
        ) from error
    address = made.library.get_pointer_to_function(made.fndesc.llvm_func_name)
    return Own(OWN_IN_PLACE if in_place else OWN, address, (function, made))


def _compiled(function, kinds):
    """What a function is compiled to for some argument types; None of one for others alone."""
    try:
        function.compile(kinds)
    except RuntimeError:  # compiled ahead, for the types that its user named
        return None
    return function.overloads[kinds]


def _number_and_vector(function):
    """A function whose L and dL are of other types, with those that kernels take."""

    @njit
    def adapted(W):
        loss, dL = function(W)
        if dL.size != W.size:
            raise ValueError("the shape of dL")
        out = np.empty_like(W)
        for i in range(W.size):
            out[i] = dL[i]
        return float(loss), out

    return adapted


def _number(function):
    """A function whose L is of another type, with that which kernels take."""

    @njit
    def adapted(W, dL):
        return float(function(W, dL))

    return adapted
