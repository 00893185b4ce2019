"""Jets of many samples: the mean of their parts, whatever the number of threads."""

import mp
import numpy as np
import pytest
import twins
from tolerance import close, tolerance
from twins import every_loss

from flownet.kernels.cpu.base import threads


@every_loss
@pytest.mark.parametrize("weighted", [False, True])
def test_the_jet_is_the_mean_of_the_samples(weighted, loss, dtype):
    metric = {"Gamma": twins.weights(60_001, 7)} if weighted else {}
    case = twins.case(60_000, [3, 5, 2], ["sin"], loss, **metric)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    samples = p.sample_jets(W, V, 5)
    assert samples.shape == (7, 6)
    close(samples.mean(axis=0), p.jet(W, V, 5), dtype, "rounding")
    close(samples[:, 0], p.sample_losses(W), dtype, "rounding")
    close(samples, mp.jet(case, 5).samples, dtype)


@pytest.mark.parametrize("sizes", [[3, 5, 2], [20, 30, 4]], ids=["small shards", "large ones"])
@every_loss
def test_large_batches_are_the_mean_of_their_parts(loss, sizes, dtype):
    """9001 rows pass in chunks of 4096: coefficients add up over any cut of them."""
    case = twins.case(61_000, sizes, ["tanh"], loss, m=9001, Gamma=twins.weights(61_001, 9001))
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    V = V / 4
    cuts = [slice(0, 17), slice(17, 4113), slice(4113, 9001)]
    parts = sum(q.data.m / 9001 * q.jet(W, V, 6) for q in map(p.on, cuts))
    scale = np.abs(p.sample_jets(W, V, 6)).mean(axis=0)
    assert (np.abs(p.jet(W, V, 6) - parts) <= tolerance("reference", dtype) * scale).all()
    bent = sum(q.data.m / 9001 * q.linearized_jet(W, V, 6) for q in map(p.on, cuts))
    close(p.linearized_jet(W, V, 6), bent, dtype)


@pytest.mark.skipif(threads.most() < 2, reason="one thread is all there is here")
def test_threads_do_not_change_a_bit(dtype):
    case = twins.case(62_000, [40, 60, 10], ["gelu"], "cross-entropy", m=5000)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    found = []
    for count in (1, 2):
        with threads.limited(count):
            found.append(np.concatenate([p.jet(W, V, 5), p.linearized_jet(W, V, 5)]))
    np.testing.assert_array_equal(*found)
