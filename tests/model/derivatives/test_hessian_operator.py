"""The Hessian as an operator: many vectors at once, Lanczos, large batches and threads."""

from concurrent.futures import ThreadPoolExecutor

import naive
import numpy as np
import pytest
import twins
from scipy.sparse.linalg import LinearOperator, eigsh
from settings_of_derivatives import tiny, wide
from tolerance import close
from twins import every_loss

from flownet.kernels.cpu.base import threads


@every_loss
@pytest.mark.parametrize("R", [1, 2, 7, 33])
def test_many_vectors_at_once_are_each_by_itself(R, loss, dtype):
    """The same bits, in rows of `hessian_action` and in columns of H @ M."""
    p, W, _ = wide("tanh", loss, dtype)
    V = twins.uniforms(74_000, R, p.size).astype(dtype)
    H, each = p.hessian(W), np.array([p.hessian_action(W, v) for v in V])
    assert p.hessian_action(W, V).shape == (R, p.size)
    np.testing.assert_array_equal(p.hessian_action(W, V), each)
    np.testing.assert_array_equal(H @ V.T, each.T)
    np.testing.assert_array_equal([H @ v for v in V], each)
    assert p.hessian_action(W, V[:0]).shape == (0, p.size)
    np.testing.assert_array_equal(p.third_action(W, V), [p.third_action(W, v) for v in V])


def test_the_operator(dtype):
    """Shape, precision, symmetry, the loss and dL at its point, which later calls leave alone."""
    p, W, V = wide("gelu", "cross-entropy", dtype)
    H = p.hessian(W)
    assert isinstance(H, LinearOperator)
    assert H.shape == (p.size, p.size) and H.dtype == dtype
    L, dL = p.differential(W)
    close(H.loss, L, dtype, "rounding")
    close(H.dL, dL, dtype)
    first = H @ V
    other = p.hessian(2 * W)
    other @ V, p.differential(0 * W), p.jet(0 * W, V, 3), p.third_action(0 * W, V)
    W[:] = 0  # the operator has a point of its own
    np.testing.assert_array_equal(H @ V, first)
    np.testing.assert_array_equal(H.T @ V, first)
    np.testing.assert_array_equal(H.H @ V, first)
    assert (H @ V[:, None]).shape == (p.size, 1)


def test_threads_share_an_operator():
    """Python threads that apply one operator at once get what one gets."""
    p, W, _ = wide("tanh", "cross-entropy")
    H, V = p.hessian(W), twins.uniforms(74_500, 64, p.size)
    alone = [(H @ v, H.third_action(v)) for v in V]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda v: (H @ v, H.third_action(v)), V))
    np.testing.assert_array_equal(together, alone)


@every_loss
def test_eigenvalues_by_lanczos(loss):
    """`eigsh` on the operator against the dense spectrum: largest and least algebraic."""
    case, p, W, _ = tiny("tanh", loss)
    H = twins.potential(case).hessian(W)
    spectrum = np.linalg.eigvalsh(naive.hessian(p, W))
    start = np.ones(len(W))
    close(np.sort(eigsh(H, k=3, which="LA", v0=start)[0]), spectrum[-3:], kind="solver")
    close(
        np.sort(eigsh(H, k=2, which="SA", v0=start)[0]),
        spectrum[:2],
        kind="solver",
        scale=spectrum[-1],
    )


@pytest.mark.parametrize("sizes", [[3, 5, 2], [20, 30, 4]], ids=["small shards", "large ones"])
@every_loss
def test_large_batches_are_the_mean_of_their_parts(loss, sizes, dtype):
    """9001 rows pass in chunks of 4096: derivatives add up over any cut of them."""
    case = twins.case(75_000, sizes, ["tanh"], loss, m=9001, Gamma=twins.weights(75_001, 9001))
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    cuts = [slice(0, 17), slice(17, 4113), slice(4113, 9001)]
    parts = [(part.data.m / 9001, part) for part in map(p.on, cuts)]
    for of in (
        lambda q: q.hessian_action(W, V),
        lambda q: q.third_action(W, V),
        lambda q: q.hessian(W) @ np.array([V, W]).T,
        *(lambda q, i=i: q.diagonals(W, V)[i] for i in range(3)),
    ):
        close(of(p), sum(share * of(part) for share, part in parts), dtype)


@pytest.mark.skipif(threads.most() < 2, reason="one thread is all there is here")
def test_threads_do_not_change_a_bit(dtype):
    case = twins.case(76_000, [40, 60, 10], ["gelu"], "cross-entropy", m=5000)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    M, found = np.array([V, W, V - W]), []
    for count in (1, 2):
        with threads.limited(count):
            found.append(
                np.array(
                    [
                        *p.hessian_action(W, M),
                        p.hessian(W) @ V,
                        p.third_action(W, V),
                        p.hessian_diagonal(W),
                        *p.diagonals(W, V),
                    ]
                )
            )
    np.testing.assert_array_equal(*found)
