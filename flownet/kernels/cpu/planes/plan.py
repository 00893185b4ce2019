"""The plan of a complex network: its planes, and where they come from in its parameters."""

import numpy as np

from ..base.plan import network_plan


def complex_plan(sizes, activations, bias, dtype, *, widely_linear, gated, readout):
    """`Net` of the planes of a complex network, with parameters (re, im, …) in a real `dtype`.

    A readout, from complex units to real outputs, is one more layer: it keeps the real part, by
    weights that do not move. `gated` tells which layers are modReLUs.
    """
    sizes = np.asarray(sizes, np.int64)
    n_in, n_out = sizes[:-1], sizes[1:]
    parts = [n_out * n_in, n_out * n_in * widely_linear, n_out * bias, n_out * gated]
    ends = 2 * np.cumsum(np.stack(parts, axis=1)).reshape(-1, 4)
    begins = np.concatenate([[0], ends.reshape(-1)[:-1]]).reshape(-1, 4)
    origin = np.where(begins < ends, begins, -1)
    planes = np.cumsum(np.stack([4 * parts[0], 2 * parts[2], parts[3]], axis=1)).reshape(-1, 3)
    starts = np.concatenate([[0], planes.reshape(-1)[:-1]]).reshape(-1, 3)
    starts = np.where(starts < planes, starts, -1)
    wide = 2 * sizes
    if readout:
        wide = np.append(wide, sizes[-1])
        starts = np.append(starts, [[planes[-1, -1], -1, -1]], axis=0)
        activations = [*activations, 0]
    net = network_plan(wide, activations, 0, dtype)
    return net._replace(
        weight=starts[:, 0].copy(),
        bias=starts[:, 1].copy(),
        gate=starts[:, 2].copy(),
        origin=np.ascontiguousarray(origin),
    )
