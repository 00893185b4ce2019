"""The loss of a case as PyTorch and JAX write it, and PyTorch on a number of threads."""

import os
from functools import cache

import numpy as np

os.environ.setdefault("JAX_PLATFORMS", "cpu")


def torch_loss(case, device="cpu"):
    """The loss of parameters [weights, bias, …] for PyTorch, on a device."""
    import torch
    from torch.nn.functional import cross_entropy, linear, mse_loss

    x, y = (torch.from_numpy(part).to(device) for part in (case.x, case.y))
    labels = y.argmax(dim=1)

    def loss(parameters):
        a = x
        for i in range(0, len(parameters) - 2, 2):
            a = torch.tanh(linear(a, parameters[i], parameters[i + 1]))
        a = linear(a, *parameters[-2:])
        if case.loss == "quadratic":
            return mse_loss(a, y, reduction="sum") * (0.5 / len(x))
        return cross_entropy(a, labels)

    return loss


@cache
def _torch_threads():
    """Threads of PyTorch by default, asked for before anybody sets another number."""
    import torch

    return torch.get_num_threads()


def on_threads(run, threads):
    """The run on some threads of PyTorch, or on as many as it takes by default."""
    import torch

    threads = threads or _torch_threads()

    def limited(n):
        torch.set_num_threads(threads)  # another contestant on the same OpenMP may have set it
        return run(n)

    return limited


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
