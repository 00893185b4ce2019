"""Contestants of `bench steps`: the same descent in flownet, PyTorch, JAX, and its products.

A contestant is made from a `Case` and is a function `run(n)`: n full steps W ← W − STEP·dL from
the case's own W0, whose answer is the layers [(weights, bias), …] it came to. PyTorch and JAX are
optional. The floor answers nothing: it multiplies matrices of the right shapes and does no more.
PyTorch and the floor run on all threads and on one, and the quicker counts: small products lose
more at a barrier than they gain, most of all where other programs share the cores.
"""

from functools import partial

import numpy as np
from cases import potential_of
from losses import jax_loss, on_threads, torch_loss

import flownet as fn

STEP = 0.05  # small enough for every problem to stay finite over the many steps of a round


def flownet(case):
    """flownet from end to end: `train`, in memory, with all losses recorded."""
    potential, W0 = potential_of(case)

    def run(n):
        trajectory = fn.train(
            potential, fn.Aristotle(step=STEP), W0=W0, steps=n, record_every=n, progress=False
        )
        return potential.network.unpack(trajectory.parameters[-1])

    return run


def pytorch(case, threads=None):
    """PyTorch as people write it: zero_grad, forward, loss, backward, optimizer step."""
    import torch

    loss = torch_loss(case)
    start = [torch.from_numpy(part) for layer in case.layers for part in layer]

    def run(n):
        parameters = [part.clone().requires_grad_() for part in start]
        # no slower than foreach or fused on any of these sizes
        optimizer = torch.optim.SGD(parameters, lr=STEP, foreach=False)
        for _ in range(n):
            optimizer.zero_grad()
            loss(parameters).backward()
            optimizer.step()
        arrays = [part.detach().numpy() for part in parameters]
        return list(zip(arrays[::2], arrays[1::2]))

    return on_threads(run, threads)


def _jax_step(case):
    """JAX's step, layers ↦ (layers, loss), not yet compiled, and the initial layers."""
    import jax
    import jax.numpy as jnp

    loss = jax_loss(case)

    def step(layers):
        value, dL = jax.value_and_grad(loss)(layers)
        return jax.tree.map(lambda w, g: w - STEP * g, layers, dL), value

    return step, jax.tree.map(jnp.asarray, case.layers)


def jax_step(case):
    """JAX with one jitted step, called from Python; old layers are given up for the new ones."""
    import jax

    step, start = _jax_step(case)
    jitted = jax.jit(step, donate_argnums=0)

    def run(n):
        layers = jax.tree.map(jax.numpy.copy, start)
        for _ in range(n):
            layers, _ = jitted(layers)
        return jax.tree.map(np.asarray, jax.block_until_ready(layers))

    return run


def jax_scan(case):
    """JAX with all n steps in one `lax.scan`, the losses kept; every n is compiled anew."""
    import jax

    step, start = _jax_step(case)

    @jax.jit(static_argnums=1)
    def scan(layers, n):
        return jax.lax.scan(lambda layers, _: step(layers), layers, length=n)

    def run(n):
        layers, _ = jax.block_until_ready(scan(start, n))
        return jax.tree.map(np.asarray, layers)

    return run


def floor(case):
    """The products of a step alone, three a layer and two for the first, by NumPy's BLAS."""
    dtype, m = case.x.dtype, len(case.x)
    products = []
    for i, (weights, _) in enumerate(case.layers):
        n_out, n_in = weights.shape
        a, g = np.ones((m, n_in), dtype), np.ones((m, n_out), dtype)
        products += [
            (a, weights.T, np.empty((m, n_out), dtype)),
            (g.T, a, np.empty((n_out, n_in), dtype)),
        ]
        if i > 0:
            products.append((g, weights, np.empty((m, n_in), dtype)))

    def run(n):
        for _ in range(n):
            for a, b, c in products:
                np.dot(a, b, out=c)

    return run


def floor_one_thread(case):
    """The same products on one thread."""
    from threadpoolctl import ThreadpoolController

    run, controller = floor(case), ThreadpoolController()

    def limited(n):
        with controller.limit(limits=1, user_api="blas"):
            run(n)

    return limited


#: columns of the table: the ways to run each, with the package that it needs
FLOWNET = {"flownet": [(flownet, None)]}
PEERS = {
    "PyTorch": [(pytorch, "torch"), (partial(pytorch, threads=1), "torch")],
    "JAX step": [(jax_step, "jax")],
    "JAX scan": [(jax_scan, "jax")],
}
FLOOR = {"floor": [(floor, None), (floor_one_thread, "threadpoolctl")]}
