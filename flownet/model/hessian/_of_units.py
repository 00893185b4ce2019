"""Diagonals of the second and third derivative by unit displacements: a D-fold action each."""

import numpy as np

_AT_ONCE = 64  # unit displacements whose actions are worked out together


def diagonal_of_units(hessian):
    """H_ii (D,)."""
    return _by_units(hessian, lambda units, rows: (hessian.action(units)[:, rows].diagonal(),))[0]


def diagonals_of_units(hessian, V):
    """H_ii, Σ_k T_iik·V_k and T_iii: three arrays (D,)."""

    def of(units, rows):
        bent = hessian.third_action(units)
        return hessian.action(units)[:, rows].diagonal(), bent @ V, bent[:, rows].diagonal()

    return _by_units(hessian, of)


def _by_units(hessian, of):
    size, parts = hessian.shape[0], []
    for begin in range(0, size, _AT_ONCE):
        rows = np.arange(begin, min(begin + _AT_ONCE, size))
        units = np.zeros((len(rows), size), hessian.dtype)
        units[np.arange(len(rows)), rows] = 1
        parts.append(of(units, rows))
    return [np.concatenate(part) for part in zip(*parts)]
