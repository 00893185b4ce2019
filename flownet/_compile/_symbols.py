"""Names under which separately compiled kernels are called, from machine code too."""

import hashlib

import llvmlite.binding as llvm
from numba import types

kernels = {}  # "module.function" -> dispatcher
symbols = {}  # symbol name -> ("module.function", argument types)


def provide(key, kinds):
    """Symbol and code of a separate kernel for some argument types, compiled or loaded."""
    kinds = tuple(types.unliteral(kind) for kind in kinds)
    kernel = kernels[key]
    symbol = f"flownet.{key}.{hashlib.sha256(str(kinds).encode()).hexdigest()[:16]}"
    if symbol not in symbols:
        kernel.compile(kinds)
        compiled = kernel.overloads[kinds]
        address = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
        llvm.add_symbol(symbol, address)
        symbols[symbol] = key, kinds
    return symbol, kernel.overloads[kinds]
