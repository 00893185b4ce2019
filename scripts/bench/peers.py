"""Contestants of `bench steps`: the same steps in flownet, PyTorch, JAX, and their products.

A contestant is made from a `Case` and the name of its mechanics and is a function `run(n)`: n full
steps from the case's own W0, whose answer is the layers [(weights, bias), …] it came to. PyTorch
and JAX are optional. The floor answers nothing: it multiplies matrices of the right shapes and does
no more. PyTorch and the floor run on all threads and on one, and the quicker counts: small products
lose more at a barrier than they gain, most of all where other programs share the cores.
"""

from functools import partial

import numpy as np
from cases import potential_of
from losses import jax_loss, on_threads, torch_loss

import flownet as fn
from flownet.kernels.cpu import always, most

#: names of mechanics -> small steps, so that every problem stays finite over those of a round
STEPS = {"sgd": 0.05, "adam": 1e-4}


def flownet(case, mechanics, threads=None):
    """flownet from end to end: `train`, in memory, with all losses recorded."""
    potential, W0 = potential_of(case)
    step = STEPS[mechanics]
    moves = fn.Aristotle(step) if mechanics == "sgd" else fn.Adam(step)

    def train(n):
        run = fn.train(potential, moves, W0=W0, steps=n, record_every=n, progress=False)
        return potential.network.unpack(run.parameters[-1])

    def train_on(n):
        with always(threads):
            return train(n)

    return train_on if threads else train


def pytorch(case, mechanics, threads=None):
    """PyTorch as people write it: zero_grad, forward, loss, backward, optimizer step."""
    import torch

    loss = torch_loss(case)
    start = [torch.from_numpy(part) for layer in case.layers for part in layer]
    kind = torch.optim.SGD if mechanics == "sgd" else torch.optim.Adam

    def run(n):
        parameters = [part.clone().requires_grad_() for part in start]
        # no slower than foreach or fused on any of these sizes
        optimizer = kind(parameters, lr=STEPS[mechanics], foreach=False)
        for _ in range(n):
            optimizer.zero_grad()
            loss(parameters).backward()
            optimizer.step()
        arrays = [part.detach().numpy() for part in parameters]
        return list(zip(arrays[::2], arrays[1::2]))

    return on_threads(run, threads)


def _jax_update(mechanics):
    """What a step makes of (layers, moments, count) and dL, in JAX."""
    import jax
    import jax.numpy as jnp

    h = STEPS[mechanics]

    def descend(layers, memory, dL):
        return jax.tree.map(lambda w, g: w - h * g, layers, dL), memory

    def adam(layers, memory, dL):
        first, second, count = memory
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, dL)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, dL)
        count += 1
        scale = h / (1 - 0.9**count)
        root = 1 / jnp.sqrt(1 - 0.999**count)
        layers = jax.tree.map(
            lambda w, m, v: w - scale * m / (jnp.sqrt(v) * root + 1e-8), layers, first, second
        )
        return layers, (first, second, count)

    return descend if mechanics == "sgd" else adam


def _jax_step(case, mechanics):
    """JAX's step, state ↦ (state, loss), not yet compiled, and the initial state."""
    import jax
    import jax.numpy as jnp

    loss, update = jax_loss(case), _jax_update(mechanics)

    def step(state, _=None):
        layers, memory = state
        value, dL = jax.value_and_grad(loss)(layers)
        return update(layers, memory, dL), value

    layers = jax.tree.map(jnp.asarray, case.layers)
    zeros = [jax.tree.map(jnp.zeros_like, layers) for _ in range(2)]
    memory = (*zeros, jnp.zeros((), case.x.dtype)) if mechanics == "adam" else ()
    return step, (layers, memory)


def jax_step(case, mechanics):
    """JAX with one jitted step, called from Python; an old state is given up for the new one."""
    import jax

    step, start = _jax_step(case, mechanics)
    jitted = jax.jit(step, donate_argnums=0)

    def run(n):
        state = jax.tree.map(jax.numpy.copy, start)
        for _ in range(n):
            state, _ = jitted(state)
        return jax.tree.map(np.asarray, jax.block_until_ready(state[0]))

    return run


def jax_scan(case, mechanics):
    """JAX with all n steps in one `lax.scan`, the losses kept; every n is compiled anew."""
    import jax

    step, start = _jax_step(case, mechanics)

    @jax.jit(static_argnums=1)
    def scan(state, n):
        return jax.lax.scan(step, state, length=n)

    def run(n):
        state, _ = jax.block_until_ready(scan(start, n))
        return jax.tree.map(np.asarray, state[0])

    return run


def floor(case, mechanics):
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


def floor_one_thread(case, mechanics):
    """The same products on one thread."""
    from threadpoolctl import ThreadpoolController

    run, controller = floor(case, mechanics), ThreadpoolController()

    def limited(n):
        with controller.limit(limits=1, user_api="blas"):
            run(n)

    return limited


#: columns of the table: the ways to run each, with the package that it needs
FLOWNET = {
    "flownet": [(flownet, None)],
    "1 thread": [(partial(flownet, threads=1), None)],
    "all": [(partial(flownet, threads=most()), None)],
}
PEERS = {
    "PyTorch": [(pytorch, "torch"), (partial(pytorch, threads=1), "torch")],
    "JAX step": [(jax_step, "jax")],
    "JAX scan": [(jax_scan, "jax")],
}
FLOOR = {"floor": [(floor, None), (floor_one_thread, "threadpoolctl")]}
