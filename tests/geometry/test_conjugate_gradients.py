"""Conjugate gradients that keep their promise, and roots by Lanczos."""

import numpy as np
import twins
from fisher_cases import PROMISE
from tolerance import close

from flownet.geometry.metric._krylov import conjugate_gradients, lanczos_function


def stiff(size=60, condition=1e5):
    """A matrix of a known condition, and a right-hand side."""
    Q = np.linalg.qr(twins.uniforms(82_000, size, size))[0]
    return (Q * np.geomspace(1, condition, size)) @ Q.T, twins.uniforms(82_001, size)


def test_reorthogonalised_residuals_keep_the_identity(holds):
    """⟨b, x⟩ = ⟨x, Ax⟩ to 1e-12 after any number of products at condition 1e5; else it is lost."""
    A, b = stiff()

    def defect(x):
        return abs(b @ x - x @ A @ x) / (b @ x)

    worst = max(
        defect(conjugate_gradients(lambda v: A @ v, b, 1e-15, k).x) for k in range(1, 61, 3)
    )
    holds(PROMISE, worst, 1e-12)
    x, r = np.zeros(60), b.copy()
    p, lost = r.copy(), []
    for _ in range(60):  # the textbook's, whose residuals rounding turns
        alpha = (r @ r) / (p @ A @ p)
        x, r, before = x + alpha * p, r - alpha * A @ p, r @ r
        p = r + (r @ r) / before * p
        lost.append(defect(x))
    assert max(lost) > 1e-8


def test_the_promise_is_lost_quadratically():
    """1 − ⟨b, x_k⟩/⟨b, x⟩ = ‖x − x_k‖²_A/‖x‖²_A of every iterate."""
    A, b = stiff(condition=1e3)
    x = np.linalg.solve(A, b)
    for k in (1, 5, 10, 20, 40):
        found = conjugate_gradients(lambda v: A @ v, b, 1e-15, k)
        apart = x - found.x
        close(1 - b @ found.x / (b @ x), apart @ A @ apart / (x @ A @ x), scale=1.0)
        assert found.products == k
        close(found.residual, np.linalg.norm(b - A @ found.x) / np.linalg.norm(b), scale=1.0)


def test_roots_by_lanczos():
    A, b = stiff(condition=1e4)
    values, vectors = np.linalg.eigh(A)
    for f in (np.sqrt, lambda v: 1 / np.sqrt(v)):
        found, settled = lanczos_function(lambda v: A @ v, b, f, 100, 1e-13)
        wanted = vectors @ (f(values) * (vectors.T @ b))
        assert settled
        np.testing.assert_allclose(found, wanted, atol=1e-11 * np.abs(wanted).max())
