"""The only module that names CUDA, so that the package behind it can be exchanged.

`cuda` is numba's target. Kernels are made for one real type at a time: `device` gives the scalar
bodies of `kernels.scalar`, and the plain functions that they call, as functions of the device.
"""

import dis
import inspect
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import CellType, FunctionType
from typing import Any

import numba
import numpy as np

from .._errors import FlownetError

LINE = "pip install 'flownet[cuda]'"  # the line that installs what the device wants

try:
    import _numba_cuda_redirector  # noqa: F401  else numba's own, older target would answer

    cuda: Any = import_module("numba.cuda")
except ImportError:
    raise FlownetError(f"device 'cuda' needs numba-cuda: {LINE}.") from None

# kernels of one block are meant: without this each of their launches is a warning
import_module("numba.cuda.core.config").CUDA_LOW_OCCUPANCY_WARNINGS = 0

if not hasattr(np, "row_stack"):  # which numba-cuda 0.30 asks for, and numpy 2.5 has no more
    setattr(np, "row_stack", np.vstack)  # noqa: B010

SIMULATED = bool(numba.config.ENABLE_CUDASIM)  # kernels run as Python threads: for tests
ALIGNED = None if SIMULATED else 16  # bytes, `alignment=` of shared arrays for `load4`; not there

_device = {}  # (plain function, real type) -> the function on the device


def stands_for_on_device(function, real, other):
    """Let bodies of a real type that name a plain function call another one instead."""
    _device[function, np.dtype(real)] = other


def device(function, real):
    """A plain function of numbers of a real type, with those that it calls, on the device."""
    real = np.dtype(real)
    if (function, real) not in _device:
        _device[function, real] = cuda.jit(device=True)(_copy(function, real))
    return _device[function, real]


def _copy(function, real):
    """The function, which names its like on the device where it names plain functions."""
    named = dict(function.__globals__)
    for line in dis.get_instructions(function):
        if line.opname == "LOAD_GLOBAL" and inspect.isfunction(named.get(line.argval)):
            named[line.argval] = device(named[line.argval], real)
    cells = tuple(
        CellType(device(cell.cell_contents, real))
        if inspect.isfunction(cell.cell_contents)
        else cell
        for cell in function.__closure__ or ()
    )
    return FunctionType(
        function.__code__, named, function.__name__, function.__defaults__, cells or None
    )


def kernel(function, made_for, **options):
    """A kernel, kept on disk; options of the compiler the simulator does not know."""
    if SIMULATED:
        return cuda.jit(function)
    from ._cuda_cache import keep

    made = cuda.jit(**options)(function)
    keep(made, function, made_for)
    return made


# ---- four numbers at once: 128 bits a load, two of those for float64 ---------------------------

if SIMULATED:

    def load4(array, at):
        """Four numbers of a flat array from a place on, which is a multiple of four."""
        return array[at], array[at + 1], array[at + 2], array[at + 3]

    def store4(array, at, a, b, c, d):
        """Write four numbers of a flat array from a place on, which is a multiple of four."""
        array[at], array[at + 1], array[at + 2], array[at + 3] = a, b, c, d

    def load1(array, at):
        """One number of a flat array, whose place is not below 0."""
        return array[at]

    def store1(array, at, a):
        """Write one number of a flat array, whose place is not below 0."""
        array[at] = a

    def near_reciprocal(x):
        """About 1/x, by one instruction: to 20 bits at least."""
        return type(x)(1) / x

    class columns_of:
        """Columns of a matrix in a flat array, as the rows of another one (stride, rows)."""

        def __init__(self, array, at, rows, stride):
            self._array, self._at, self.shape, self.dtype = array, at, (stride, rows), array.dtype

        def __getitem__(self, place):
            return self._array[self._at + place[1] * self.shape[0] + place[0]]

        def __setitem__(self, place, value):
            self._array[self._at + place[1] * self.shape[0] + place[0]] = value

else:
    from llvmlite import ir
    from numba.cuda import cgutils, types
    from numba.cuda.extending import intrinsic
    from numba.cuda.np import arrayobj

    def _pointer(context, builder, kind, array, at):
        data = context.make_array(kind)(context, builder, array).data
        return builder.gep(data, [at])

    def _four(context, builder, kind, pointer):
        """Pointer to four of them, and how far they are aligned."""
        four = ir.VectorType(context.get_value_type(kind.dtype), 4)
        space = pointer.type.addrspace
        return four, builder.bitcast(pointer, ir.PointerType(four, space))

    @intrinsic
    def load4(typing, array, at):
        """Four numbers of a flat array from a place on, which is a multiple of four."""

        def codegen(context, builder, signature, args):
            kind = signature.args[0]
            _, pointer = _four(context, builder, kind, _pointer(context, builder, kind, *args))
            loaded = builder.load(pointer, align=16)
            numbers = [
                builder.extract_element(loaded, ir.Constant(ir.IntType(32), i)) for i in range(4)
            ]
            return context.make_tuple(builder, signature.return_type, numbers)

        return types.UniTuple(array.dtype, 4)(array, types.intp), codegen

    @intrinsic
    def store4(typing, array, at, a, b, c, d):
        """Write four numbers of a flat array from a place on, which is a multiple of four."""

        def codegen(context, builder, signature, args):
            kind = signature.args[0]
            four, pointer = _four(
                context, builder, kind, _pointer(context, builder, kind, *args[:2])
            )
            value = ir.Constant(four, ir.Undefined)
            for i, number in enumerate(args[2:]):
                value = builder.insert_element(value, number, ir.Constant(ir.IntType(32), i))
            builder.store(value, pointer, align=16)
            return context.get_dummy_value()

        return types.void(array, types.intp, *[array.dtype] * 4), codegen

    @intrinsic
    def load1(typing, array, at):
        """One number of a flat array, whose place is not below 0: no code for one that is."""

        def codegen(context, builder, signature, args):
            return builder.load(_pointer(context, builder, signature.args[0], *args))

        return array.dtype(array, types.intp), codegen

    @intrinsic
    def store1(typing, array, at, a):
        """Write one number of a flat array, whose place is not below 0."""

        def codegen(context, builder, signature, args):
            pointer = _pointer(context, builder, signature.args[0], *args[:2])
            builder.store(args[2], pointer)
            return context.get_dummy_value()

        return types.void(array, types.intp, array.dtype), codegen

    @intrinsic
    def near_reciprocal(typing, x):
        """About 1/x, by one instruction: to 20 bits at least."""
        name, word = {32: ("f32", "f"), 64: ("f64", "d")}[x.bitwidth]

        def codegen(context, builder, signature, args):
            kind = ir.FunctionType(args[0].type, [args[0].type])
            asked = ir.InlineAsm(kind, f"rcp.approx.ftz.{name} $0, $1;", f"={word},{word}")
            return builder.call(asked, args)

        return x(x), codegen

    @intrinsic
    def columns_of(typing, array, at, rows, stride):
        """Columns of a matrix in a flat array, as the rows of another one (stride, rows)."""
        matrix = types.Array(array.dtype, 2, "F")

        def codegen(context, builder, signature, args):
            size = context.get_abi_sizeof(context.get_data_type(matrix.dtype))
            item, rows, stride = ir.Constant(args[1].type, size), args[2], args[3]
            out = context.make_array(matrix)(context, builder)
            arrayobj.populate_array(
                out,
                data=_pointer(context, builder, signature.args[0], *args[:2]),
                shape=cgutils.pack_array(builder, [stride, rows]),
                strides=cgutils.pack_array(builder, [item, builder.mul(stride, item)]),
                itemsize=item,
                meminfo=None,
            )
            return out._getvalue()

        return matrix(array, types.intp, types.intp, types.intp), codegen


# ---- what is there ------------------------------------------------------------------------------

_HIDDEN = "the driver sees no NVIDIA GPU: look at nvidia-smi, and at CUDA_VISIBLE_DEVICES"


def why_not(index=0):
    """Why there is no such device, with what would help; None where there is."""
    if SIMULATED:
        return None if index == 0 else "the simulator has one device, 'cuda'"
    try:
        usable, error = cuda.is_available(), cuda.cuda_error()
    except cuda.CudaSupportError as found:
        usable, error = False, str(found)
    if error and "library cannot be found" in error:
        return (
            "there is no NVIDIA driver here (no libcuda): install one from nvidia.com/drivers, or "
            "start the container with its GPUs (docker run --gpus all)"
        )
    if error:
        return _HIDDEN if "NO_DEVICE" in error else f"the driver says {' '.join(error.split())}"
    if not usable:
        return f"the compilers of numba-cuda are missing: {LINE}"
    known, wanted = cuda.cudadrv.driver.get_version(), _toolkit()
    if known < (wanted, 0):
        return (
            f"the driver is for CUDA {known[0]}.{known[1]}, and kernels are compiled for CUDA "
            f"{wanted}: it wants a newer one, nvidia.com/drivers"
        )
    count = len(cuda.gpus)
    if index >= count:
        names = "'cuda'" if count == 1 else f"'cuda:0' to 'cuda:{count - 1}'"
        return f"here there is {names} (CUDA_VISIBLE_DEVICES hides others)" if count else _HIDDEN
    return None


def _toolkit():
    """Major version of the compiler, as its package says; 0 where it is of another package."""
    try:
        return int(version("nvidia-nvvm").partition(".")[0])
    except PackageNotFoundError:
        return 0


def described():
    """Of each device its name in `device=`, its own, memory, capability, and what the driver knows.

    Raises
    ------
    FlownetError
        Where there is none: one line that says what would help.
    """
    if SIMULATED:
        return [("cuda", "simulator: threads of Python")]
    if why := why_not():
        raise FlownetError(f"{why}.")
    found, driver = [], "driver for CUDA {}.{}".format(*cuda.cudadrv.driver.get_version())
    for i, device in enumerate(cuda.gpus):
        with device:
            memory = cuda.current_context().get_memory_info().total
        own = device.name if isinstance(device.name, str) else device.name.decode()
        capability = "compute capability {}.{}".format(*device.compute_capability)
        name = f"cuda:{i}" if i else "cuda"
        found.append((name, own, f"{memory / 2**30:.0f} GiB", capability, driver))
    return found


def signature(takes, real):
    """Types of a kernel's arguments, from words such as `r[] r[,] f8 i8`; r is the real type."""
    kinds = {"r": numba.from_dtype(np.dtype(real)), "f8": numba.float64, "i8": numba.int64}
    kinds["u8"] = numba.uint64
    found = []
    for word in takes.split():
        name, bracket, axes = word.partition("[")
        kind = kinds[name]
        if bracket:
            kind = kind[:, ::1] if "," in axes else kind[::1]
        found.append(kind)
    return tuple(found)
