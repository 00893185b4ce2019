"""The problems that contestants share: data, a point, and the loss there by nobody's own word."""

from collections import namedtuple
from importlib.util import find_spec
from itertools import pairwise

import numpy as np

import flownet as fn

AGREEMENT = {"float32": 1e-4, "float64": 1e-10}  # of contestants with each other

#: inputs, truth, layers [(weights (n_out, n_in), bias)], and the loss's name
Case = namedtuple("Case", "x y layers loss")


def make_case(sizes, batch, loss, dtype):
    """Real digits where the sizes are theirs or random data, and a point W as layers."""
    random, n = np.random.default_rng(0), sizes[-1]
    if (sizes[0], n) == (64, 10):
        data = fn.data.load("digits", limit=batch)
        x, y = data.x, data.y
    else:
        x = random.standard_normal((batch, sizes[0]))
        y = (
            np.eye(n)[random.integers(n, size=batch)]
            if loss == "cross-entropy"
            else random.standard_normal((batch, n))
        )
    layers = [
        (
            (random.standard_normal((out, into)) / np.sqrt(into)).astype(dtype),
            (random.standard_normal(out) / 10).astype(dtype),
        )
        for into, out in pairwise(sizes)
    ]
    return Case(x.astype(dtype), y.astype(dtype), layers, loss)


def joined(layers):
    """Layers [(weights, bias), …] as one flat vector (D,)."""
    return np.concatenate([np.asarray(part).ravel() for layer in layers for part in layer])


def split(case, V):
    """A flat vector (D,) as layers, or a block (R, D) as layers with a leading axis."""
    parts, at = [], 0
    for layer in case.layers:
        pair = []
        for part in layer:
            pair.append(V[..., at : at + part.size].reshape(*V.shape[:-1], *part.shape))
            at += part.size
        parts.append(tuple(pair))
    return parts


def judge(case, layers):
    """Loss at some layers, by NumPy in float64."""
    a = case.x.astype(np.float64)
    for i, (weights, bias) in enumerate(layers):
        a = a @ np.asarray(weights, np.float64).T + np.asarray(bias, np.float64)
        a = np.tanh(a) if i < len(layers) - 1 else a
    if case.loss == "quadratic":
        return float(0.5 * np.mean(np.sum((a - case.y) ** 2, axis=1)))
    top = a.max(axis=1)
    return float(np.mean(top + np.log(np.exp(a - top[:, None]).sum(axis=1)) - (a * case.y).sum(1)))


def potential_of(case):
    """The case as a potential, and its point W (D,)."""
    sizes = [case.x.shape[1], *(len(bias) for _, bias in case.layers)]
    loss = fn.Quadratic() if case.loss == "quadratic" else fn.CrossEntropy()
    net = fn.Network(sizes, activation="tanh", dtype=case.x.dtype.name)
    return fn.Potential(net, loss, fn.Dataset(case.x, case.y)), joined(case.layers)


def made(table, *words):
    """Contestants {(column, way): make(*words)} of a table of those whose package is installed.

    A table is {column: [(make, package), …]}: the ways to run a column, each with the package that
    it needs or None.
    """
    return {
        (column, way): make(*words)
        for column, ways in table.items()
        for way, (make, package) in enumerate(ways)
        if package is None or find_spec(package)
    }


def wanted(problems, options):
    """The problems that `--only` names, or all."""
    return [p for p in problems if not options.only or p.name in options.only]
