"""Parts of f as kernels of their own, for a device that gives loss and dL of the network alone."""

from ...._compile import jit
from ..motion.force import add_formulas
from ..motion.move import add_decay
from .flow import follow_force
from .sliding import hold_on, set_on_kinks, set_shares


@jit
def add_terms(terms, decay, total, W, dL):
    """Loss and dL of a sum of potentials, with a decay, from those of its network."""
    if terms.factor != 1.0:
        total *= terms.factor
        factor = W.dtype.type(terms.factor)
        for i in range(dL.size):
            dL[i] *= factor
    total = add_formulas(terms, total, W, dL)
    if decay != 0:
        add_decay(W, dL, decay)
    return total


@jit
def follow(rule, dL, y, out, meters):
    """dy/dt of y = (W, memories, time) from dL (D,), and ‖dL‖² in the metric into `meters`."""
    follow_force(rule, dL, y, out, meters)


@jit
def hold(problem, W, dL, rule, kinks, shares, least):
    """dL ← what is left of it along the kinks; whether the pairs that slide want other shares."""
    return hold_on(problem, W, dL, rule, kinks, shares, least)


@jit
def share_out(kinks, shares):
    """Slopes of the pairs that slide, each a share of the way from below its kink to above."""
    set_shares(kinks, shares)


@jit
def put_on_kinks(W, kinks, seen):
    """W moved by what has led it off the kinks along which it slides."""
    set_on_kinks(W, kinks, seen)
