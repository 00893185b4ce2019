"""The polar factor UVᴴ of a matrix UΣVᴴ: exact, and by odd polynomials that push every σ to 1."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import among
from ...model._check import array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import Vector

Method = Literal["svd", "polar-express", "newton-schulz", "newton-schulz-5", "muon"]
METHODS = get_args(Method)

_CUBIC = (3 / 2, -1 / 2, 0.0)  # 1 − σ′ = (1 − σ)²(1 + σ/2)
_QUINTIC = (15 / 8, -10 / 8, 3 / 8)  # 1 − σ′ = (5/2)(1 − σ)³ + …
_MUON = (3.4445, -4.7750, 2.0315)  # does not converge: fixed point .868 of slope −1.58
_LEAST = 1e-6  # singular values from here up, of the Frobenius norm, are carried to 1
_FLAT = 1e-5  # intervals narrower than this are the quintic's


def polar(G: ArrayLike, method: Method = "svd") -> Vector:
    """Polar factor UVᴴ of a matrix G = UΣVᴴ (n, k), the unit step that ascends ⟨G, ·⟩ most.

    It maximises Re ⟨G, V⟩ over the matrices of spectral norm at most 1, and the maximum is the
    nuclear norm Σσ. Where G is not of full rank it is the partial isometry on G's range, cut at
    max(n, k)·ε·σ_max.

    Parameters
    ----------
    G : array (n, k), real or complex
    method : str
        "svd": exact. The others multiply matrices alone, X ← aX + bXXᴴX + c(XXᴴ)²X from
        X = G/‖G‖_F. "polar-express": the odd quintic that is best on the interval of σ which is
        left at each step (Amsel et al., arXiv:2505.16932), every σ ≥ 1e-6‖G‖_F to rounding by 39
        products. "newton-schulz", "newton-schulz-5": the cubic 3/2, −1/2 of order 2 and the quintic
        15/8, −10/8, 3/8 of order 3, likewise. "muon": five steps of Muon's quintic 3.4445,
        −4.7750, 2.0315 (Jordan et al. 2024), which carries σ ≥ 0.003‖G‖_F into [0.68, 1.20] and
        never to 1: not the polar factor, but what that optimizer steps along.

    Returns
    -------
    ndarray (n, k)

    Raises
    ------
    FlownetError
        For what is no matrix of numbers, and an unknown method.

    Examples
    --------
    >>> import flownet as fn
    >>> print(fn.polar([[0.0, 2.0], [0.5, 0.0]]))
    [[0. 1.]
     [1. 0.]]
    """
    among("method", method, METHODS)
    G = array("G", G)
    if G.ndim != 2 or G.dtype.kind not in "biufc":
        raise FlownetError(f"G is {shown(G)}; it has to be a matrix (n, k) of numbers.")
    G = G if G.dtype.kind in "fc" else G.astype(np.float64)
    return polar_factor(G, method)[1]


def polar_factor(G, method):
    """Σσ of a matrix (n, k), or by a method that is not exact Re ⟨G, P⟩, and its factor P."""
    if not np.isfinite(G).all():  # a run that diverges is a result
        return np.nan, np.full_like(G, np.nan)
    if method != "svd":
        P = _by_products(G, steps_of(method))
        return float(np.vdot(G, P).real), P
    U, s, Vh = np.linalg.svd(G, full_matrices=False)
    kept = s > max(G.shape) * np.finfo(s.dtype).eps * s[:1]
    return float(s.sum()), (U * kept.astype(U.dtype)) @ Vh


def steps_of(method):
    """Coefficients (a, b, c) of each step of a method."""
    if method == "polar-express":
        return express(_LEAST)
    number = {"muon": (_MUON, 5), "newton-schulz": (_CUBIC, 40), "newton-schulz-5": (_QUINTIC, 28)}
    coefficients, count = number[method]
    return (coefficients,) * count


def _by_products(G, steps):
    """What the steps make of G/‖G‖_F; 0 of 0."""
    size = np.linalg.norm(G)
    return np.zeros_like(G) if size == 0 else pushed(G / size, steps)


def pushed(X, steps):
    """X ← aX + bXXᴴX + c(XXᴴ)²X for each (a, b, c): its singular values σ ← aσ + bσ³ + cσ⁵."""
    tall = X.shape[0] > X.shape[1]
    X = X.conj().T if tall else X
    for a, b, c in steps:
        A, real = X @ X.conj().T, X.real.dtype.type
        X = real(a) * X + (real(b) * A + (real(c) * (A @ A) if c else 0)) @ X
    return np.ascontiguousarray(X.conj().T if tall else X)


@cache
def express(least):
    """Coefficients of steps that carry every σ of [least, 1] to 1, each best on what is left."""
    low, steps = least, []
    while 1 - low > np.finfo(float).eps:
        a, b, c = coefficients = _minimax(low, 2 - low if steps else 1.0)
        steps.append(coefficients)
        low = a * low + b * low**3 + c * low**5  # the error there, and 2 − low at the other end
    return tuple(steps)


def _minimax(low, high):
    """(a, b, c) of the p = aσ + bσ³ + cσ⁵ with the least maximum of |1 − p| on an interval.

    Remez: the error is ±E in turn at both ends and at the two extrema of p between them.
    """
    if high - low < _FLAT:
        return tuple(w / high**k for w, k in zip(_QUINTIC, (1, 3, 5)))
    inner, error, before = np.array([(3 * low + high) / 4, (low + 3 * high) / 4]), np.inf, None
    while error != before:
        x = np.array([low, *inner, high])
        before = error
        a, b, c, error = _levelled(x)
        if before is not None and abs(error - before) <= 1e-15:
            break
        root = np.sqrt(9 * b * b - 20 * a * c)  # p′ = a + 3bσ² + 5cσ⁴ = 0
        inner = np.sqrt((-3 * b + np.array([-root, root])) / (10 * c))
    return float(a), float(b), float(c)


def _levelled(x):
    """(a, b, c) and E of p = aσ + bσ³ + cσ⁵ with p(x_i) = 1 ∓ E in turn, at four points.

    p/σ is quadratic in t = σ², so that its third divided difference vanishes, which gives E.
    """
    t, turns = x * x, np.array([1.0, -1.0, 1.0, -1.0])
    apart = t[:, None] - t
    np.fill_diagonal(apart, 1.0)
    share = 1 / (x * apart.prod(axis=1))
    error = share.sum() / (share * turns).sum()
    q = (1 - error * turns) / x
    first, second = np.diff(q) / np.diff(t), t[2] - t[0]
    c = (first[1] - first[0]) / second
    return q[0] - first[0] * t[0] + c * t[0] * t[1], first[0] - c * (t[0] + t[1]), c, error
