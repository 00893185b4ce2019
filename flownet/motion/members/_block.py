"""What some steps of members gave."""

from typing import NamedTuple

import numpy as np


class Block(NamedTuple):
    """What members saw on their way through a block of steps.

    Attributes
    ----------
    loss : ndarray (R, rows)
        Losses; that of the block's step i stands in column i mod rows. Where there is a row for
        each step, nan stands behind a member's last one.
    seen, taken : ndarray (R,)
        Of each member: how many losses it has seen, and how many steps it took. One whose loss is
        out of its bounds has seen that, and takes no step.
    """

    loss: np.ndarray
    seen: np.ndarray
    taken: np.ndarray

    def last(self, n: int) -> np.ndarray:
        """The last n losses (R, n) that each has seen, n at most `rows`; nan before the first."""
        at = self.seen[:, None] + np.arange(-n, 0)
        found = np.take_along_axis(self.loss, at % self.loss.shape[1], axis=1)
        return np.where(at >= 0, found, np.nan)
