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
_COLUMNS = 6  # powers taken away at most
_PATIENCE = 2  # steps in a row that make nothing better
_CLEAR = 1e-3  # of the value: with a larger error a kink or a pole is near, and steps go on


class _Tableau:
    """Differences of one kind, extrapolated; `best` is the estimate of the least error."""

    def __init__(self, like):
        self.best, self._row = Estimate(np.full_like(like, np.nan), np.inf), []
        self._waited, self._rounding = 0, np.inf

    def add(self, difference, rounding):
        """One more difference, of half the step, with the rounding that it holds."""
        row, least = [difference], self.best.error
        for j, older in enumerate(self._row[:_COLUMNS], 1):
            row.append(row[-1] + (row[-1] - older) / (4**j - 1))
            error = rounding + max(size_of(row[-1] - row[-2]), size_of(row[-1] - older))
            if error < self.best.error:
                self.best = Estimate(row[-1], error)
        self._row = row
        self._waited = 0 if self.best.error < least else self._waited + 1
        self._rounding = rounding

    @property
    def settled(self):
        """Whether shorter steps will make nothing better."""
        enough = max(_CLEAR * size_of(self.best.value), 2 * self._rounding)
        return self._waited >= _PATIENCE and self.best.error <= enough


def derivatives(f, f0, h, order, reach=0.0):
    """`Estimate` of f′(0), and for order 2 of f″(0), of a function s → (…) that is f0 at 0.

    Where f is not finite at some step, shorter ones are looked at.

    Parameters
    ----------
    h : float
        The first step.
    reach : float
        Size of the arguments to which a step is added: they are rounded too.
    """
    tableaux = [_Tableau(f0) for _ in range(order)]
    eps, size = np.finfo(f0.dtype).eps, size_of(f0)
    for _ in range(_LEVELS):
        ahead, behind = f(h), f(-h)
        slope = (ahead - behind) / (2 * h)
        rounding = eps * (max(size, size_of(ahead), size_of(behind)) + reach * size_of(slope)) / h
        tableaux[0].add(slope, rounding)
        if order > 1:
            tableaux[1].add((ahead - 2 * f0 + behind) / h**2, 4 * rounding / h)
        if all(tableau.settled for tableau in tableaux):
            break
        h = h / 2
    return [tableau.best for tableau in tableaux]


def size_of(value):
    """Largest component; NaN where one is."""
    return float(np.abs(value).max())
