"""What kernels know of layers that a metric couples."""

import numpy as np

from ...kernels.layout import STRIP, Coupling


def coupling(stacks, dtype):
    """`kernels.coupling.Coupling` of stacks, each (begins (n,), extent, g^[ij] (n, n)), or None."""
    if not stacks:
        return None
    counts = [len(begins) for begins, _, _ in stacks]
    flat = [
        np.concatenate([np.zeros(0), *parts])
        for parts in (
            [begins for begins, _, _ in stacks],
            [sharp.ravel() for _, _, sharp in stacks],
        )
    ]
    return Coupling(
        np.cumsum([0, *counts]),
        flat[0].astype(np.int64),
        np.array([extent for _, extent, _ in stacks], np.int64),
        flat[1],
        np.zeros((max(counts), STRIP), dtype),
    )
