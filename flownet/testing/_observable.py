"""`check_observable`: a number of the state, that leaves the run as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._errors import shown
from ..model.potential import as_potential
from ..motion.mechanics import Aristotle
from ..motion.observe import as_observable
from ._expect import check, expect, same_bits
from ._runs import STEPS, check_resumed, run_of, small

if TYPE_CHECKING:
    from .._types import AnyObservable
    from ..model.potential import AnyPotential
    from ..motion.mechanics import Mechanics

_EVERY = 2


@check
def check_observable(
    observable: AnyObservable,
    potential: AnyPotential | None = None,
    *,
    mechanics: Mechanics | None = None,
) -> None:
    """Check that an observable keeps its contract, `flownet.motion.observe.Observable`.

    Asked along a short run it gives numbers of one shape, the same bits twice, and does not change
    the run; a run that is stopped and resumed from its file observes the same, memories included.

    Parameters
    ----------
    observable : Observable, function of the state, or potential
    potential : Potential, optional
        That of the run: by default the loss of a small network.
    mechanics : Mechanics, optional
        Of the run, where the observable wants some of their own.

    Raises
    ------
    AssertionError
        With one line that says what fails and by how much.
    """
    name, given = shown(observable), as_observable(observable)
    potential = small() if potential is None else as_potential(potential)
    mechanics = Aristotle(0.05) if mechanics is None else mechanics
    words = {"observe": {"it": (_EVERY, given)}}
    alone, run = run_of(potential, mechanics), run_of(potential, mechanics, **words)
    same_bits(f"{name}: the run with it and without", run.parameters[:], alone.parameters[:])
    value = run.observables["it"].value
    expect(
        len(value) == STEPS // _EVERY + 1 and value.dtype == np.float64,
        f"{name}: a run of {STEPS} steps has {len(value)} numbers of it, {value.dtype}",
    )
    same_bits(
        f"{name}: what a run observes",
        run_of(potential, mechanics, **words).observables["it"].value,
        value,
    )
    table = given.table(potential, None)
    if table["kind"] != "function":
        again = type(given).from_table("it", table, potential, None)
        words_again = {"observe": {"it": (_EVERY, again)}}
        found = run_of(potential, mechanics, **words_again).observables["it"].value
        same_bits(f"{name}: made again of its table", found, value)
    check_resumed(observable, potential, mechanics, run, **words)
