"""Breakdowns along a run, as columns."""

import numpy as np

from ._terms import Breakdown

#: columns of the stored observable `breakdown`
COLUMNS = ("step", "loss", "linear", "second", "actual", "noise_linear", "noise_second",
           "noise_actual", "noise_remainder")


class Breakdowns:
    """The breakdowns of several steps of a run; a sequence of `Breakdown`.

    Attributes
    ----------
    iteration, time : ndarray (T,)
    step, loss, linear, second, remainder, actual, critical_step, ratio : ndarray (T,)
    """

    def __init__(self, steps):
        self.steps = list(steps)

    @classmethod
    def from_values(cls, iteration, time, values):
        """Breakdowns of `values` (T, 9) as they are stored."""
        made = []
        for k, t, row in zip(iteration, time, values):
            table = dict(zip(COLUMNS, row.tolist()))
            noise = {name: table.pop(f"noise_{name}")
                     for name in ("linear", "second", "actual", "remainder")}
            made.append(Breakdown(**table, noise=noise, iteration=int(k), time=float(t)))
        return cls(made)

    @property
    def values(self):
        """Columns (T, 9) as they are stored."""
        return np.array([[b.step, b.loss, b.linear, b.second, b.actual, b.noise["linear"],
                          b.noise["second"], b.noise["actual"], b.noise["remainder"]]
                         for b in self.steps]).reshape(-1, len(COLUMNS))

    def __getattr__(self, name):
        if name.startswith("_") or not (name in Breakdown.__dataclass_fields__
                                        or isinstance(getattr(Breakdown, name, None), property)):
            raise AttributeError(f"Breakdowns has no attribute {name!r}")
        return np.array([getattr(b, name) for b in self.steps])

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, index):
        found = self.steps[index]
        return Breakdowns(found) if isinstance(index, slice) else found

    def __str__(self):
        from ._table import along_run

        return along_run(self)
