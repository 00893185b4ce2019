"""Fisher's matrix by enumeration of labels, where it is Gauss-Newton's, and the empirical one."""

import naive
import numpy as np
import twins
from settings_of_derivatives import dense, small
from tolerance import close
from twins import every_activation, every_loss

import flownet as fn


def enumerated(q, W, weights):
    """Σ_s w_s Σ_y P̂_y ∂log P̂_y ⊗ ∂log P̂_y/m, label by label."""
    kT, (m, n) = q.keywords["temperature"], q.y.shape
    P = np.exp(naive.forward(W=W, x=q.x, **q.net) / kT)
    P /= P.sum(axis=1, keepdims=True)
    total = 0.0
    for s in range(m):
        for label in range(n):
            score = np.zeros((m, n))
            score[s] = (np.eye(n)[label] - P[s]) / kT
            slope = naive.pullback(W=W, x=q.x, cotangent=score, **q.net)
            total = total + weights[s] * P[s, label] * np.outer(slope, slope) / m
    return total


@every_activation
def test_fisher_by_enumeration(activation, holds):
    """Over all labels, to 1e-13; it does not see those of the data."""
    p, q, W, V = small(activation, "cross-entropy", full=False)
    weights = p.loss.sample_metric if p.loss.sample_metric is not None else np.ones(p.data.m)
    wanted, F = enumerated(q, W, weights), p.fisher(W)
    off = np.abs(dense(F) - wanted).max() / np.abs(wanted).max()
    holds("Fisher, labels enumerated", off, 1e-13)
    close(F.diagonal(), wanted.diagonal())
    full = np.linalg.eigvalsh(wanted)[::-1]
    close(F.eigenvalues(), full[: len(F.eigenvalues())], scale=10 * full[0])
    other = p.with_data(fn.Dataset(p.data.x, p.data.y[::-1]))
    np.testing.assert_array_equal(other.fisher(W) @ V, F @ V)


def test_where_fisher_is_gauss_newton():
    """Of the quadratic loss, and of cross-entropy whose truth adds up to 1, to the last bit."""
    for loss in (fn.Quadratic(output_metric=[1.0, 2.0]), fn.CrossEntropy(temperature=0.5)):
        p = fn.Potential(
            fn.Network([2, 3, 2]),
            loss,
            fn.Dataset(np.random.default_rng(1).standard_normal((4, 2)), np.eye(2)[[0, 1, 1, 0]]),
        )
        W, V = p.init(0), p.init(1)
        np.testing.assert_array_equal(p.fisher(W) @ V, p.gauss_newton(W) @ V)


@every_loss
@every_activation
def test_the_empirical_fisher_is_another_thing(activation, loss, dtype):
    """(1/m)Σ g_s⊗g_s of the gradients of single samples; its diagonal and its dual (m, m)."""
    case = twins.mixed_case(activation, loss, 74_000, sizes=(2, 3, 2), m=4, full=False)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    g = np.array([twins.potential(case).on(np.array([s])).differential(W)[1] for s in range(4)])
    E = p.empirical_fisher(W)
    close(E @ V, g.T @ (g @ V) / 4, dtype)
    close(E.diagonal(), (g * g).mean(axis=0), dtype)
    close(E.dual(), g @ g.T / 4, dtype)
    assert len(E.eigenvalues()) == 4
