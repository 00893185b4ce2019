"""How a check tells what fails: an `AssertionError` of one line, with the size of the error."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

from .. import _random
from .._errors import FlownetError, shown

F = TypeVar("F", bound=Callable[..., Any])

IDENTITY = 1e3  # roundings by which two sides of an identity may differ, relative to their size
_SHORTEST, _LONGEST = 2.0**-14, 2.0**-3  # displacements along which a remainder is looked at
_POINTS = 4  # of the shortest that stand above rounding
_ABOVE_ROUNDING = 1e3  # roundings that a remainder has to stand above
_SLACK = 0.3  # by which a slope may be lower than its order


def check(function: F) -> F:
    """Decorator: an error of the library within a check is raised as the failure that it is."""

    @wraps(function)
    def checked(subject, *arguments, **words):
        try:
            return function(subject, *arguments, **words)
        except FlownetError as error:
            raise AssertionError(f"{shown(subject)}: {error}") from error

    return cast("F", checked)


def expect(true, line):
    """Fail with a line unless something is so."""
    if not true:
        raise AssertionError(line)


def near(what, found, wanted, eps, scale=0.0, most=IDENTITY, unsure=0.0):
    """Fail unless two results agree to `most` roundings of size eps, relative to their size.

    `unsure` is an error beside rounding that they may have.
    """
    found, wanted = np.asarray(found), np.asarray(wanted)
    expect(
        found.shape == wanted.shape,
        f"{what}: the shape is {found.shape}, and {wanted.shape} is expected",
    )
    size = max(scale, *(float(np.abs(part).max(initial=0.0)) for part in (found, wanted)))
    error = float(np.abs(found - wanted).max(initial=0.0))
    expect(
        error <= most * eps * size + unsure,
        f"{what}: off by {error:.2g}, where {size:.2g} is the size and {most * eps:.0e} of it "
        "is allowed",
    )


def same_bits(what, one, two):
    """Fail unless two results agree in every bit."""
    one, two = np.asarray(one), np.asarray(two)
    equal = one.shape == two.shape and one.dtype == two.dtype and one.tobytes() == two.tobytes()
    apart = np.nan
    if one.shape == two.shape and not equal:
        apart = float(np.abs(one - two).max(initial=0.0))
    expect(equal, f"{what}: the same twice gives other bits, {apart:.2g} apart")


def refused(what, call):
    """Fail unless a call is answered by one line of the library's own error."""
    try:
        call()
    except FlownetError as error:
        expect("\n" not in str(error), f"{what}: its error has more than one line")
        return
    except Exception as error:
        kind = type(error).__name__
        raise AssertionError(f"{what}: raises {kind}, and a FlownetError is expected") from error
    raise AssertionError(f"{what}: is not refused, and a FlownetError is expected")


def falls(what, remainder, order, floor):
    """Fail unless a remainder falls like s^order, down to where it is rounding.

    Parameters
    ----------
    remainder : function s → float
    floor : float
        What one rounding makes of it.
    """
    steps = np.geomspace(_LONGEST, _SHORTEST, 12)
    with np.errstate(all="ignore"):
        sizes = np.array([abs(remainder(s)) for s in steps])
    expect(np.isfinite(sizes).any(), f"{what}: the remainder is not finite")
    seen = np.isfinite(sizes) & (sizes > _ABOVE_ROUNDING * floor)
    steps, sizes = steps[seen][-_POINTS:], sizes[seen][-_POINTS:]
    if len(steps) < 3:  # nothing is left but rounding
        return
    slope = np.polyfit(np.log(steps), np.log(sizes), 1)[0]
    expect(
        slope > order - _SLACK,
        f"{what}: the remainder falls like s^{slope:.2f}, and s^{order} is expected; it is "
        f"{sizes[-1]:.2g} at s = {steps[-1]:.2g}",
    )


def one_line(subject):
    """Fail unless an object has a text of one line."""
    text = repr(subject)
    expect(text and "\n" not in text, f"repr of a {type(subject).__name__} is not one line")


def made_again(subject):
    """The object that its `parameters()` make; fails where that has another text."""
    again = type(subject)(**subject.parameters())
    expect(
        repr(again) == repr(subject), f"{shown(subject)}: parameters() make {shown(again)} of it"
    )
    return again


def numbers(draw, size, dtype=np.float64):
    """Numbers from −1 to 1 (size,), always the same; complex ones in both parts."""
    found = 2 * _random.uniform(0, _random.stream_key("probes", draw), size) - 1
    if np.dtype(dtype).kind == "c":
        found = found + 1j * numbers(draw + 1000, size)
    return found.astype(dtype)


def pair(covector, V):
    """Re⟨conj(covector), V⟩, a float."""
    return float(np.vdot(covector, V).real)
