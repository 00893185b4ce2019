"""Where no step moves, though it is no minimum: saturated units, and saddles met exactly."""

import numpy as np

from ... import _random

_SOLVED = 1e-8  # a loss below which nothing is left to gain
_DRAWS = 4  # directions along which curvature is looked at
_NEAR = 1e-3  # of the largest parameter: how far, where there is no Hessian


def stands_still(potential, W, free):
    """Whether dL is 0 to the last bit at W (D,), which is neither a minimum nor solved.

    Then no step of any length moves W, as where all units are saturated or dead and H is 0 too, or
    where W is a saddle to the last bit. Parameters outside of the mask `free` (D,) are frozen.
    """
    loss, dL = potential.differential(W)
    if np.asarray(dL)[free].any() or not free.any() or not abs(loss) > _SOLVED:
        return False
    bends = [_bend(potential, W, free, draw) for draw in range(_DRAWS)]
    return not any(bends) or min(bends) < 0


def _bend(potential, W, free, draw):
    """⟨V, HV⟩ along one direction of the free parameters, always the same."""
    uniform = _random.uniform(0, _random.stream_key("probes", draw), len(W))
    V = np.where(free, 2 * uniform - 1, 0.0).astype(W.dtype)
    if potential.offers("hessian_action"):
        return float(np.vdot(V, potential.hessian_action(W, V)).real)
    step = W.dtype.type(_NEAR * (np.abs(W).max() or 1.0))  # dL there, as it is 0 here
    return float(np.vdot(V, potential.differential(W + step * V)[1]).real)
