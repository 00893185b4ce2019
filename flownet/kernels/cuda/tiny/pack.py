"""What kernels are told of runs, as flat arrays: the numbers of each, its metric, the formulas."""

from collections import namedtuple

import numpy as np

from .extras import COUPLED
from .mechanics import flattened, kind_of

#: numbers of a run before those of its mechanics
OF_LOSS, DECAY, SHRINK, SINCE, UNTIL, LOW, HIGH, BORN, RADIUS = range(9)
RUN = 9

#: flat arrays of R runs: numbers (R, RUN + K), bounds of ranges (R, n + 1), inverse stiffness
#: (R, n) or of one run (count, n), seeds (R, 2) of thermal noise and of mini-batches, coupled
#: layers (R, …) and their g^[ij] (R, …), temperatures (count,) or none
Runs = namedtuple("Runs", "numbers bounds sharps seeds places couplings temperatures")


def runs_of(rule, batches, low, high, first=0):
    """`Runs` of a `Rule`, or of rules stacked along a first axis, from iteration `first` on."""
    R = len(low)
    numbers = [
        rule.of_loss, rule.decay, rule.shrink, rule.since, rule.until, low, high, rule.born,
        0.0 if rule.ascent is None else rule.ascent.radius, *flattened(rule.numbers),
    ]  # fmt: skip
    sharps, temperatures = rule.sharp, rule.temperatures
    if rule.sharps is not None:
        sharps = rule.sharps[first - rule.first :]
    if temperatures is not None:
        temperatures = temperatures[first - rule.first :]
    places, couplings = _coupled(rule.coupling, R)
    return Runs(
        np.stack([np.broadcast_to(np.asarray(n, np.float64), (R,)) for n in numbers], axis=1),
        np.asarray(rule.bounds, np.int64).reshape(R, -1),
        np.asarray(sharps, np.float64),
        _seeds(rule, batches, R),
        places,
        couplings,
        np.zeros(0) if temperatures is None else np.asarray(temperatures, np.float64),
    )


def kind(rule):
    """`Kind` of the mechanics of rules."""
    heat = [n for n, name in zip(rule.numbers, rule.numbers._fields) if name == "temperature"]
    hot = bool(heat) and (rule.temperatures is not None or bool(np.max(heat[0]) > 0))
    return kind_of(rule.numbers, hot)


def couples_few(rule):
    """Whether stacks of coupled layers are small enough."""
    return rule.coupling is None or int(np.diff(rule.coupling.first).max()) <= COUPLED


def _seeds(rule, batches, R):
    found = np.zeros((R, 2), np.int64)
    found[:, 0], found[:, 1] = rule.seed, batches.seed
    return found


def _coupled(coupling, R):
    """Of each run: the number of stacks; of each stack its layers, their extent, their begins."""
    if coupling is None:
        return np.zeros((R, 1), np.int64), np.zeros((R, 0))
    first, begin, extent, sharp = (
        np.asarray(part).reshape(R, -1)
        for part in (coupling.first, coupling.begin, coupling.extent, coupling.sharp)
    )
    rows = []
    for r in range(R):
        row = [len(extent[r])]
        for s, size in enumerate(extent[r]):
            begins = begin[r, first[r, s] : first[r, s + 1]]
            row += [len(begins), size, *begins]
        rows.append(row)
    return np.array(rows, np.int64), sharp.astype(np.float64)


def formulas_of(terms, loss):
    """The network's factor, 1/kT, and (scale, p, q) of each formula."""
    head = [terms.factor, loss.inverse_temperature]
    return np.concatenate([head, np.asarray(terms.parameters, np.float64).reshape(-1)])
