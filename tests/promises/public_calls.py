"""A right call of everything that is public, small enough to be made a thousand times.

`calls` has by name a function and the arguments that it can be called with, by rooms of the
package: `calls_of_model` and so on. What is asked of bad input is asked of each argument of each of
them, so that a new name needs one line there.
"""

import warnings
from functools import cache

import calls_of_ensemble
import calls_of_geometry
import calls_of_linearization
import calls_of_model
import calls_of_motion
import numpy as np
from arguments import flow, run, stored

import flownet as fn


@cache
def calls():
    """Name to (function, positional arguments, arguments by name)."""
    run(), flow(), stored()
    return {
        **calls_of_model.calls(),
        **calls_of_geometry.calls(),
        **calls_of_motion.calls(),
        **calls_of_linearization.calls(),
        **calls_of_ensemble.calls(),
    }


def call_with(name, place, value):
    """What a public call makes of one argument that is another."""
    function, positional, words = calls()[name]
    if place is None:
        pass
    elif isinstance(place, int):
        positional = (*positional[:place], value, *positional[place + 1 :])
    else:
        words = {**words, place: value}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(*positional, **words)


def places(name):
    """Arguments of a call, by number or by name."""
    _, positional, words = calls()[name]
    return [*range(len(positional)), *words]


def refused_or_taken(name, place, value):
    """Whether it was taken; one line where it was not, and nothing else."""
    try:
        call_with(name, place, value)
    except fn.FlownetError as error:
        text = str(error)
        assert text and "\n" not in text and len(text) < 2000, text
        return False
    return True
