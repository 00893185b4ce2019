"""Whether the orbit that a central flow stands for is stable: the multiplier of its two steps."""

import numpy as np


def multiplier(potential, law, W, here):
    """Largest |μ| of two steps of heavy ball at W + δ and W − δ, on the directions that matter.

    One direction u oscillates, δ = σu. A step's tangent map is (w, v) ← (w + v′, v′),
    v′ = βv − lr·Hw, in units of steps. It is taken on the span of u and of P⁻¹T[u, u], along which
    an oscillation moves W: there u bends the curvature that bends u. NaN for other mechanics, and
    where no direction or more than one oscillates.
    """
    if law.rate or len(here.X) != 1 or here.X[0, 0] <= 0:
        return np.nan
    lr, beta = (1 + law.beta) / here.P[0], law.beta
    delta = np.sqrt(here.X[0, 0]) * here.U[0]
    span = np.linalg.qr(np.stack([here.U[0], here.T[0, 0]], axis=1))
    Q = span.Q[:, np.abs(np.diag(span.R)) > 1e-12 * np.abs(span.R).max()]
    product, n = np.eye(2 * Q.shape[1]), Q.shape[1]
    for sign in (1, -1):
        H = Q.T @ (potential.hessian(W + sign * delta) @ Q)
        kept = np.block([-lr * H, beta * np.eye(n)])
        top = np.block([np.eye(n), np.zeros((n, n))]) + kept
        product = np.vstack([top, kept]) @ product
    return float(np.abs(np.linalg.eigvals(product)).max())
