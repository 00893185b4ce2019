"""The entries of a network on a CUDA device: host arrays in and out."""

import numpy as np

from ..base import mirror
from ..base.finish import times
from ..base.launch import over
from ..base.product import Part
from ..base.sums import total
from .batch import gather
from .passes import columns_of_rows, differential_of, forward_rows, pullback_rows, samples_of


def differential(net, loss, data, W, dL, work, lowest, threads):
    """L(W), and dL pulled back to the layers from `lowest` up; none with `lowest` = L."""
    own, covector = work.outer
    mirror.send(W, own)
    m = data.rows.size if data.rows.size else data.x.shape[0]
    samples = samples_of(data)
    if data.rows.size:
        samples = gather(work, data, mirror.fresh(data.rows), *2 * [work.nothing], m)
    differential_of(work, loss, samples, own, covector, m, lowest)
    total(work.found, 0, work.losses, m, 1 / m)
    if lowest < len(work.layers):
        mirror.fetch(covector, dL, work.begin(lowest))
    mirror.fetch(work.losses, work.sample[:m])
    found = np.empty(1)
    mirror.fetch(work.found, found)
    return float(found[0])


def forward(net, x, W, work, y_hat):
    """Outputs Ŷ (m, n_out) of inputs x (m, n_in)."""
    mirror.send(W, work.W)
    n_out = work.layers[-1].n_out
    for start in range(0, x.shape[0], work.capacity):
        rows = min(work.capacity, x.shape[0] - start)
        forward_rows(work, work.W, Part(mirror.fresh(x[start : start + rows]), 0), rows)
        out = y_hat[start : start + rows].reshape(rows * n_out)
        mirror.fetch(work.y_hat.reshape(work.y_hat.size), out)


def pullback(net, x, cotangent, W, covector, work):
    """Covector Jᵀ·G (D,) of a cotangent G (m, n_out) on the output."""
    mirror.send(W, work.W)
    n_out = work.layers[-1].n_out
    for start in range(0, x.shape[0], work.capacity):
        rows = min(work.capacity, x.shape[0] - start)
        inputs = Part(mirror.fresh(x[start : start + rows]), 0)
        forward_rows(work, work.W, inputs, rows)
        g = mirror.fresh(cotangent[start : start + rows])
        slope = work.top_slope.reshape(work.top_slope.size)
        times(over(rows * n_out), slope, 0, g, 0, rows * n_out)
        pullback_rows(work, work.W, rows, 0)
        columns_of_rows(work, work.dL, inputs, rows, 0, start > 0)
    mirror.fetch(work.dL, covector)
