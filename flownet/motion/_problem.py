"""What a compiled kernel needs of a sum of potentials: the network, the formulas, the batches."""

from contextlib import nullcontext

import numpy as np

from ..kernels.cpu.base import plan, threads
from ..kernels.cpu.motion import steps as motion
from ..model.potential import Analytic, Potential, RealView, key


def is_compiled(potential):
    """Whether kernels know every term: at most one network, and formulas."""
    atoms = [atom for _, atom in potential.atoms()]
    networks = sum(map(_is_network, atoms))
    formulas = sum(isinstance(atom, Analytic) for atom in atoms)
    return networks <= 1 and networks + formulas == len(atoms)


def _is_network(atom):
    return isinstance(atom, Potential) or (isinstance(atom, RealView) and atom.is_compiled)


class Problem:
    """A sum of potentials as kernels take it.

    Attributes
    ----------
    terms, batches : `kernels.motion.Terms`, `kernels.motion.Batches`
    threads : int
    """

    def __init__(self, potential, dtype, batch_size=None, seed=0):
        atoms = potential.atoms()
        network = next(((scale, a) for scale, a in atoms if _is_network(a)), None)
        analytic = [(scale, a) for scale, a in atoms if isinstance(a, Analytic)]
        self.terms = motion.Terms(
            network=network[0] if network else 0.0,
            code=np.array([a.code for _, a in analytic], np.int64),
            parameters=np.array([(scale, *a.numbers) for scale, a in analytic]).reshape(-1, 3),
        )
        self._potential = network[1] if network else NoNetwork(dtype)
        m = network[1].data.m if network else 0
        self._batch_size = batch_size or 0
        self.batches = motion.Batches(
            size=self._batch_size,
            seed=key(seed),
            order=np.empty(m if batch_size else 0, np.int64),
            epoch=np.array([-1]),
        )
        self._dtype = np.dtype(dtype)
        self.threads = threads.worthwhile(self._potential.compiled[0], batch_size or m)

    @property
    def compiled(self):
        """Network, loss and data."""
        return self._potential.compiled

    def rule(self, whole, time, **words):
        """`kernels.motion.Rule` of a metric at a time; `words` are those of the mechanics."""
        metric, network = whole.at(time), self._potential.network
        return rule_in(
            metric,
            self._dtype,
            span=whole.span(time),
            lowest=lowest_layer(metric.free, network),
            **words,
        )

    def workspace(self):
        """Context that lends buffers for one batch."""
        return self._potential.workspace(self._batch_size)


def rule_in(metric, dtype, *, span=(-np.inf, np.inf), of_loss=False, **words):
    """`kernels.motion.Rule` in a constant metric, for parameters of a dtype."""
    dtype = np.dtype(dtype)
    if dtype.kind == "c":
        metric, dtype = metric.real_view(), np.zeros(0, dtype).real.dtype
    bounds, sharp, coupling = metric.compiled(dtype)
    return motion.Rule(
        of_loss=of_loss,
        bounds=bounds,
        sharp=sharp,
        coupling=coupling,
        since=span[0],
        until=span[1],
        **words,
    )


def lowest_layer(free, network):
    """First layer with a parameter in a mask (D,): no covector is needed below it."""
    if network is None or free[0]:
        return 0
    first_free = np.argmax(free) if free.any() else len(free)
    return sum(end <= first_free for _, end in network.ranges)


class NoNetwork:
    """What a kernel is given where all terms are analytic."""

    network = None

    def __init__(self, dtype):
        net = plan.network_plan([1, 1], [0], 0, dtype)
        empty = np.zeros((0, 0), dtype)
        data = plan.Data(
            np.zeros((0, 1), dtype),
            np.zeros((0, 1), dtype),
            np.zeros(0, dtype),
            np.zeros(0, np.int64),
        )
        self.compiled = net, plan.Loss(0, 1.0, empty, empty), data
        self._work = plan.workspace(net, 1, dtype)

    def workspace(self, batch_size):
        """Context that gives buffers which nothing is ever written to."""
        return nullcontext(self._work)
