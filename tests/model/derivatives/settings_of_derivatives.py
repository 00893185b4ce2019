"""Small cases with their options in turn, dense operators, and how jets agree."""

from functools import cache

import numpy as np
import twins
from tolerance import tolerance


@cache
def known(activation, loss, full=True):
    """A small case with its options in turn, and its five arrays (D,) by polarisation."""
    case = twins.mixed_case(activation, loss, 70_000, sizes=(3, 4, 3, 2), full=full)
    return case, twins.polarised(twins.problem(case), *twins.point(case))


def tiny(activation, loss, m=4):
    """A 2-3-2 case, D = 17: its dense T has 4913 entries."""
    case = twins.mixed_case(activation, loss, 71_000, sizes=(2, 3, 2), m=m)
    return case, twins.problem(case), *twins.point(case)


def wide(activation, loss, dtype="float64", m=40):
    """A 9-33-17-5 case, D = 1003: several tiles of every kernel and their remainders."""
    case = twins.mixed_case(activation, loss, 73_000, sizes=(9, 33, 17, 5), m=m)
    return twins.potential(case, dtype), *(a.astype(dtype) for a in twins.point(case))


def small(activation, loss, full=True, m=4, sizes=(2, 3, 2)):
    """A 2-3-2 case with its options in turn: the potential, its naive twin, W and V."""
    case = twins.mixed_case(activation, loss, 74_000, sizes=sizes, m=m, full=full)
    return twins.potential(case), twins.problem(case), *twins.point(case)


def dense(operator):
    return operator.action(np.eye(operator.shape[0]))


def agree(found, exact, dtype="float64"):
    """Each coefficient within the tolerance of itself, or of its samples' shares if they cancel."""
    scale = np.maximum(np.abs(exact.jet), exact.scale)
    assert found.shape == exact.jet.shape
    error = np.abs(found - exact.jet) / np.where(scale > 0, scale, 1)
    assert error.max() <= tolerance("reference", dtype), f"relative errors {error}"
