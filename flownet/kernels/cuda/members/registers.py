"""Tiny networks, a run a thread or half a warp: kernels whose numbers all lie in registers."""

import math
from collections import namedtuple
from itertools import pairwise

import numpy as np

from ...._compile._cuda import cuda, device, load1, load4, store1
from ...._compile._cuda_group import group_sum, group_sums, group_wait
from ...layout import CROSS_ENTROPY, PARABOLA, QUADRATIC, QUARTIC, UV
from ...scalar import loss as scalar, philox
from ...scalar.activation import BODIES
from ...scalar.elementary import exp
from ..base import elementary  # noqa: F401  stands for plain functions: before any body is made
from ..base.launch import kernel
from ..tiny.loss import Warm
from ..tiny.mechanics import Kind, make_stages
from ..tiny.pack import BORN, DECAY, HIGH, LOW, OF_LOSS, RUN, SHRINK
from ..tiny.plan import layers_of
from .by_group import ByGroup, shares
from .by_thread import ByThread

#: what a kernel is made for: widths, codes of activations, whether there are biases; kind of the
#: loss, whether it has no γ, whether samples have weights; `Kind` of the mechanics; bounds of the
#: ranges of W; whether dL is scaled; codes of formulas; whether there are mini-batches; whether a
#: run decays and shrinks
Shape = namedtuple(
    "Shape",
    "sizes codes bias loss plain weighted kind bounds scaled formulas batched decays shrinks",
)

#: of the 255 registers that a thread may have, those for parameters and their slopes, units and
#: theirs, and inputs, by the kind of the loss: what is left the compiler wants for the rest
REGISTERS = {QUADRATIC: 168, CROSS_ENTROPY: 116}
_HOT = 24  # parameters at most where each draws its own noise, which is a long piece of code


def fits(net, loss, dtype, parameters, hot, formulas):
    """Whether a network's numbers fit the registers of a thread, and its formulas are known."""
    words = 2 * (parameters + int(net.units[-1])) + int(net.sizes[0])
    return _fit(words, parameters, loss.kind, dtype, hot, formulas)


def fits_group(net, loss, dtype, hot, formulas, bounds):
    """The same of the threads of half a warp, of which all have the same ranges of a metric."""
    bias = bool(net.bias[-1] >= 0)
    layers, size = layers_of(net.sizes.tolist(), bias)
    begins = {layer.at for layer in layers} | {layer.bias for layer in layers} | {size}
    held, known = held_by_group(layers, bias)
    fit = _fit(2 * held + known, held, loss.kind, dtype, hot, formulas)
    return fit and begins.issuperset(bounds)


def held_by_group(layers, bias):
    """Parameters that a thread of half a warp holds, and what it knows of a sample."""
    held, known = 0, layers[0].n_in
    for at, (_, _, n_in, n_out) in enumerate(layers):
        by_inputs = (len(layers) - 1 - at) % 2 == 0
        held += n_out * (shares(n_in) + bias) if by_inputs else shares(n_out) * (n_in + bias)
        known += 2 * (n_out if by_inputs else shares(n_out))
    return held, known


def samples_at_once(real, shape):
    """Samples that half a warp has on their way together: two where their numbers fit."""
    held, known = held_by_group(layers_of(shape.sizes, shape.bias)[0], shape.bias)
    return 2 if _fit(2 * (held + known), held, shape.loss, real, False, ()) else 1


def _fit(words, parameters, loss, dtype, hot, formulas):
    words *= np.dtype(dtype).itemsize // 4
    few = parameters <= (_HOT if hot else words)
    return words <= REGISTERS[loss] and few and UV not in formulas


def _shape(sizes, **words):
    n = sum((a + words.get("bias", True)) * b for a, b in pairwise(sizes))
    plain = {
        "codes": (1,) * (len(sizes) - 2) + (0,), "bias": True, "loss": QUADRATIC, "plain": True,
        "weighted": False, "kind": Kind("Aristotle", *[False] * 6), "bounds": (0, n),
        "scaled": False, "formulas": (), "batched": False, "decays": False, "shrinks": False,
    }  # fmt: skip
    return (Shape(sizes=sizes, **{**plain, **words}),)


VARIANTS = [
    _shape((2, 16, 1)),
    _shape((3, 4, 3), loss=CROSS_ENTROPY, batched=True,
           kind=Kind("Adaptive", True, True, *[False] * 4)),
    _shape((2, 3, 2, 1), codes=(7, 2, 0), kind=Kind("Newton", *[False] * 5, True), weighted=True,
           scaled=True, formulas=(PARABOLA, QUARTIC), decays=True, shrinks=True),
]  # fmt: skip
GROUPED = [
    _shape((16, 16, 1), bias=False),
    _shape((2, 16, 16, 1), kind=Kind("Adaptive", True, True, *[False] * 4)),
    _shape((3, 12, 3), loss=CROSS_ENTROPY, batched=True),
    _shape((5, 20, 4), codes=(7, 0), kind=Kind("Newton", *[False] * 5, True), weighted=True,
           plain=False, scaled=True, formulas=(PARABOLA, QUARTIC), decays=True, shrinks=True),
]  # fmt: skip


def _cross_entropy(real, n):
    """Device function: the loss of one sample, and its covector, of rows (1, n)."""
    exp_of, leading = device(exp, real), device(scalar.leading, real)
    of_row, balance = device(scalar.cross_entropy_of_row, real), device(scalar.balance, real)

    @cuda.jit(device=True)
    def cross_entropy(y_hat, q, p, beta, scale):
        warm = real(beta)
        largest = y_hat[0, 0] * warm
        for b in range(1, n):
            largest = max(largest, y_hat[0, b] * warm)
        for b in range(n):
            p[0, b] = exp_of(y_hat[0, b] * warm - largest)
        top, rest = leading(p, 0)
        value, mass = of_row(Warm(beta), y_hat, q, largest, rest, 0)
        share = mass / (rest + real(1))
        for b in range(n):
            p[0, b] = (p[0, b] * share - q[0, b]) * (warm * scale)
        if top >= 0:
            balance(p, top, 0)
        return value

    return cross_entropy


def _shuffle(real):
    """Device function: the order of an epoch in column r of a matrix (m, R), by one thread."""
    words, below = device(philox.words_of_batches, real), device(philox.below, real)

    @cuda.jit(device=True)
    def swap(order, r, R, i, j):
        here, there = load1(order, i * R + r), load1(order, j * R + r)
        store1(order, i * R + r, there)
        store1(order, j * R + r, here)

    @cuda.jit(device=True)
    def shuffle(order, r, R, m, seed, epoch):
        for i in range(m):
            store1(order, i * R + r, i)
        for block in range(m // 2):
            w0, w1, w2, w3 = words(block, epoch, seed)
            i = m - 1 - 2 * block
            swap(order, r, R, i, below(w0, w1, i + 1))
            if i > 1:
                swap(order, r, R, i - 1, below(w2, w3, i))

    return shuffle


def _activation(code, real):
    body = device(BODIES[code], real)

    @cuda.jit(device=True)
    def activation(z):
        a, slope, _, _ = body(z)
        return a, slope

    return activation


def _made(text, real, shape):
    """The function of a text, with what it names."""
    begin_step, of_range, move = make_stages(shape.kind, real)
    known = {
        "__name__": __name__, "cuda": cuda, "load1": load1, "store1": store1, "load4": load4,
        "group_sum": group_sum, "group_sums": group_sums, "group_wait": group_wait,
        "real": real, "zero": real(0),
        "nan": math.nan, "isfinite": math.isfinite, "begin_step": begin_step,
        "of_range": of_range, "move": move, "two_normals": device(philox.two_normals, real),
        "shuffle": _shuffle(real), "cross_entropy": _cross_entropy(real, shape.sizes[-1]),
        "RUN": RUN, "DECAY": DECAY, "SHRINK": SHRINK, "OF_LOSS": OF_LOSS, "LOW": LOW, "HIGH": HIGH,
        "BORN": BORN, "always": shape.kind.name == "Adaptive",
        "temperature_at": (RUN + (3 if shape.kind.name == "Newton" else 0)) * shape.kind.hot,
        **{f"act{i}": _activation(code, real) for i, code in enumerate(shape.codes)},
    }  # fmt: skip
    # the name of this file, by which machine code is kept: what is not in it comes from its imports
    exec(compile(str(text), __file__, "exec"), known)
    return known[text.name]


_TAKES = "r[] r[] r[] r[] f8[] f8[] i8[] f8[] i8[] f8[] r[] r[] f8[] f8[] i8[] i8[] i8 i8 i8 i8 i8"


@kernel(_TAKES, variants=VARIANTS, launch_bounds=(64, 1))
def by_thread(real, shape):
    """Steps of R runs, one a thread; arrays hold the numbers of all runs side by side, (…, R)."""
    return _made(ByThread(shape), real, shape)


@kernel(_TAKES, variants=GROUPED, launch_bounds=(128, 2))
def by_group(real, shape):
    """The same, one by half a warp; W and memory hold a run's numbers side by side, (R, …)."""
    return _made(ByGroup(shape, samples_at_once(real, shape)), real, shape)
