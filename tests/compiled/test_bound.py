"""Kernels called by address: one caller serves all of them, whatever their first argument is."""

from collections import namedtuple

import numpy as np
import pytest
from numba import types
from numba.core.errors import TypingError

import flownet as fn
from flownet._compile import ROOM, _bound, bound, bound_at, call_bound, held, jit, part, separate
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


_held_scale, _held_line, _at = held(_scale), held(_along), bound_at(types.intp)


@jit
def hold_scale(factor, room, x):
    return _held_scale(room, factor, x, x)


@jit
def hold_line(line, room, x):
    return _held_line(room, line, x, x)


@jit
def repeat_held(function, room, x, out, times):
    return _repeat(_at(function, room, x, out), x, out, times)


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


def test_what_is_held_is_called_after_who_held_it_has_returned():
    """Each from its own room, in any order, by a caller that is compiled once."""
    rooms, x, out = np.empty((3, ROOM), np.uint8), np.arange(3.0), np.empty(3)
    shifted = Line(2.0, np.ones(3))
    double, line = hold_scale(2.0, rooms[0], x), hold_line(shifted, rooms[1], x)
    triple = hold_scale(3.0, rooms[2], x)
    assert repeat_held(line, rooms[1], x.copy(), out, 2) == 6 and (out == [3, 7, 11]).all()
    assert repeat_held(double, rooms[0], x.copy(), out, 3) == 9 and (out == [0, 8, 16]).all()
    assert repeat_held(triple, rooms[2], x.copy(), out, 1) == 3 and (out == [0, 3, 6]).all()
    assert double == triple and len(repeat_held.signatures) == 1


def test_what_does_not_fit_into_its_room_is_refused_when_compiled(monkeypatch):
    monkeypatch.setattr(_bound, "ROOM", 8)
    hold = jit(lambda line, room, x: _held_line(room, line, x, x))
    with pytest.raises(MemoryError, match="does not fit into 8 bytes"):
        hold(Line(2.0, np.ones(3)), np.empty(8, np.uint8), np.ones(3))


def test_another_mechanics_compiles_no_loop_of_steps(xor_potential):
    """Nor another metric, in runs and on threads."""
    for mechanics in (fn.Aristotle(0.1), fn.Newton(0.1), fn.SAM(fn.Adam(0.1), radius=0.1)):
        fn.train(xor_potential, mechanics, steps=2)
        fn.train(xor_potential, mechanics, steps=2, metric=fn.Euclidean(xor_potential.size))
    doubles = [kinds for kinds in callers("_loop") if "float64, 2d" in str(kinds[3])]
    assert len(doubles) == 1


def test_the_integration_is_compiled_once_for_all_flows(xor_potential):
    """Of every mechanics, and of networks with kinks."""
    kinked = fn.Potential(fn.Network([2, 4, 1], "relu"), fn.Quadratic(), fn.data.load("xor"))
    for potential in (xor_potential, kinked):
        for mechanics in (None, fn.Newton(0.1)):
            fn.flow(potential, W0=potential.network.init(0), time=0.1, mechanics=mechanics)
    doubles = [kinds for kinds in callers("integrate_field") if "float64, 2d" in str(kinds[1])]
    assert len(doubles) == 1
