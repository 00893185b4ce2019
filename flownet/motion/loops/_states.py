"""A run as a generator of states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...kernels.layout import Tape
from ...model.potential import Batches
from ..mechanics._start import initial_parameters, start
from ._loop import make_loop
from ._state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike

    from ..._types import MetricLike
    from ...model.potential import AnyPotential
    from ...motion.mechanics import Mechanics


def states(
    potential: AnyPotential,
    mechanics: Mechanics,
    *,
    steps: int | None = None,
    W0: ArrayLike | None = None,
    seed: int = 0,
    metric: MetricLike | None = None,
    batch_size: int | None = None,
) -> Iterator[State]:
    """A run one step at a time: yields its states, the initial one first.

    The same bits as `train`; a script may stop it, inspect a state, and change it: `state.W`,
    `state.velocity` and `state.memories[name]`, in place or by assigning, and `state.step`.

    Parameters
    ----------
    potential, mechanics, W0, seed, metric, batch_size
        As in `train`.
    steps : int, optional
        Where to end; never by default, unless the run diverges.

    Yields
    ------
    State
        Each with the run's own array W: copy what is to stay.

    Examples
    --------
    >>> import flownet as fn
    >>> for state in fn.states(fn.Parabola(1), fn.Aristotle(0.1), W0=[1.0], steps=100):
    ...     if state.loss < 0.01:
    ...         break
    >>> print(state.iteration)
    19
    """
    potential, metric = start(potential, mechanics, metric, batch_size, steps, seed)
    return _walk(potential, mechanics, steps, W0, seed, metric, batch_size)


def _walk(potential, mechanics, steps, W0, seed, metric, batch_size):
    W = initial_parameters(potential, W0, seed)

    def made(mechanics, time):
        return make_loop(potential, mechanics, metric, W, time, batch_size, seed)

    loop, tape = made(mechanics, 0.0), one_row(W)
    at = potential_of(potential, batch_size, seed)
    iteration, finite = 0, True
    while finite:
        state = State(
            iteration, loop.time, loop, at, lambda other: other.policy.check(potential, steps)
        )
        yield state
        if iteration == steps:
            return
        state.take_up()
        if state.mechanics is not loop.mechanics:  # a script has set another step
            arrays, loop = loop.arrays, made(state.mechanics, loop.time)
            for name, array in arrays.items():
                loop.arrays[name][...] = array
        done, _, finite = loop.advance(iteration, 1, tape)
        iteration += done


def one_row(W):
    """Tape that keeps one step and forgets it."""
    integers, floats = (lambda: np.zeros(1, np.int64)), (lambda: np.zeros(1))
    return Tape(
        1,
        np.zeros((1, W.size), W.dtype),
        integers(),
        floats(),
        floats(),
        integers(),
        floats(),
        floats(),
    )


def potential_of(potential, batch_size, seed):
    """Function iteration → potential of that step."""
    if not batch_size:
        return lambda iteration: potential
    batches = Batches(potential.data.m, batch_size, seed)
    return lambda iteration: potential.on(batches.rows(iteration))
