"""Plain numbers that a user passes, checked where they come in."""

import math
import operator

from .._errors import FlownetError, shown
from .._memory import refuse_too_large
from .._registry import unknown


def whole(what, value, least):
    """The value as an int not below `least`, and below 2⁶³ like every count."""
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or not least <= number < 2**63:
        raise FlownetError(f"{what} must be a whole number from {least} up, not {shown(value)}.")
    return number


def real(what, value, *, positive=False):
    """The value as a finite float, not negative, or positive on demand."""
    try:
        number = math.nan if isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or number < 0 or (positive and number == 0):
        least = "above 0" if positive else "from 0 up"
        raise FlownetError(f"{what} must be a number {least}, not {shown(value)}.")
    return number


def room(m, columns):
    """Refuse to make m samples of so many numbers each, where they cannot fit."""
    refuse_too_large(f"{m:.3g} samples of {columns:.3g} numbers", 8 * m * columns)


def check_split(split):
    """The split, where it is one."""
    if not isinstance(split, str) or split not in ("train", "test"):
        raise FlownetError(unknown("split", split, ["train", "test"]))
    return split
