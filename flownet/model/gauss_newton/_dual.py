"""The dual of JᵀGJ: RᵀJJᵀR with G = RRᵀ, whose eigenvalues are those of JᵀGJ but for zeros.

A dense layer gives a parameter W_ab of a sample's gradient as G_a·x_b. So the inner product of two
gradients is, layer by layer, ⟨G, G'⟩·(⟨x, x'⟩ + 1), the 1 for the bias, and no gradient is made.
"""

import numpy as np

from ..._memory import refuse_too_large


def by_units(jacobian, metric):
    """Whether the dual is a sum over layers: of real networks and samples that do not mix."""
    return not (jacobian.of_complex or metric.couples)


def units_of(jacobian, metric):
    """The cotangents G_z (m·units,) that each column of R makes in all units."""
    for k in range(metric.count):
        yield jacobian.pull_to_units(metric.column(k))


def dual_of(jacobian, metric, units=None):
    """RᵀJJᵀR (m·count, m·count), dense; `units` are those of `units_of` where they are known."""
    size = metric.m * metric.count
    refuse_too_large(f"a dual matrix of {size} rows", 2 * size**2 * jacobian.dtype.itemsize)
    if by_units(jacobian, metric):
        return _of_layers(jacobian, units or units_of(jacobian, metric), metric.count)
    pulled = pulled_rows(jacobian, metric)
    return pulled @ pulled.T


def pulled_rows(jacobian, metric):
    """JᵀR as rows (m·count, D): of each sample one for each column of R."""
    size = metric.m * metric.count
    refuse_too_large(
        f"the gradients of {size} outputs by {jacobian.shape[1]} parameters",
        size * jacobian.shape[1] * jacobian.dtype.itemsize,
    )
    out = np.empty((size, jacobian.shape[1]), jacobian.dtype)
    unit = np.zeros((metric.m, metric.count), jacobian.dtype)
    for i in range(size):
        unit.flat[i] = 1
        out[i] = jacobian.pull(metric.root(unit))
        unit.flat[i] = 0
    return out


def _of_layers(jacobian, units, count):
    """Σ_l (G_l·G_lᵀ)∘(A·Aᵀ + 1)."""
    all_units, m = list(units), jacobian.m
    total = np.zeros((m * count, m * count), jacobian.dtype)
    for g, a, bias in jacobian.layers(all_units):
        inputs = a @ a.T + bias
        rows = g.reshape(m * count, -1)
        gram = (rows @ rows.T).reshape(m, count, m, count)
        total += (gram * inputs[:, None, :, None]).reshape(total.shape)
    return total


def dual_diagonal(jacobian, metric):
    """The diagonal (m·count,) of the dual."""
    if not by_units(jacobian, metric):
        pulled = pulled_rows(jacobian, metric)
        return (pulled * pulled).sum(axis=1)
    total = np.zeros((jacobian.m, metric.count), jacobian.dtype)
    for k, units in enumerate(units_of(jacobian, metric)):
        for g, a, bias in jacobian.layers([units]):
            total[:, k] += (g[:, 0] ** 2).sum(axis=1) * ((a * a).sum(axis=1) + bias)
    return total.reshape(-1)
