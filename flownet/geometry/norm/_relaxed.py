"""An upper bound of the sharpness in a norm: the dual of its semidefinite relaxation.

⟨d, Hd⟩ ≤ λ_max(P⁻¹H)·⟨d, Pd⟩ for every diagonal P > 0, and so

    S ≤ λ_max(P⁻¹H)·max_{‖d‖≤1} ⟨d, Pd⟩,

of all P the least is the dual of max ⟨H, X⟩ over X ⪰ 0 that have as much trace on each group of
parameters as a displacement of length 1: X_ii ≤ 1 for signs (Goemans & Williamson, J. ACM 42,
1995), where it is at most π/2 times S if no direction bends down (Nesterov, Optim. Methods Softw.
9, 1998). RMSProp at rest has half of such a P. It is looked for with X = VᵀV of a few rows (Burer &
Monteiro, Math. Program. 95, 2003), V_g ← (HV + cV)_g as long as before, whose multipliers are P_g.
Any P gives a bound, so that the search may end anywhere.
"""

import numpy as np

from ..._random import stream_key, uniform
from ..curvature import eigenpairs
from ..metric import DiagonalMetric

_ROWS = 6  # of V at most
_MOST = 100  # iterations
_GAIN = 1e-7  # of the value: what one more of them gains, and it ends
_LEAST = 1e-3  # of the mean of P: what none of it is below
_STREAM = 1 << 45  # of the rows of V


def upper_bound(potential, W, hessian, norm, pairs, begins):
    """A number that S in a norm is not above; of parameters in reals, two of each if `pairs`."""
    label, radius2, alone = _groups(norm)
    if not len(radius2):
        return np.inf
    seen = np.repeat(label, 1 + pairs)
    P = _multipliers(hessian, seen, radius2, begins) if norm.combine == "max" else 1 / alone
    pair = eigenpairs(
        potential, W, metric=DiagonalMetric(np.where(seen >= 0, P[seen], np.inf)), rtol=1e-6
    )
    reached = norm.reach(np.where(label >= 0, P[label], 0.0))
    return max(0.0, float(pair.values[0] + pair.residuals[0])) * reached


def _groups(norm):
    """The group of each parameter (D,), −1 of none; r² of each group, and of all in its block."""
    label, radius2, alone = np.full(norm.size, -1), [], []
    for block in norm.blocks:
        own = block.ball.groups(block.shape)
        label[block.where] = own.ravel() + len(radius2)
        count = int(own.max()) + 1
        radius2 += [block.radius**2] * count
        alone += [block.radius**2 * count] * count
    return label, np.array(radius2), np.array(alone)


def _multipliers(hessian, label, radius2, begins):
    """P_g > 0 (G,), nearly the best ones."""
    held, groups = label >= 0, len(radius2)
    rows = min(_ROWS, 2 + int(np.sqrt(2 * groups)))
    draws = [uniform(0, stream_key("probes", _STREAM + k), len(label)) - 0.5 for k in range(rows)]
    V = np.array([*begins, *draws])[:rows] * held

    def sums(A):
        return np.bincount(label[held], A.sum(axis=0)[held], groups)

    def as_long(A):
        size = sums(A * A)
        scale = np.sqrt(radius2 / np.where(size > 0, size, np.inf))
        return A * np.where(held, scale[label], 0.0)

    V = as_long(V)
    HV, c = hessian.action(V) * held, 0.0
    value = np.vdot(V, HV)
    for _ in range(_MOST):
        new = as_long(HV + c * V)
        image = hessian.action(new) * held
        found = np.vdot(new, image)
        if found > value + _GAIN * abs(value):
            V, HV, value = new, image, found
        elif found < value - _GAIN * abs(value):
            c = max(2 * c, np.linalg.norm(HV) / np.linalg.norm(V) / 4)
        else:
            break
    P = sums(V * HV) / radius2
    mean = np.abs(P).mean()
    return np.maximum(P, _LEAST * mean) if mean > 0 else np.ones(groups)
