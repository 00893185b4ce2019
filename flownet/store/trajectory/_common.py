"""The rows of a run that are committed everywhere: what there is of one that is not finished.

Each quantity is committed in blocks of its own: of a run that was killed, or is being written, one
has more rows than another. The run is what all of them have.
"""

import numpy as np

LOSS, STEP, PARAMETERS = "observables/loss", "observables/step", "parameters"


class Common:
    """A store of a run that is not finished, as far as all of its quantities go.

    Parameters
    ----------
    store : Store
    is_flow : bool
        Whether it is a flow, whose steps and rows are not one for one.
    """

    def __init__(self, store, is_flow):
        self._store, self._is_flow, self._raw, self._counts = store, is_flow, None, {}

    @property
    def names(self):
        """Names of all quantities."""
        return self._store.names

    def form(self, name):
        """Shape of one row of a quantity, and its type."""
        return self._store.form(name)

    def count(self, name):
        """Rows of a quantity that belong to the run as far as it goes."""
        raw = {each: self._store.count(each) for each in self._store.recorded}
        if raw != self._raw:
            self._raw, self._counts = raw, self._common(raw)
        return self._counts.get(name, self._store.count(name))

    def _common(self, raw):
        clocks = self._store.clocks
        if STEP not in clocks or LOSS not in clocks:
            return raw
        of_step = [name for name in clocks if clocks[name] == clocks[STEP]]
        if self._is_flow:
            done = {name: min(raw[each] for each in of_step) for name in of_step}
            return raw | done | self._rows_of_flow(min(raw[PARAMETERS], raw[LOSS]), done[STEP])
        steps = min(raw[STEP], raw[LOSS], *(raw[name] for name in of_step))
        steps = min(steps, self._most_steps(raw[PARAMETERS]))
        found = {name: min(raw[name], steps) for name in {*of_step, STEP}}
        found[LOSS] = min(raw[LOSS], steps + 1)
        others = {name: self._until(name, raw[name], steps) for name in raw.keys() - found.keys()}
        return found | others

    def _most_steps(self, rows):
        """Steps that so many rows of parameters lead up to, as regular as they are."""
        if rows < 2:
            return np.inf if rows else 0
        first, second = self._store.column(PARAMETERS, "iteration", 0, 2)
        last = self._store.column(PARAMETERS, "iteration", rows - 1, rows)[0]
        return int(last + second - first)

    def _until(self, name, rows, iteration):
        """Of so many rows those up to an iteration."""
        known = self._store.column(name, "iteration", 0, rows)
        return int(np.searchsorted(known, iteration, side="right"))

    def _rows_of_flow(self, rows, steps):
        """Rows of a flow up to the end of its last step."""
        end = 0.0
        if steps:
            end = self._store.column(STEP, "time", steps - 1, steps)[0]
            end += self._store.column(STEP, "value", steps - 1, steps)[0]
        known = self._store.column(PARAMETERS, "time", 0, rows)
        rows = int(np.searchsorted(known, end * (1 + 1e-12), side="right"))
        return {PARAMETERS: rows, LOSS: rows}

    def column(self, name, column, start=0, stop=None):
        """One column of a quantity's rows; else as `read`."""
        stop = self.count(name) if stop is None else stop
        return self._store.column(name, column, start, stop)

    def read(self, name, start=0, stop=None):
        """Rows `start` to `stop` of a quantity: iteration (n,), time (n,) and value (n, ...)."""
        stop = self.count(name) if stop is None else stop
        return self._store.read(name, start, stop)
