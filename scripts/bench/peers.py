"""Contestants of `bench steps`: the same descent in flownet, PyTorch, JAX, and its products.

A contestant is made from a `Case` and is a function `run(n)`: n full steps W ← W − step·dL from
the case's own W0, whose answer is the layers [(weights, bias), …] it came to. PyTorch and JAX are
optional. The floor answers nothing: it multiplies matrices of the right shapes and does no more.
PyTorch and the floor run on all threads and on one, and the quicker counts: small products lose
more at a barrier than they gain, most of all where other programs share the cores.
"""

import os
from collections import namedtuple
from functools import cache
from importlib.util import find_spec

import numpy as np

import flownet as fn

os.environ.setdefault("JAX_PLATFORMS", "cpu")

#: a network, the number of its samples, its loss, and the ratio to the best peer that it is held to
Problem = namedtuple("Problem", "name sizes batch loss target")

#: inputs, truth, initial layers [(weights (n_out, n_in), bias)], the step and the loss's name
Case = namedtuple("Case", "x y layers step loss")

PROBLEMS = [
    Problem("2-8-1", (2, 8, 1), 4, "quadratic", 5.0),
    Problem("2-16-16-1", (2, 16, 16, 1), 32, "quadratic", 2.0),
    Problem("digits", (64, 32, 10), 64, "cross-entropy", 1.0),
    Problem("mnist", (784, 128, 10), 64, "cross-entropy", 0.8),
    Problem("512", (784, 512, 512, 10), 256, "cross-entropy", 0.9),
    Problem("1024", (784, 1024, 1024, 10), 1024, "cross-entropy", 0.9),
]
STEP = 0.05  # small enough for every problem to stay finite over the many steps of a round


def make_case(problem, dtype):
    """The problem's random data and initial parameters, the same for everybody."""
    random = np.random.default_rng(0)
    n_out = problem.sizes[-1]
    x = random.standard_normal((problem.batch, problem.sizes[0]))
    y = (
        np.eye(n_out)[random.integers(n_out, size=problem.batch)]
        if problem.loss == "cross-entropy"
        else random.standard_normal((problem.batch, n_out))
    )
    layers = [
        ((random.standard_normal((out, into)) / np.sqrt(into)).astype(dtype), np.zeros(out, dtype))
        for into, out in zip(problem.sizes, problem.sizes[1:])
    ]
    return Case(x.astype(dtype), y.astype(dtype), layers, STEP, problem.loss)


def judge(case, layers):
    """Loss at some layers, by NumPy in float64: nobody's own word."""
    a = case.x.astype(np.float64)
    for i, (weights, bias) in enumerate(layers):
        a = a @ np.asarray(weights, np.float64).T + np.asarray(bias, np.float64)
        a = np.tanh(a) if i < len(layers) - 1 else a
    if case.loss == "quadratic":
        return float(0.5 * np.mean(np.sum((a - case.y) ** 2, axis=1)))
    top = a.max(axis=1)
    return float(np.mean(top + np.log(np.exp(a - top[:, None]).sum(axis=1)) - (a * case.y).sum(1)))


def joined(layers):
    """Layers [(weights, bias), …] as one flat vector (D,)."""
    return np.concatenate([np.asarray(part).ravel() for layer in layers for part in layer])


def potential_of(case):
    """The case as a potential, and its point W (D,)."""
    sizes = [case.x.shape[1], *(len(bias) for _, bias in case.layers)]
    loss = fn.Quadratic() if case.loss == "quadratic" else fn.CrossEntropy()
    net = fn.Network(sizes, activation="tanh", dtype=case.x.dtype.name)
    return fn.Potential(net, loss, fn.Dataset(case.x, case.y)), joined(case.layers)


def flownet(case):
    """flownet from end to end: `train`, in memory, with all losses recorded."""
    potential, W0 = potential_of(case)

    def run(n):
        trajectory = fn.train(
            potential, fn.Aristotle(step=case.step), W0=W0, steps=n, record_every=n, progress=False
        )
        return potential.network.unpack(trajectory.parameters[-1])

    return run


@cache
def torch_threads():
    """Threads of PyTorch by default, asked for before anybody sets another number."""
    import torch

    return torch.get_num_threads()


def pytorch(case, threads=None):
    """PyTorch as people write it: zero_grad, forward, loss, backward, optimizer step."""
    import torch
    from torch.nn.functional import cross_entropy, linear, mse_loss

    x, y = torch.from_numpy(case.x), torch.from_numpy(case.y)
    labels = y.argmax(dim=1)
    start = [torch.from_numpy(part) for layer in case.layers for part in layer]
    threads = threads or torch_threads()

    def loss(parameters):
        a = x
        for i in range(0, len(parameters) - 2, 2):
            a = torch.tanh(linear(a, parameters[i], parameters[i + 1]))
        a = linear(a, *parameters[-2:])
        if case.loss == "quadratic":
            return mse_loss(a, y, reduction="sum") * (0.5 / len(x))
        return cross_entropy(a, labels)

    def run(n):
        torch.set_num_threads(threads)  # another contestant on the same OpenMP may have set it
        parameters = [part.clone().requires_grad_() for part in start]
        # no slower than foreach or fused on any of these sizes
        optimizer = torch.optim.SGD(parameters, lr=case.step, foreach=False)
        for _ in range(n):
            optimizer.zero_grad()
            loss(parameters).backward()
            optimizer.step()
        arrays = [part.detach().numpy() for part in parameters]
        return list(zip(arrays[::2], arrays[1::2]))

    return run


def jax_loss(case):
    """The loss of layers [(weights, bias), …] for JAX."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", case.x.dtype == np.float64)
    x, y = jnp.asarray(case.x), jnp.asarray(case.y)

    def loss(layers):
        a = x
        for weights, bias in layers[:-1]:
            a = jnp.tanh(a @ weights.T + bias)
        a = a @ layers[-1][0].T + layers[-1][1]
        if case.loss == "quadratic":
            return 0.5 * jnp.sum((a - y) ** 2) / len(x)
        return -jnp.sum(y * jax.nn.log_softmax(a)) / len(x)

    return loss


def _jax_step(case):
    """JAX's step, layers ↦ (layers, loss), not yet compiled, and the initial layers."""
    import jax
    import jax.numpy as jnp

    loss = jax_loss(case)

    def step(layers):
        value, dL = jax.value_and_grad(loss)(layers)
        return jax.tree.map(lambda w, g: w - case.step * g, layers, dL), value

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
        layers, losses = jax.block_until_ready(scan(start, n))
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
FLOWNET = {"flownet": [(flownet, "numpy")]}
PEERS = {
    "PyTorch": [(pytorch, "torch"), (lambda case: pytorch(case, threads=1), "torch")],
    "JAX step": [(jax_step, "jax")],
    "JAX scan": [(jax_scan, "jax")],
}
FLOOR = {"floor": [(floor, "numpy"), (floor_one_thread, "threadpoolctl")]}


def made(table, case):
    """Contestants {(column, way): run} of a table, of those whose package is installed."""
    return {
        (column, way): make(case)
        for column, ways in table.items()
        for way, (make, package) in enumerate(ways)
        if find_spec(package)
    }
