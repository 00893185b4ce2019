"""What stands in kernels for the elementary functions of `kernels.scalar`: single instructions."""

import math

import numpy as np

from ...._compile._cuda import SIMULATED, cuda, device, near_reciprocal, stands_for_on_device
from ...scalar import elementary as scalar


def _fma(instruction):
    @cuda.jit(device=True)
    def fma(a, b, c):
        return instruction(a, b, c)

    return fma


def _reciprocal(real, fma, rounds):
    """1/x without a branch: what the device knows of it, made exact by Newton's steps."""
    one = real(1)

    @cuda.jit(device=True)
    def reciprocal(x):
        inverse = near_reciprocal(x)
        for _ in range(rounds):
            inverse = fma(inverse, fma(-x, inverse, one), inverse)
        return inverse

    return reciprocal


def _of_system(function):
    @cuda.jit(device=True)
    def of_system(x):
        return function(x)

    return of_system


def _power_of_two(integer, mantissa, to_bits, from_bits):
    real = f"f{integer().itemsize}"
    offset = integer(np.array(1.5 * 2.0**mantissa, real).view(integer))
    bias = integer(2 ** (8 * integer().itemsize - mantissa - 2) - 1)
    shift, one = integer(mantissa), integer(1)

    @cuda.jit(device=True)
    def power_of_two(shifted, part):
        k = to_bits(shifted) - offset
        half = k >> one
        which = k if part == 0 else half if part == 1 else k - half
        return from_bits((which + bias) << shift)

    return power_of_two


if not SIMULATED:  # where the plain functions do as they are
    instructions = cuda.libdevice
    of_32 = (np.int32, 23, instructions.float_as_int, instructions.int_as_float)
    of_64 = (np.int64, 52, instructions.double_as_longlong, instructions.longlong_as_double)
    for real, fma, bits, bodies, rounds in (
        (np.float32, instructions.fmaf, of_32, scalar.float32, 1),
        (np.float64, instructions.fma, of_64, scalar.float64, 2),
    ):
        inverse = bodies[scalar.BY_TYPE[scalar.reciprocal]]
        stands_for_on_device(inverse, real, _reciprocal(real, fma, rounds))
        stands_for_on_device(scalar.fma, real, _fma(fma))
        stands_for_on_device(scalar.power_of_two, real, _power_of_two(*bits))
        stands_for_on_device(scalar.sine, real, _of_system(math.sin))
        stands_for_on_device(scalar.cosine, real, _of_system(math.cos))

for function, place in scalar.BY_TYPE.items():
    for real, bodies in ((np.float32, scalar.float32), (np.float64, scalar.float64)):
        stands_for_on_device(function, real, device(bodies[place], real))
