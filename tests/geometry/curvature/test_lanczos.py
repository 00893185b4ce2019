"""Lanczos: exact quadrature, invariant subspaces, Ritz vectors."""

import numpy as np
import pytest
import twins
from quadrics import given
from scipy.sparse.linalg import aslinearoperator
from tolerance import close, tolerance

import flownet as fn
from flownet._errors import FlownetError


@pytest.mark.parametrize("steps", [1, 2, 5, 9])
def test_gauss_quadrature_is_exact_to_degree_2n_minus_1(steps):
    """Σ w θ^k = ⟨v, H^k v⟩ for k ≤ 2n−1, and not for k = 2n."""
    H, v = given(np.linspace(-1, 2, 60)).H, twins.uniforms(78_000, 60)
    rule = fn.lanczos(aslinearoperator(H), v, steps)
    assert len(rule.nodes) == steps and not rule.exact and rule.vectors is None
    for k in range(2 * steps + 1):
        moment = v @ np.linalg.matrix_power(H, k) @ v
        error = abs(np.sum(rule.weights * rule.nodes**k) - moment)
        scale = tolerance("reference") * (v @ v) * 2.0**k
        assert error < scale if k < 2 * steps else error > 100 * scale


@pytest.mark.parametrize(
    "values, distinct",
    [
        (np.full(50, 3.0), 1),
        (np.zeros(50), 1),
        (np.concatenate([[4.0], np.ones(49)]), 2),
        (np.repeat([1.0, 2.0, -3.0, 0.0, 0.5], 10), 5),
    ],
)
def test_an_invariant_subspace_ends_the_recurrence(values, distinct):
    """One node an eigenvalue, and all moments exact."""
    H, v = given(values).H, twins.uniforms(79_000, 50)
    rule = fn.lanczos(aslinearoperator(H), v, 30)
    assert rule.exact
    close(rule.nodes, np.unique(values), scale=np.abs(values).max() + 1)
    for k in range(20):
        close(
            np.sum(rule.weights * rule.nodes**k),
            v @ np.linalg.matrix_power(H, k) @ v,
            scale=v @ v * (np.abs(values).max() + 1) ** k,
        )


def test_ritz_vectors_are_orthonormal_and_make_h_diagonal():
    """At full length they are the eigenvectors, and the weights ⟨u_i, v⟩²."""
    potential, v = given(np.linspace(-1, 2, 40)), twins.uniforms(80_000, 40)
    for steps in (7, 40, 99):
        nodes, weights, U, _ = fn.lanczos(aslinearoperator(potential.H), v, steps, vectors=True)
        close(U @ U.T, np.eye(min(steps, 40)))
        close(U @ potential.H @ U.T, np.diag(nodes), scale=2)
        close((U @ v) ** 2, weights, scale=v @ v)
    close(nodes, np.linspace(-1, 2, 40))


@pytest.mark.parametrize("v", [np.zeros(5), np.full(5, np.nan)])
def test_lanczos_needs_somewhere_to_start(v):
    with pytest.raises(FlownetError, match="finite and above 0"):
        fn.lanczos(aslinearoperator(np.eye(5)), v, 3)
