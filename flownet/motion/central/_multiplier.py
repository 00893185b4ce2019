"""Whether the orbit that a central flow stands for is stable: the multiplier of its two steps."""

import itertools

import numpy as np

from ._span import spanned

_SIGNS = 3  # axes of the oscillation, beside the largest, whose signs are tried in turn
_NONE = 1e-12  # of the largest variance: below it nothing oscillates
_ABOVE = 1e-4  # share of the edge: what grows by more than that is not held there


def multiplier(potential, law, W, nu, here):
    """Largest |μ| of two steps at W + δ and W − δ, on the directions that matter.

    Those are the directions u_i near the edge, the P⁻¹T[u_i, u_j] along which an oscillation moves
    W, for there it bends the curvature that bends it, and of a memory ν what it is heated by. The
    tangent map of a step is taken on their span. δ = Σ ±√x_i e_i has the axes e_i of the
    oscillation and what each varies by; of several axes the signs are tried in turn, and the
    largest |μ| of all counts. Such an orbit closes where axes do not see each other, 0 =
    T[e_i, e_j] of two different ones; elsewhere it is looked at as it stands. NaN where nothing
    oscillates, and above the edge, on the way down to which there is no orbit.
    """
    if not len(here.X) or here.values[0] > 2 * (1 + _ABOVE):
        return np.nan
    x, rotation = np.linalg.eigh(here.X)
    if x[-1] <= 0:
        return np.nan
    some = x > _NONE * x[-1]
    axes = (rotation[:, some] * np.sqrt(x[some])).T[::-1] @ here.U
    root = np.sqrt(here.P)
    i, j = np.triu_indices(len(here.U))
    Q = spanned(np.vstack([root * here.U, here.T[i, j] / root]))
    most = 0.0
    for chosen in itertools.product((1.0, -1.0), repeat=min(len(axes) - 1, _SIGNS)):
        signs = np.ones(len(axes))
        signs[1 : 1 + len(chosen)] = chosen
        delta, product = signs @ axes, None
        for side in (1, -1):
            H = potential.hessian(W + side * delta)
            step = law.tangent(here, nu, H.dL, H @ (Q / root[:, None]), Q)
            product = step if product is None else step @ product
        most = max(most, float(np.abs(np.linalg.eigvals(product)).max()))
    return most
