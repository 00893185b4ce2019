"""`check_stop`: a condition looks on, remembers by its memory alone, and ends a run."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from .._errors import shown
from ..model.potential import as_potential
from ..motion.loops import resume, states
from ..motion.mechanics import Aristotle
from ..motion.stop import Watch, stop_from, stop_tables, watches
from ._expect import check, expect, one_line, same_bits
from ._runs import STEPS, run_of, small

if TYPE_CHECKING:
    from .._types import AnyStop
    from ..model.potential import AnyPotential
    from ..motion.mechanics import Mechanics


@check
def check_stop(
    condition: AnyStop, potential: AnyPotential | None = None, *, mechanics: Mechanics | None = None
) -> None:
    """Check that a stop condition keeps its contract, `flownet.motion.stop.Stop`.

    Asked along a short run it gives whether the run ends and a number, the same bits twice, and
    does not change the run; what it remembers is in the arrays of its `memory(W)`, so that one
    that goes on from copies of them looks alike; `train` ends where it first says so, also a run
    that is stopped before and resumed from its file; its table makes it again.

    Parameters
    ----------
    condition : Stop, or function of the state
    potential : Potential, optional
        That of the run: by default the loss of a small network.
    mechanics : Mechanics, optional
        Of the run, where the condition looks at what some remember.

    Raises
    ------
    AssertionError
        With one line that says what fails and by how much.
    """
    (watch,), name = watches(condition), shown(condition)
    one_line(watch.condition)
    potential = small() if potential is None else as_potential(potential)
    mechanics = Aristotle(0.05) if mechanics is None else mechanics
    alone = run_of(potential, mechanics)
    looks = _looks(name, watch.condition, alone)
    _looked_at_twice(name, watch.condition, alone, looks)
    ends = _end_of(looks)
    run = run_of(potential, mechanics, stop=condition)
    _ended(f"{name}: a run", run, alone, ends)
    (table,) = stop_tables([watch], potential, None)
    if table["kind"] != "function":
        (again,) = stop_from([table], potential)
        same_bits(f"{name}: made again of its table, its looks", _looks(name, again, alone), looks)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run.h5"
        half = run_of(potential, mechanics, steps=STEPS // 2, store=path, stop=condition)
        half.close()
        if ends is None or ends > STEPS // 2:
            done = resume(path, steps=STEPS, stop=condition, progress=False)
            _ended(f"{name}: a run stopped and resumed", done, alone, ends)
            done.close()


def _looks(name, condition, run, forgets_at=None):
    """Iteration, whether the run ends, and the number (looks, 3) of each look along a run.

    At the iteration `forgets_at` it goes on from copies of what it remembers.
    """
    watch, found, W0 = Watch("stop/1", condition), [], run.parameters[0]
    watch.begin(np.array(W0))
    _remembers(name, watch)
    for state in states(run.potential, run.mechanics, W0=W0, steps=STEPS, seed=7):
        if state.iteration == forgets_at:
            kept = {path: array.copy() for path, array in watch.arrays.items()}
            watch.begin(np.array(state.W))
            for path, array in watch.arrays.items():
                array[...] = kept[path]
        if state.iteration % watch.every == 0:
            found.append([state.iteration, *_look(name, watch, state, run.potential)])
    return np.array(found, np.float64)


def _look(name, watch, state, potential):
    """What one look gives; it leaves the state as it is."""
    before = [array.copy() for array in (state.W, *state.memories.values())]
    given = watch.look(state, potential)
    after = [state.W, *state.memories.values()]
    expect(
        all(one.tobytes() == two.tobytes() for one, two in zip(before, after)),
        f"{name}: its look changes the state",
    )
    pair = isinstance(given, tuple) and len(given) == 2
    expect(pair, f"{name}: look gives {shown(given)}, and (ends, number) is expected")
    ends, number = given
    expect(
        isinstance(ends, (bool, np.bool_)) and isinstance(number, (int, float, np.number)),
        f"{name}: look gives {shown(given)}, and True or False and a number are expected",
    )
    return bool(ends), float(number)


def _remembers(name, watch):
    for path, array in watch.arrays.items():
        expect(
            isinstance(array, np.ndarray) and array.dtype.kind in "iufc",
            f"{name}: memory(W) has {path} = {shown(array)}, and an array of numbers is expected",
        )


def _looked_at_twice(name, condition, run, looks):
    same_bits(f"{name}: its looks along a run", _looks(name, condition, run), looks)
    again = _looks(name, condition, run, forgets_at=STEPS // 2)
    same_bits(f"{name}: its looks with a copy of what it remembers", again, looks)


def _end_of(looks):
    """The iteration of the first look that ends the run, the last one of which nobody asks."""
    ends = looks[(looks[:, 1] == 1) & (looks[:, 0] < STEPS), 0]
    return int(ends[0]) if len(ends) else None


def _ended(what, run, alone, ends):
    """A run that ends where its condition first says so, with the bits of the one without it."""
    last, wanted = int(run.iteration[-1]), STEPS if ends is None else ends
    expect(last == wanted, f"{what}: it ends at iteration {last}, and {wanted} is expected")
    same_bits(f"{what} and the one without it", run.parameters[:], alone.parameters[: last + 1])
    why = run.stopped
    if ends is not None:
        expect(why and "\n" not in why, f"{what}: why it stopped is {why!r}, one line is expected")
    else:
        expect(why is None, f"{what}: it says {why!r}, and came to its last step")
