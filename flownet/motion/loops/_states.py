"""A run as a generator of its states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..mechanics._start import initial_parameters, initial_velocity, start, steps_of
from ..stop import watches
from ._loop import make_loop, set_velocity
from ._state import State, one_row, potential_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike

    from ..._types import MetricLike, Stops
    from ...model.potential import AnyPotential
    from ...motion.mechanics import Mechanics


def states(
    potential: AnyPotential,
    mechanics: Mechanics,
    *,
    steps: int | None = None,
    epochs: int | None = None,
    W0: ArrayLike | None = None,
    V0: ArrayLike | None = None,
    seed: int = 0,
    metric: MetricLike | None = None,
    batch_size: int | None = None,
    stop: Stops | None = None,
) -> Iterator[State]:
    """A run one step at a time: yields its states, the initial one first.

    The same bits as `train`; a script may stop it, inspect a state, and change it: `state.W`,
    `state.velocity` and `state.memories[name]`, in place or by assigning, and `state.step`.

    Parameters
    ----------
    potential, mechanics, epochs, W0, V0, seed, metric, batch_size
        As in `train`.
    steps : int, optional
        Where to end; never by default, unless the run diverges.
    stop : optional
        As in `train`; the state that a condition stops at is the last one.

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
    if epochs is not None:
        steps = steps_of(steps, epochs, potential, batch_size)
    potential, metric = start(potential, mechanics, metric, batch_size, steps, seed)
    W = initial_parameters(potential, W0, seed)
    V, stops = initial_velocity(mechanics, V0, W), watches(stop)
    return _walk(potential, mechanics, steps, W, V, seed, metric, batch_size, stops)


def _walk(potential, mechanics, steps, W, V, seed, metric, batch_size, stops):
    def made(mechanics, time):
        return make_loop(potential, mechanics, metric, W, time, batch_size, seed)

    loop, tape = made(mechanics, 0.0), one_row(W)
    set_velocity(loop, V)
    for watch in stops:
        watch.begin(W)
    at = potential_of(potential, batch_size, seed)
    iteration, finite = 0, True
    while finite:
        state = State(iteration, loop.time, loop, at, lambda other: other.check(potential, steps))
        yield state
        state.take_up()
        due = [watch for watch in stops if iteration % watch.every == 0]
        ends = [watch.look(state, potential)[0] for watch in due]  # each of them looks
        if iteration == steps or any(ends):
            return
        if state.mechanics is not loop.mechanics:  # a script has set another step
            arrays, loop = loop.arrays, made(state.mechanics, loop.time)
            for name, array in arrays.items():
                loop.arrays[name][...] = array
        done, _, finite = loop.advance(iteration, 1, tape)
        iteration += done
