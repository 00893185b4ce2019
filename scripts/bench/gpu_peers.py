"""Contestants of `bench gpu`: the same steps on the same device, and the CPU's beside.

A contestant is made from a `Case` and is a function `run(n)`: n full steps of gradient descent from
the case's own W0, whose answer is the layers it came to. TF32 is off in all of them.
"""

import os
from functools import partial
from importlib.util import find_spec
from statistics import median

import numpy as np
from cases import potential_of
from gpu_clock import event_seconds
from peers import STEPS
from turns import seconds_of

import flownet as fn

STEP = STEPS["sgd"]


def flownet(case, device):
    """flownet from end to end: `train`, in memory, with all losses recorded."""
    potential, W0 = potential_of(case)

    def train(n):
        run = fn.train(
            potential, fn.Aristotle(STEP), W0=W0, steps=n, record_every=n, progress=False,
            device=device,
        )  # fmt: skip
        return potential.network.unpack(run.parameters[-1])

    return train


class _OnDevice:
    """A case whose parameters are PyTorch's, on the device."""

    def __init__(self, case):
        import torch
        from losses import torch_loss

        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
        self._torch, self._loss = torch, torch_loss(case, "cuda")
        self._start = [torch.from_numpy(p).cuda() for layer in case.layers for p in layer]
        self.parameters = [part.clone().requires_grad_() for part in self._start]
        self._optimizer = torch.optim.SGD(self.parameters, lr=STEP)

    def begin(self):
        """At W0 again."""
        with self._torch.no_grad():
            for part, first in zip(self.parameters, self._start):
                part.copy_(first)

    def step(self):
        """zero_grad, forward, loss, backward, optimizer step."""
        self._optimizer.zero_grad()
        self._loss(self.parameters).backward()
        self._optimizer.step()

    def layers(self):
        """What it came to, on the host."""
        self._torch.cuda.synchronize()
        arrays = [part.detach().cpu().numpy() for part in self.parameters]
        return list(zip(arrays[::2], arrays[1::2]))


def pytorch(case):
    """PyTorch as people write it."""
    on = _OnDevice(case)

    def run(n):
        on.begin()
        for _ in range(n):
            on.step()
        return on.layers()

    return run


def pytorch_graph(case):
    """PyTorch with a step captured as a CUDA graph, and the graph launched again and again."""
    import torch

    on, graph, aside = _OnDevice(case), torch.cuda.CUDAGraph(), torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):  # as its manual says: some steps before the capture
        for _ in range(3):
            on.step()
    torch.cuda.current_stream().wait_stream(aside)
    with torch.cuda.graph(graph):
        on.step()

    def run(n):
        on.begin()
        for _ in range(n):
            graph.replay()
        return on.layers()

    return run


def _tried(ask, *args):
    """Why a peer is not there, also where asking for it fails: the others still count."""
    try:
        return ask(*args)
    except Exception as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]


def _why_no_jax(dtype):
    os.environ["JAX_PLATFORMS"] = ""  # which the other benchmarks set to the CPU
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    if not find_spec("jax"):
        return "jax is not installed"
    import jax

    jax.config.update("jax_default_matmul_precision", "highest")  # no TF32
    jax.config.update("jax_enable_x64", dtype == "float64")
    return None if jax.default_backend() == "gpu" else "JAX sees no GPU: pip install 'jax[cuda13]'"


def _why_no_torch():
    if not find_spec("torch"):
        return "torch is not installed"
    import torch

    return None if torch.cuda.is_available() else "this PyTorch sees no GPU"


def contestants(figures, dtype):
    """Contestants {name: (make, clock)}; of those that are not there `figures` has a line."""
    from peers import jax_scan, jax_step

    found = {
        "flownet": (partial(flownet, device="cuda"), event_seconds),
        "flownet, CPU": (partial(flownet, device="cpu"), seconds_of),
    }
    for why, makers in (
        (_why_no_cublas(), {"flownet, cuBLAS": partial(flownet, device="cuda+cublas")}),
        (_tried(_why_no_torch), {"PyTorch": pytorch, "PyTorch, CUDA graph": pytorch_graph}),
        (
            _tried(_why_no_jax, dtype),
            {
                "JAX jit": partial(jax_step, mechanics="sgd"),
                "JAX scan": partial(jax_scan, mechanics="sgd"),
            },
        ),
    ):
        for who, make in makers.items():
            if why:
                figures.without(who, why)
            else:
                found[who] = make, event_seconds
    return found


# ---- products -----------------------------------------------------------------------------------


def _matrices(n, dtype):
    random = np.random.default_rng(0)
    return [random.standard_normal((n, n)).astype(dtype) for _ in range(2)]


def _timed(multiply, times=20, rounds=7):
    """Seconds of one product: the median of rounds of some in a row."""

    def many():
        for _ in range(times):
            multiply()

    many()
    return median(event_seconds(many) for _ in range(rounds)) / times


def _right(found, x, w):
    """Refuse a wrong product: some rows of it, against NumPy's in float64."""
    rows = slice(0, len(x), max(1, len(x) // 8))
    expected = np.float64(x[rows]) @ np.float64(w).T
    apart = np.abs(found[rows] - expected).max() / np.abs(expected).max()
    if not apart < (1e-4 if x.dtype == np.float32 else 1e-12):
        raise ValueError(f"it is wrong by {apart:.1e}")


def _flownet_product(n, dtype):
    """Y = X·Wᵀ by flownet's own kernels."""
    from flownet.kernels.cuda.base import mirror
    from flownet.kernels.cuda.base.current import stream
    from flownet.kernels.cuda.base.product import product

    x, w = _matrices(n, dtype)
    X, W, Y = mirror.fresh(x), mirror.fresh(w), mirror.empty(n * n, dtype)
    product(Y, X, W, n, n, n)
    found = np.empty(n * n, dtype)
    mirror.fetch(Y, found)
    _right(found.reshape(n, n), x, w)
    seconds = _timed(lambda: product(Y, X, W, n, n, n))
    stream().synchronize()
    return seconds


def _why_no_cublas():
    """Why cuBLAS is not there for flownet; None where it is."""
    from flownet.kernels.device import kernels_of

    try:
        kernels_of("cuda+cublas")
    except fn.FlownetError as error:
        return str(error)
    return None


def _cublas_product(n, dtype):
    """The same by cuBLAS, as flownet calls it where its package is installed, else as others do."""
    if _why_no_cublas() is None:
        from flownet.kernels.cuda.base.current import on

        with on(0, "cublas"):
            return _flownet_product(n, dtype)
    x, w = _matrices(n, dtype)
    if find_spec("cupy"):
        import cupy

        X, W = cupy.asarray(x), cupy.asarray(w)
        Y = X @ W.T
        _right(cupy.asnumpy(Y), x, w)
        return _timed(lambda: cupy.matmul(X, W.T, out=Y))
    why = _tried(_why_no_torch)
    if why:
        raise ValueError(f"nvmath-python and cupy are not installed, and {why}")
    import torch

    torch.backends.cuda.matmul.allow_tf32 = False
    X, W = torch.from_numpy(x).cuda(), torch.from_numpy(w).cuda()
    Y = X @ W.T
    _right(Y.cpu().numpy(), x, w)
    return _timed(lambda: torch.matmul(X, W.T, out=Y))


PRODUCTS = {"flownet": _flownet_product, "cuBLAS": _cublas_product}
