"""What `check_potential` asks of one whose differential is an estimate: a physical system's."""

from .._errors import FlownetError, shown
from ..equilibrium import System
from ._expect import falls, pair, same_bits

_POINTS = 24  # of the Gauss rule of an averaged cost


def made_of_tables(p):
    """The same potential, of its tables; None where its system has no name in files."""
    if p.learner.kind is None:
        return None
    return type(p).of_tables(p.describe(), p.data)


def in_single(p, dtype):
    """The potential in single precision; None of a system that has none."""
    try:
        return p.with_dtype(dtype)
    except FlownetError:
        return None


def of_averaged(p, W, V, floor):
    """An estimate at a finite nudge is the differential of the cost averaged over the nudges.

    Of an estimator, or a system, without an averaged cost nothing is asked.
    """
    if not p.offers("averaged") or not (isinstance(p.system, System) and p.system.smooth):
        return
    try:
        averaged = p.averaged(points=_POINTS)
    except FlownetError:
        return
    loss, dL = averaged.value(W), averaged.differential(W)[1]
    same_bits(f"{shown(p)}: the estimate, and dL of its averaged cost", p.differential(W)[1], dL)
    along = pair(dL, V)
    falls(
        f"{shown(p)}: its averaged cost beyond the estimate",
        lambda s: averaged.value(W + s * V) - loss - s * along,
        2,
        floor,
    )
