"""What only a device shows: 200 steps beside the CPU's, the same bits twice, tiles of every size.

`./scripts/test --gpu` runs these, where there is one.
"""

import numpy as np
import pytest
from runs import MECHANICS, POLICIES, both, bound, distance, near, potential, same_records
from tolerance import close
from twins import uniforms

import flownet as fn
from flownet._compile._cuda import cuda
from flownet._compile._cuda_blas import why_not
from flownet.kernels.cuda.base import mirror
from flownet.kernels.cuda.base.current import on
from flownet.kernels.cuda.base.product import columns, parts_of, product, pull_product
from flownet.kernels.cuda.base.sums import collect
from flownet.kernels.cuda.tiny import run as tiny

pytestmark = pytest.mark.gpu

STEPS = 200


def _by(own, cublas):
    """Who multiplies: flownet's own kernels, and cuBLAS where it is installed."""
    why = why_not()
    skip = pytest.mark.skipif(why is not None, reason=why or "")
    return pytest.mark.parametrize("by", [own, pytest.param(cublas, marks=skip)])


@pytest.fixture(scope="module")
def digits():
    return fn.data.load("digits", limit=300)


def _digits(digits, dtype):
    net = fn.Network([64, 32, 10], "tanh", dtype=dtype)
    return fn.Potential(net, fn.CrossEntropy(), digits)


@pytest.mark.parametrize("batch_size", [None, 64])
@pytest.mark.parametrize("name", [*MECHANICS, *POLICIES])
def test_two_hundred_steps_beside_the_cpu(name, batch_size, dtype, digits, holds):
    mechanics = MECHANICS.get(name) or POLICIES[name]
    for p in (potential((2, 16, 16, 1), 20, dtype), _digits(digits, dtype)):
        size = batch_size and min(batch_size, p.data.m)
        cpu, here = both(p, mechanics, steps=STEPS, batch_size=size)
        near(holds, here, cpu, name, dtype)
        same_records(cpu, here, 100 * bound(name, dtype))


@_by("cuda", "cuda+cublas")
@pytest.mark.parametrize("batch_size", [None, 64])
@pytest.mark.parametrize("name", ["aristotle", "sam", "adam"])
def test_steps_launched_one_by_one(name, batch_size, by, dtype, digits, monkeypatch, holds):
    """As those of larger networks are: products, graphs; and by cuBLAS beside by flownet."""
    monkeypatch.setattr(tiny, "SMALL", {True: 0.0, False: 0.0})
    p, words = _digits(digits, dtype), {"batch_size": batch_size, "progress": False, "seed": 3}
    for other in ("cpu", "cuda"):
        one, here = (
            fn.train(p, MECHANICS[name], steps=STEPS, device=d, **words) for d in (other, by)
        )
        near(holds, here, one, name, dtype)


@_by("cuda", "cuda+cublas")
@pytest.mark.parametrize("most", [0.0, np.inf], ids=["the device", "one block"])
@pytest.mark.parametrize("name", ["aristotle", "heated", "adam"])
def test_the_same_bits_twice_and_resumed(name, most, by, digits, tmp_path, monkeypatch):
    monkeypatch.setattr(tiny, "SMALL", {True: most, False: most})
    p = _digits(digits, "float32")
    words = {"batch_size": 64, "seed": 5, "device": by, "progress": False}
    one, other = (fn.train(p, MECHANICS[name], steps=STEPS, **words) for _ in range(2))
    path = tmp_path / "run.h5"
    fn.train(p, MECHANICS[name], steps=STEPS // 3, store=path, **words)
    resumed = fn.resume(path, steps=STEPS, progress=False)
    for again in (other, resumed):
        assert np.array_equal(one.parameters[:], again.parameters[:])
        assert np.array_equal(one.loss[:], again.loss[:])


def test_a_run_that_diverges(dtype):
    for p in (fn.Quartic(3), potential((2, 4, 1), dtype=dtype)):
        W0 = 4 * uniforms(3, p.size).astype(dtype)
        cpu, here = both(p, fn.Aristotle(30.0), W0=W0, steps=STEPS)
        assert cpu.diverged_at is not None
        same_records(cpu, here, 1e-4)


@pytest.mark.parametrize("loss", [fn.Quadratic(), fn.CrossEntropy(temperature=0.7)], ids=str)
@pytest.mark.parametrize("activation", fn.ACTIVATIONS)
def test_differentials_of_every_activation(activation, loss, dtype):
    net = fn.Network([7, 33, 64, 5], activation, dtype=dtype)
    y = np.abs(uniforms(6, 130, 5)) + 0.1
    data = fn.Dataset(uniforms(5, 130, 7), y / y.sum(axis=1, keepdims=True))
    p, W = fn.Potential(net, loss, data), net.init(1)
    (value, dL), (expected, slope) = p.on_device("cuda").differential(W), p.differential(W)
    close(value, expected, dtype)
    close(dL, slope, dtype)


#: samples, inputs, outputs that every tile serves, with rows at multiples of four and not
SHAPES = [
    (1, 1, 1),
    (37, 5, 3),
    (200, 61, 70),
    (1000, 784, 10),
    (1024, 512, 512),
    (2048, 1024, 1023),
]


@_by(None, "cublas")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_products_of_every_size(shape, by, dtype):
    with on(0, by):
        _products_of_a_size(shape, dtype)


def _times(out, G, W, m, n_in, n_out):
    mirror.send(np.full(m * n_in, 2, out.dtype), out)
    pull_product(out, G, W, m, n_in, n_out, times=True)


def _products_of_a_size(shape, dtype):
    m, n_in, n_out = shape
    rng = np.random.default_rng(1)
    x, w, g = (rng.normal(size=s).astype(dtype) for s in ((m, n_in), (n_out, n_in), (m, n_out)))
    X, W, G = map(mirror.fresh, (x, w, g))
    wide = [a.astype(np.float64) for a in (x, w, g)]
    cases = [
        (lambda out: product(out, X, W, m, n_in, n_out), wide[0] @ wide[1].T),
        (lambda out: pull_product(out, G, W, m, n_in, n_out), wide[2] @ wide[1]),
        (lambda out: _times(out, G, W, m, n_in, n_out), 2 * wide[2] @ wide[1]),
        (lambda out: columns(out, G, X, m, n_in, n_out), wide[2].T @ wide[0]),
    ]
    for multiply, expected in cases:
        out, found = mirror.zeros(expected.size, dtype), np.empty(expected.size, dtype)
        multiply(out)
        mirror.fetch(out, found)
        scale = np.sqrt(max(shape)) * np.abs(expected).max() / 10
        close(found.reshape(expected.shape), expected, dtype, scale=scale)
    parts = parts_of(dtype, m, n_in, n_out)
    room, out = mirror.empty(parts[1] * w.size, dtype), mirror.zeros(w.size, dtype)
    columns(room, G, X, m, n_in, n_out, parts=parts)
    collect(out, room, mirror.fresh(np.array([0, w.size, parts[1], 0, w.size])), 1, w.size)
    found = np.empty(w.size, dtype)
    mirror.fetch(out, found)
    close(found.reshape(w.shape), cases[-1][1], dtype, scale=scale)


def test_rows_of_a_long_run_come_back_in_order(dtype, holds):
    """More of them than the room on the device has."""
    p = potential((2, 64, 64, 1), 20, dtype)
    cpu, here = both(p, fn.Aristotle(0.02), steps=3000)  # at 0.1 roundings grow 10¹³ times
    apart = "apart / ‖W‖, 3000 steps, " + dtype
    holds(apart, distance(here, cpu), 100 * bound("aristotle", dtype))
    assert np.array_equal(here.iteration, np.arange(3001))


def test_breakdown_terms_beside_the_cpus(digits, holds):
    p = _digits(digits, "float64")
    W = p.network.init(0)
    one, other = (fn.breakdown(p, W, 0.5, device=d) for d in ("cpu", "cuda"))
    for name in ("linear", "second", "third", "remainder", "actual"):
        a, b = (float(getattr(found, name)) for found in (one, other))
        holds("terms of a breakdown / what was promised", abs(a - b) / abs(one.linear), 1e-10)


def test_every_device_that_is_there():
    p, W = potential(), potential().network.init(0)
    for i in range(len(cuda.gpus)):
        close(p.on_device(f"cuda:{i}").differential(W)[1], p.differential(W)[1])
