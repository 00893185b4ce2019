"""A run of complex parameters seen as one of twice as many reals."""

from ...model.network import in_reals
from ...model.potential import Reals
from ._trajectory import Trajectory


def as_reals(run):
    """The run with parameters (re, im, re, im, …); a run of real ones is itself."""
    reals = Reals(run.potential, run.parameters.dtype)
    return RealRun(run, reals) if reals.pairs else run


class RealRun(Trajectory):
    """A run whose parameters, potential and metric are those of the reals."""

    def __init__(self, run, reals):
        vars(self).update(vars(run))
        self.given = run
        self._potential, self.metric = reals.potential, reals.of_metric(run.metric)

    def __reduce__(self):
        return as_reals, (self.given,)

    @property
    def parameters(self):
        """Recorded parameters (T, 2D), read when indexed."""
        return RealRows(super().parameters)

    def metric_at(self, iteration):
        """The metric that the step of an iteration was taken in."""
        metric = self.given.metric_at(iteration)
        return Reals(self.given.potential, self.given.parameters.dtype).of_metric(metric)

    def potential_at(self, iteration):
        """The potential that the step of an iteration saw."""
        return Reals(self.given.potential_at(iteration), self.given.parameters.dtype).potential


class RealRows:
    """Rows of complex numbers as reals, read when indexed like an array."""

    def __init__(self, rows):
        self._rows = rows
        self.dtype = rows.dtype.type(0).real.dtype
        self.shape = (rows.shape[0], 2 * rows.shape[1])

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, index):
        first, *rest = index if isinstance(index, tuple) else (index,)
        return in_reals(self._rows[first])[(..., *rest)]

    def __array__(self, dtype=None, copy=None):
        return self[:].astype(dtype or self.dtype)
