"""Contestants of `bench curvature`: H applied to vectors in flownet, JAX and PyTorch.

A contestant is made from a case and vectors V (R, D): run(n) makes n calls, answer() is HV (R, D),
and a call is for `vectors` of them.
"""

from collections import namedtuple
from functools import partial

import numpy as np
from cases import joined, potential_of, split
from losses import jax_loss, on_threads, torch_loss

Contestant = namedtuple("Contestant", "run answer vectors")


def one_by_one(act, vectors, answer):
    """Contestant that takes one vector a call, in turn."""

    def run(n):
        for i in range(n):
            act(vectors[i % len(vectors)])

    return Contestant(run, answer, 1)


def at_once(act, answer, vectors):
    """Contestant that takes all vectors in one call."""

    def run(n):
        for _ in range(n):
            act()

    return Contestant(run, answer, vectors)


def flownet(case, V):
    """flownet, one vector a call."""
    potential, W = potential_of(case)
    H = potential.hessian(W)
    return one_by_one(lambda v: H @ v, list(V), lambda: np.array([H @ v for v in V]))


def flownet_block(case, V):
    """flownet, all vectors as columns of a matrix."""
    potential, W = potential_of(case)
    H, columns = potential.hessian(W), V.T
    return at_once(lambda: H @ columns, lambda: (H @ columns).T, len(V))


def gradient(case, V):
    """flownet's differential, a yardstick: its answer is none."""
    potential, W = potential_of(case)
    return at_once(lambda: potential.differential(W), None, 1)


def _jax_linear(case):
    """JAX's v ↦ H·v as layers ↦ layers, linearized at W and not yet compiled."""
    import jax

    loss = jax_loss(case)
    return jax.linearize(jax.grad(loss), jax.tree.map(jax.numpy.asarray, case.layers))[1]


def jax_one(case, V):
    """JAX, one vector a call."""
    import jax

    linear = jax.jit(_jax_linear(case))
    vectors = [jax.tree.map(jax.numpy.asarray, split(case, v)) for v in V]
    return one_by_one(
        lambda v: jax.block_until_ready(linear(v)),
        vectors,
        lambda: np.array([joined(linear(v)) for v in vectors]),
    )


def jax_block(case, V, mapped="vmap"):
    """JAX, all vectors in one call, side by side or in a compiled loop."""
    import jax

    linear = _jax_linear(case)
    block = jax.jit(jax.vmap(linear) if mapped == "vmap" else partial(jax.lax.map, linear))
    vectors = jax.tree.map(jax.numpy.asarray, split(case, V))

    def answer():
        return np.concatenate(
            [np.asarray(part).reshape(len(V), -1) for layer in block(vectors) for part in layer],
            axis=1,
        )

    return at_once(lambda: jax.block_until_ready(block(vectors)), answer, len(V))


def pytorch(case, V, threads=None):
    """PyTorch, a second backward through the gradient's graph, one vector a call."""
    import torch

    W = [torch.tensor(part, requires_grad=True) for layer in case.layers for part in layer]
    dL = torch.autograd.grad(torch_loss(case)(W), W, create_graph=True)
    vectors = [[torch.tensor(part) for layer in split(case, v) for part in layer] for v in V]

    def act(v):
        return torch.autograd.grad(dL, W, v, retain_graph=True)

    def answer():
        return np.array([np.concatenate([g.numpy().ravel() for g in act(v)]) for v in vectors])

    one = one_by_one(act, vectors, answer)
    return one._replace(run=on_threads(one.run, threads))


#: columns of the table: the ways to run each, with the package that it needs
CONTESTANTS = {
    "flownet": [(flownet, None)],
    "block": [(flownet_block, None)],
    "JAX": [(jax_one, "jax")],
    "JAX block": [(jax_block, "jax"), (partial(jax_block, mapped="map"), "jax")],
    "PyTorch": [(pytorch, "torch"), (partial(pytorch, threads=1), "torch")],
    "gradient": [(gradient, None)],
}
COLUMNS = [name for name in CONTESTANTS if name != "gradient"]
