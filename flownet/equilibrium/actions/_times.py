"""What paths and orbits have in common: steps, a time, and the coordinates that are seen."""

from ..._errors import FlownetError
from ...model import _check


def check_times(mechanical, steps, time, observed):
    """Steps, time and how many coordinates are seen, where they are what they have to be."""
    if not _check.is_whole(steps, 1):
        raise FlownetError(f"steps is {steps!r}; it has to be a whole number from 1 up.")
    most = mechanical.coordinates
    if observed is not None and not _check.is_whole(observed, 1, most):
        raise FlownetError(f"observed is {observed!r}; the system has {most} coordinates.")
    return int(steps), _check.positive("time", time), most if observed is None else int(observed)
