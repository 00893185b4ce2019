"""Which samples each step sees: mini-batches without replacement, keyed by seed and epoch."""

import numpy as np

from ..._errors import FlownetError, shown
from ...kernels.device import kernels_of
from .._check import is_whole


def key(seed):
    """The seed as the kernels take it; any whole number is one."""
    return int(seed) % 2**63


class Batches:
    """The mini-batches of a run over m samples; the last one of an epoch may be short.

    Parameters
    ----------
    m : int
        Number of samples.
    size : int
        Samples in a batch, 1 … m.
    seed : int
        Together with the epoch it fixes the order.
    """

    def __init__(self, m, size, seed):
        if not is_whole(size, 1, m):
            raise FlownetError(
                f"batch_size is {shown(size)}; it has to be a whole number from 1 to "
                f"{m}, the number of samples (None: the full batch)."
            )
        self.m, self.size, self.seed = int(m), int(size), key(seed)
        self._order, self._epoch = np.empty(self.m, np.int64), None

    @property
    def per_epoch(self):
        """Steps in one pass over the samples."""
        return -(-self.m // self.size)

    def rows(self, iteration):
        """Samples (b,) that the step of an iteration sees, b ≤ size."""
        epoch, position = divmod(iteration, self.per_epoch)
        if epoch != self._epoch:
            kernels_of().shuffle(self._order, self.seed, epoch)
            self._epoch = epoch
        return self._order[position * self.size : (position + 1) * self.size].copy()
