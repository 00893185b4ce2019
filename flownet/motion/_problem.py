"""What a compiled kernel needs of a sum of potentials: the network, the formulas, the batches."""

from contextlib import contextmanager

import numpy as np

from ..kernels import layout
from ..model.potential import Analytic, CustomPotential, Potential, RealView, key


def is_compiled(potential):
    """Whether kernels know every term: at most one network, and formulas."""
    atoms = [atom for _, atom in potential.atoms()]
    networks = sum(map(_is_network, atoms))
    formulas = sum(map(_is_formula, atoms))
    return networks <= 1 and networks + formulas == len(atoms)


def _is_network(atom):
    return isinstance(atom, Potential) or (isinstance(atom, RealView) and atom.is_compiled)


def _is_formula(atom):
    return isinstance(atom, Analytic) or _is_own(atom)


def _is_own(atom):
    return isinstance(atom, CustomPotential) and atom.is_compiled


class CompiledSum:
    """A sum of potentials that kernels know, and what they take of it.

    Attributes
    ----------
    pace : `kernels.Pace`
        Finds the number of threads as steps are taken.
    threads : int
    network : Potential or None
        The term with a network.
    terms : `kernels.layout.Terms`
    """

    def __init__(self, potential, dtype, batch_size=None, seed=0):
        self.kernels, atoms = potential.kernels, potential.atoms()
        network = next(((scale, a) for scale, a in atoms if _is_network(a)), None)
        formulas = [(scale, a) for scale, a in atoms if _is_formula(a)]
        factor, self.network = network or (0.0, None)
        self._batch_size, self._dtype = batch_size or 0, np.dtype(dtype)
        self._formulas = [a for _, a in formulas]
        self._own = [a.compiled(dtype) if _is_own(a) else None for a in self._formulas]
        self.terms = layout.Terms(
            factor=factor,
            code=np.array([(own or a).code for a, own in zip(self._formulas, self._own)], np.int64),
            parameters=np.array([(scale, *a.numbers) for scale, a in formulas]).reshape(-1, 3),
            address=np.array([own.address if own else 0 for own in self._own], np.int64),
            failed=np.zeros(len(formulas), np.int64),
            room=np.empty((2, potential.size if any(self._own) else 0), dtype),
        )
        m = self.network.data.m if network else 0
        self._batches = layout.Batches(
            size=self._batch_size,
            seed=key(seed),
            order=np.empty(m if batch_size else 0, np.int64),
            epoch=np.array([-1]),
        )
        self._of = (self.network.compiled[0], batch_size or m) if network else None
        pace = self.kernels.Pace
        self.pace = pace.of_network(*self._of, self._dtype.name) if network else pace(worth=False)

    @property
    def threads(self):
        """Threads of a differential, where there is no time to find the number."""
        return self.kernels.worthwhile(*self._of) if self._of else 1

    def rule(self, whole, time, **words):
        """`kernels.motion.Rule` of a metric at a time; `words` are those of the mechanics."""
        metric = whole.at(time)
        network = None if self.network is None else self.network.network
        return rule_in(
            metric,
            self._dtype,
            span=whole.span(time),
            lowest=lowest_layer(metric.free, network),
            **words,
        )

    def rule_of_steps(self, whole, **words):
        """Likewise of a metric that follows the steps, whose `sharps` are still to come."""
        rule = self.rule(whole.with_numbers(), 0.0, **words)
        return rule._replace(sharp=rule.sharp.copy())

    @contextmanager
    def for_kernels(self):
        """Context that gives what kernels take, with buffers for one batch.

        Afterwards it raises what a user's compiled function raised within.
        """
        if self.network is None:
            yield layout.Problem(None, None, None, None, self.terms, self._batches)
        else:
            with self.network.workspace(self._batch_size) as work:
                yield layout.Problem(*self.network.compiled, work, self.terms, self._batches)
        for t in np.flatnonzero(self.terms.failed):
            self.terms.failed[t] = 0
            self._formulas[t].raise_again(self.terms.room[1])


def rule_in(metric, dtype, *, span=(-np.inf, np.inf), of_loss=False, radius=0.0, **words):
    """`kernels.motion.Rule` in a constant metric, for parameters of a dtype."""
    bounds, sharp, coupling = metric.compiled(np.dtype(dtype))
    ascent = layout.Ascent(radius, np.empty(bounds[-1], dtype)) if radius else None
    return layout.Rule(
        of_loss=of_loss,
        bounds=bounds,
        sharp=sharp,
        coupling=coupling,
        since=span[0],
        until=span[1],
        ascent=ascent,
        **{"born": 0, "first": 0, "temperatures": None, "sharps": None, **words},
    )


def lowest_layer(free, network):
    """First layer with a parameter in a mask (D,): no covector is needed below it."""
    if network is None or free[0]:
        return 0
    first_free = np.argmax(free) if free.any() else len(free)
    return sum(end <= first_free for _, end in network.ranges)
