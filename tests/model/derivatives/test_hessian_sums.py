"""Second and third derivatives of formulas in closed form, and of their sums with networks."""

import naive
import numpy as np
import pytest
import twins
from settings_of_derivatives import known
from tolerance import close

import flownet as fn


def quartic_third(W, alpha=0.7):
    return 3 * alpha * W


def uv_third(W, V):
    """T[V,V] and Σ_k T_iik V_k of ½f², f bilinear: T = df⊗S + its permutations, S = ∂²f."""
    n = len(W) // 2
    S = np.roll(np.eye(2 * n), n, axis=0) / np.sqrt(n)
    df = S @ W
    return 2 * (df @ V) * (S @ V) + (V @ S @ V) * df, 2 * df * (S @ V)


ANALYTIC = {
    "parabola": (fn.Parabola(6, strength=1.3), lambda W: naive.parabola(W, 1.3)),
    "quartic": (fn.Quartic(6, alpha=0.7), lambda W: naive.quartic(W, 0.7)),
    "double well": (fn.DoubleWell(6, alpha=0.7, c=1.4), lambda W: naive.double_well(W, 0.7, 1.4)),
    "uv": (fn.UV(3), naive.uv),
}


@pytest.mark.parametrize("name", ANALYTIC)
def test_analytic_potentials(name, dtype):
    potential, formula = ANALYTIC[name]
    W, V = twins.uniforms(81_000, 6, low=-2).astype(dtype), twins.uniforms(81_001, 6).astype(dtype)
    w, v = W.astype(float), V.astype(float)
    H = formula(w)[2]
    if name == "uv":
        TVV, B = uv_third(w, v)
        third = np.zeros(6)
    else:
        third = quartic_third(w) * (name != "parabola")
        TVV, B = third * v * v, third * v
    for found, expected in (
        (potential.hessian_action(W, V), H @ v),
        (potential.hessian(W) @ V, H @ v),
        (potential.hessian_action(W, np.eye(6, dtype=dtype)), H),
        (potential.hessian(W) @ np.eye(6, dtype=dtype), H),
        (potential.third_action(W, V), TVV),
        (potential.hessian(W).third_action(V), TVV),
        (potential.hessian_diagonal(W), np.diag(H)),
        *zip(potential.diagonals(W, V), (np.diag(H), B, third)),
    ):
        assert found.dtype == dtype
        close(found, expected, dtype, "rounding", scale=max(np.abs(H).max(), np.abs(TVV).max()))
    close(potential.hessian(W).dL, formula(w)[1], dtype, "rounding")
    close(potential.hessian(W).loss, formula(w)[0], dtype, "rounding")


def test_sums_and_multiples(dtype):
    """Every derivative of a·L₁ + b·L₂ is that of the parts."""
    case, (HV, TVV, *diagonals) = known("tanh", "quadratic", full=False)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    total = 2 * p - 0.5 * fn.Quartic(p.size, alpha=0.7)
    W, V = W.astype(dtype), V.astype(dtype)
    w, v = W.astype(float), V.astype(float)
    H, T = np.diag(naive.quartic(w, 0.7)[2]), quartic_third(w)
    operator = total.hessian(W)
    for found in (total.hessian_action(W, V), operator @ V, (operator @ np.array([V, W]).T)[:, 0]):
        assert found.dtype == dtype
        close(found, 2 * HV - 0.5 * H * v, dtype)
    for found in (total.third_action(W, V), operator.third_action(V)):
        close(found, 2 * TVV - 0.5 * T * v * v, dtype)
    parts = (H, T * v, T)
    for found, network, formula in zip(total.diagonals(W, V), diagonals, parts):
        close(found, 2 * network - 0.5 * formula, dtype)
    close(total.hessian_diagonal(W), 2 * diagonals[0] - 0.5 * H, dtype)
    L, dL = total.differential(W)
    close(operator.loss, L, dtype)
    close(operator.dL, dL, dtype)
