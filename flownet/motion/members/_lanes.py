"""Finite steps of many members in the lanes of one kernel."""

from collections import namedtuple
from copy import copy

import numpy as np

from ...kernels import layout
from ...model.potential import Analytic, Potential, key
from .._problem import CompiledSum
from ..loops import START, State, potential_of

_Seen = namedtuple("_Seen", "W mechanics metric since arrays")  # what a state shows of a loop


def in_lanes(potential, mechanics, metric):
    """Whether the kernel of members knows a run: of real numbers, sample by sample."""
    return has_lanes(potential) and fit_lanes(mechanics, metric)


def has_lanes(potential):
    """Whether it knows a potential; a function of a user's is one of one state at a time."""
    atoms = [atom for _, atom in potential.atoms()]
    networks = [atom for atom in atoms if isinstance(atom, Potential)]
    return (
        all(isinstance(atom, (Potential, Analytic)) for atom in atoms)
        and len(networks) == 1
        and not any(atom.of_user for atom in atoms)
        and not networks[0].network.is_complex
        and not networks[0].couples
    )


def fit_lanes(mechanics, metric):
    """Whether it knows how a run moves."""
    return (
        metric.is_compiled
        and not metric.moves
        and not (mechanics.policy.of_jet or mechanics.policy.of_state)
        and not (mechanics.own_loop or mechanics.radius or mechanics.scheduled_temperature)
    )


class MembersLoop:
    """Many members of one potential in lanes, each with its own W, mechanics, metric and seed.

    Every member takes the steps of a single run, to the bit. One that diverges, or whose loss
    leaves its bounds, stands still where it did; those that stand still cost nothing from the next
    call on.

    Parameters
    ----------
    potential : sum of potentials that kernels know, with one network
    mechanics, metrics : sequences of R
        Of one `structure`: all of them Adam, say, each with numbers of its own.
    W : array (R, D)
    batch_size : int or None
    seeds : sequence of R
    rules : sequence of R `Rule`s, optional
        Of each member, where they were made before.

    Attributes
    ----------
    W : ndarray (R, D)
    time : ndarray (R,)
    going : ndarray (R,) of bool
        Which members go on; one that is set to False stands still.
    low, high : ndarray (R,)
        A member goes on while its loss is above `low` and not above `high`.
    iteration : int
    """

    def __init__(self, potential, mechanics, metrics, W, batch_size=None, seeds=None, rules=None):
        R, dtype = len(W), potential.dtype
        seeds = [0] * R if seeds is None else list(seeds)
        self._potential, self._mechanics, self._metrics = potential, mechanics, metrics
        self._batch_size, self._seeds = batch_size, seeds
        self._kernels = potential.kernels
        compiled = CompiledSum(potential, dtype, batch_size)
        m, (net, loss, data) = compiled.network.data.m, compiled.network.compiled
        self._work = self._kernels.members_work(
            net, batch_size or m, dtype, gathered=bool(batch_size), weighted=data.weights.size > 0
        )
        self.W, self.time = np.array(W, dtype), np.zeros(R)
        self.going, self.iteration = np.ones(R, bool), 0
        self.low, self.high = np.full(R, -np.inf), np.full(R, np.inf)
        self._memory = np.zeros((R, mechanics[0].memories, self.W.shape[1]), dtype)
        if rules is None:
            rules = [rule_of(compiled, *of) for of in zip(mechanics, metrics, seeds)]
        self._rules = rules if isinstance(rules, layout.Rule) else stacked(rules)
        self._batches = self._kernels.members_batches(batch_size or 0, list(map(key, seeds)), m)
        self._problem = layout.Problem(net, loss, data, None, compiled.terms, None)

    @property
    def memory(self):
        """What each member's mechanics remember (R, memories, D)."""
        return self._memory

    def advance(self, count):
        """Take `count` steps: losses and steps (R, count), nan behind a member's last one.

        A loss that is out of bounds stands there too, without a step.
        """
        loss, step = (np.full((len(self.W), count), np.nan) for _ in range(2))
        lanes = self._kernels.lanes_of(self.W.dtype)
        at_once = self._kernels.members_at_once(self._work, self._problem.data.x.shape[0])
        going = np.flatnonzero(self.going)
        for begin in range(0, len(going), at_once):
            self._advance(going[begin : begin + at_once], loss, step, lanes)
        self.iteration += count
        return loss, step

    def losses(self):
        """Losses (R,) now, on all data; nan of those that stand still."""
        going = np.flatnonzero(self.going)
        found = np.full(len(self.W), np.nan)
        if len(going):
            of = [[part[r] for r in going] for part in (self._mechanics, self._metrics)]
            rules = _sliced(self._rules, going)
            look = MembersLoop(self._potential, *of, self.W[going], rules=rules)
            found[going] = look.advance(1)[0][:, 0]
        return found

    def state(self, r):
        """`State` of a member."""
        memory = self._memory[r]
        seen = _Seen(
            self.W[r], self._mechanics[r], self._metrics[r], START,
            {"memory": memory} if len(memory) else {},
        )  # fmt: skip
        at = potential_of(self._potential, self._batch_size, self._seeds[r])
        return State(self.iteration, float(self.time[r]), seen, at)

    def copied(self, members):
        """A loop of some members, where they are now."""
        made = copy(self)
        for name in ("_mechanics", "_metrics", "_seeds"):
            setattr(made, name, [getattr(self, name)[r] for r in members])  # of lists alike
        for name in ("W", "time", "going", "low", "high", "_memory"):
            setattr(made, name, getattr(self, name)[members].copy())  # and of arrays alike
        made._rules = _sliced(self._rules, members)
        made._batches = _sliced(self._batches, members)
        return made

    def _advance(self, of, loss, step, lanes):
        """Steps of some members; lanes that are left over do what the last one does."""
        count, tiles = loss.shape[1], -(-len(of) // lanes)
        filled = np.concatenate([of, np.full(tiles * lanes - len(of), of[-1])])
        steps = self._steps_ahead(filled, count)
        tape = layout.MembersTape(
            loss=np.full((len(filled), count), np.nan),
            step=steps,
            taken=np.zeros(len(filled), np.int64),
            time=self.time[filled],
            going=np.ones(len(filled), np.int64),
            low=self.low[filled],
            high=self.high[filled],
        )
        W, memory, batches = self.W[filled], self._memory[filled], _sliced(self._batches, filled)
        self._kernels.advance_members(
            self._problem._replace(batches=batches),
            _sliced(self._rules, filled),
            tape,
            W,
            memory,
            np.empty_like(W),
            self.iteration,
            count,
            self._kernels.members_works(self._work, tiles),
            tiles,
            self._kernels.allowed(),
        )
        n = len(of)
        self.W[of], self._memory[of], self.time[of] = W[:n], memory[:n], tape.time[:n]
        self._batches.order[of], self._batches.epoch[of] = batches.order[:n], batches.epoch[:n]
        self.going[of] = tape.going[:n] != 0
        loss[of] = tape.loss[:n]
        step[of] = np.where(np.arange(count) < tape.taken[:n, None], tape.step[:n], np.nan)

    def _steps_ahead(self, of, count):
        """Steps (R, count) of some members; those with one policy, at one time, share theirs."""
        rows, places, which = [], {}, np.empty(len(of), np.int64)
        for i, (r, time) in enumerate(zip(of.tolist(), self.time[of].tolist())):
            policy = self._mechanics[r].policy
            which[i] = places.setdefault((id(policy), time), len(rows))
            if which[i] == len(rows):
                rows.append(policy.steps_from(self.iteration, count, time))
        return np.array(rows)[which]


def rule_of(compiled, mechanics, metric, seed):
    """`Rule` of one member of a `CompiledSum`."""
    words = mechanics.rule(False, key(seed))
    return compiled.rule(metric, 0.0, of_loss=mechanics.policy.of_loss, **words)


def structure(part):
    """Types and shapes of a rule: what members have in common that stand side by side in lanes."""
    if isinstance(part, tuple):
        return type(part), *map(structure, part)
    return (part.shape, part.dtype) if isinstance(part, np.ndarray) else type(part)


def stacked(parts):
    """Nested tuples of numbers and arrays as one, with the members along a new first axis."""
    first = parts[0]
    if isinstance(first, tuple):
        return type(first)(*(stacked(each) for each in zip(*parts)))
    return None if first is None else np.array(parts)


def _sliced(table, of):
    """Some members of such a table."""
    if isinstance(table, tuple):
        return type(table)(*(_sliced(part, of) for part in table))
    return table[of] if isinstance(table, np.ndarray) else table
