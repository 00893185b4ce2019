"""First and second derivative of a function of one number, from differences, with their errors.

Central differences at steps h, h/2, h/4, … have errors in even powers of h alone; extrapolation to
h = 0 takes one power after another away (Richardson, Phil. Trans. A 226 (1927) 299), until rounding
grows faster than the error falls. The neighbours in the tableau say when, and how much is left
(Ridders, Adv. Eng. Software 4 (1982) 75).
"""

from collections import namedtuple

import numpy as np

#: what was found, and by how much it may be off in its largest component
Estimate = namedtuple("Estimate", "value error")

_LEVELS = 16  # steps tried at most: the shortest is h/2¹⁵
_PATIENCE = 2  # steps in a row that make nothing better


class _Tableau:
    """Differences of one kind, extrapolated; `best` is the estimate of the least error."""

    def __init__(self, like):
        self.best, self.waited, self._row = Estimate(np.full_like(like, np.nan), np.inf), 0, []

    def add(self, difference, rounding):
        """One more difference, of half the step, with the rounding that it holds."""
        row, before = [difference], self.best.error
        for j, older in enumerate(self._row, 1):
            row.append(row[-1] + (row[-1] - older) / (4**j - 1))
            error = rounding + max(_size(row[-1] - row[-2]), _size(row[-1] - older))
            if error < self.best.error:
                self.best = Estimate(row[-1], error)
        self._row = row
        self.waited = 0 if self.best.error < 0.5 * before else self.waited + 1


def derivatives(f, f0, h):
    """`Estimate` of f′(0) and of f″(0), of a function s → (…) that is f0 at 0.

    Where f is not finite at some step, shorter ones are looked at.
    """
    first, second = _Tableau(f0), _Tableau(f0)
    eps = np.finfo(f0.dtype).eps
    for level in range(_LEVELS):
        ahead, behind = f(h), f(-h)
        size = eps * max(_size(f0), _size(ahead), _size(behind))
        first.add((ahead - behind) / (2 * h), size / h)
        second.add((ahead - 2 * f0 + behind) / h**2, 4 * size / h**2)
        if level > _PATIENCE and min(first.waited, second.waited) >= _PATIENCE:
            break
        h = h / 2
    return first.best, second.best


def _size(value):
    """Largest component; NaN where one is."""
    return float(np.max(np.abs(value)))
