"""Kernels called by address: one caller serves all of them, whatever their first argument is."""

from collections import namedtuple

import numpy as np
import pytest
from numba.core.errors import TypingError

import flownet as fn
from flownet._compile import bound, call_bound, jit, part, separate
from flownet._compile._symbols import symbols

Line = namedtuple("Line", "slope shift")


@part
def _scale(factor, x, out):
    for i in range(x.size):
        out[i] = factor * x[i]
    return x.size


@separate
def _along(line, x, out):
    for i in range(x.size):
        out[i] = line.slope * x[i] + line.shift[i]
    return x.size


@separate
def _repeat(step, x, out, times):
    size = 0
    for _ in range(times):
        size += call_bound(step, x, out)
        for i in range(x.size):
            x[i] = out[i]
    return size


_bound_scale, _bound_line = bound(_scale), bound(_along)


@jit
def scale(factor, x, out, times):
    return _repeat(_bound_scale(factor, x, out), x, out, times)


@jit
def along(line, x, out, times):
    return _repeat(_bound_line(line, x, out), x, out, times)


@jit
def with_too_little(factor, x):
    return call_bound(_bound_scale(factor, x, x), x)


def callers(name):
    """Of a separate kernel, the types for which it has been compiled."""
    return {kinds for key, kinds in symbols.values() if key.endswith(f".{name}")}


def test_one_caller_serves_kernels_of_every_sort():
    out = np.empty(3)
    assert scale(2.0, np.arange(3.0), out, 3) == 9 and (out == [0, 8, 16]).all()
    assert scale(3, np.arange(3.0), out, 2) == 6 and (out == [0, 9, 18]).all()
    line = Line(2.0, np.ones(3))
    assert along(line, np.arange(3.0), out, 2) == 6 and (out == [3, 7, 11]).all()
    assert len(callers("_repeat")) == 1


def test_other_arguments_than_it_was_bound_for_are_refused_when_compiled():
    with pytest.raises(TypingError):
        with_too_little(1.0, np.zeros(2))


def test_the_integration_is_compiled_once_for_all_flows(xor_potential):
    """Of every mechanics, and of networks with kinks."""
    kinked = fn.Potential(fn.Network([2, 4, 1], "relu"), fn.Quadratic(), fn.data.load("xor"))
    for potential in (xor_potential, kinked):
        for mechanics in (None, fn.Newton(0.1)):
            fn.flow(potential, W0=potential.network.init(0), time=0.1, mechanics=mechanics)
    doubles = [kinds for kinds in callers("integrate_field") if "float64, 2d" in str(kinds[1])]
    assert len(doubles) == 1
