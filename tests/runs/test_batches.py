"""Mini-batches: the counter-based words, the permutation they make, and whole epochs of it."""

import itertools

import naive
import numpy as np
import pytest
import twins
from counter_based import order, philox
from numba import njit
from tolerance import close

import flownet as fn
from flownet._errors import FlownetError
from flownet.kernels.cpu.motion.shuffle import shuffle
from flownet.kernels.scalar.philox import philox as plain_philox
from flownet.model.potential import Batches

# Random123's known answers: counter (4 words), key (2 words), output (4 words).
KNOWN = [
    ("00000000 " * 4, "00000000 " * 2, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff " * 4, "ffffffff " * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (
        "243f6a88 85a308d3 13198a2e 03707344",
        "a4093822 299f31d0",
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]


def shuffled(m, seed, epoch):
    a = np.empty(m, np.int64)
    shuffle(a, seed, epoch)
    return a.tolist()


@pytest.mark.parametrize("counter, key, output", KNOWN)
def test_philox_gives_the_known_answers(counter, key, output):
    """The words of Random123's own test file, from the kernel and from its twin here."""
    counter, key, output = (
        [int(word, 16) for word in text.split()] for text in (counter, key, output)
    )
    assert list(njit(plain_philox)(*map(np.uint64, counter + key))) == output
    assert list(philox(counter, key)) == output


@pytest.mark.parametrize("m", [1, 2, 3, 4, 7, 64, 101])
@pytest.mark.parametrize("seed, epoch", [(0, 0), (1, 0), (0, 1), (2**40 + 5, 2**33 + 7)])
def test_the_order_is_the_one_of_the_twin(m, seed, epoch):
    """The compiled shuffle against whole-number arithmetic."""
    assert shuffled(m, seed, epoch) == order(m, seed, epoch)


def test_golden_orders():
    """Keyed by (seed, epoch), on every machine and for ever."""
    assert shuffled(10, 0, 0) == [8, 5, 7, 9, 2, 0, 6, 4, 1, 3]
    assert shuffled(10, 0, 1) == [9, 3, 0, 5, 1, 7, 4, 6, 8, 2]


def test_every_permutation_is_equally_likely():
    """3 samples, 6000 epochs: each of the 6 orders 1000 times, within five deviations."""
    found = [tuple(shuffled(3, 9, epoch)) for epoch in range(6000)]
    for permutation in itertools.permutations(range(3)):
        assert abs(found.count(permutation) - 1000) < 5 * np.sqrt(6000 * (1 / 6) * (5 / 6))


@pytest.mark.parametrize("m, size", [(10, 3), (12, 4), (5, 5), (7, 1)])
def test_an_epoch_sees_every_sample_once(m, size):
    """No replacement; the last batch of an epoch may be short; rows may be asked in any order."""
    batches = Batches(m, size, seed=4)
    for epoch in (0, 1, 5):
        steps = range(epoch * batches.per_epoch, (epoch + 1) * batches.per_epoch)
        rows = {k: batches.rows(k) for k in reversed(steps)}
        assert [len(rows[k]) for k in steps] == [size] * (m // size) + [m % size] * (m % size > 0)
        assert np.concatenate([rows[k] for k in steps]).tolist() == order(m, 4, epoch)


@pytest.mark.parametrize("size", [0, -1, 11, 2.0, "all"])
def test_a_batch_is_some_of_the_samples(size):
    with pytest.raises(FlownetError, match="whole number from 1 to 10"):
        Batches(10, size, 0)


def descent(case, W, h, steps, batches, regulator):
    """W ← W − h·dL on the rows of each step's batch, averaged over its own size."""
    path, losses = [W], []
    for k in range(steps):
        L, dL = naive.differential(twins.problem(case, batches.rows(k)), path[-1])
        losses.append(L + regulator * path[-1] @ path[-1] / 2)
        path.append(path[-1] - h * (dL + regulator * path[-1]))
    full = naive.value(twins.problem(case), path[-1]) + regulator * path[-1] @ path[-1] / 2
    return np.array(path), np.array([*losses, full])


@pytest.mark.parametrize("regulator", [0.0, 0.1])
@pytest.mark.parametrize(
    "loss, weighted",
    [("quadratic", False), ("cross-entropy", False), ("quadratic", True), ("cross-entropy", True)],
)
def test_stochastic_descent_against_a_loop(loss, weighted, regulator, dtype):
    """Three epochs of 23 samples by 5: batches of 5, 5, 5, 5, 3; weights and regulator included."""
    metric = {"Gamma": twins.weights(50_001, 23)} if weighted else {}
    case = twins.case(50_000, [3, 6, 2], ["tanh"], loss, m=23, **metric)
    potential, W = twins.potential(case, dtype), case["arrays"]["W"]
    if regulator:
        potential = potential + regulator * fn.Parabola(W.size)
    run = fn.train(potential, fn.Aristotle(0.1), W0=W, steps=15, batch_size=5, seed=6)
    path, losses = descent(case, W, 0.1, 15, Batches(23, 5, 6), regulator)
    close(run.parameters[:], path, dtype)
    close(run.loss, losses, dtype)


@pytest.mark.parametrize("sizes", [[3, 5, 2], [20, 30, 4]], ids=["on one thread", "on all"])
def test_batches_larger_than_a_chunk(sizes, dtype):
    """5000 of 9001 rows at a time: losses and steps are those of the batch's own potential."""
    case = twins.case(
        51_000, sizes, ["tanh"], "quadratic", m=9001, Gamma=twins.weights(51_001, 9001)
    )
    run = fn.train(twins.potential(case, dtype), fn.Aristotle(0.1), steps=4, batch_size=5000)
    for k in range(4):
        L, dL = run.potential_at(k).differential(run.parameters[k])
        close(run.loss[k], L, dtype)
        close(run.parameters[k + 1], run.parameters[k] - 0.1 * dL, dtype)


@pytest.mark.parametrize("seed", [0, 3, 2**62 + 1, -1, 2**63])
def test_a_run_remembers_the_batch_of_every_step(digits_potential, seed):
    """`potential_at(k)` is the potential that step k used: its value is the recorded loss."""
    run = fn.train(
        digits_potential,
        fn.Aristotle(0.1),
        steps=6,
        batch_size=64,
        seed=seed,
        W0=digits_potential.network.init(0),
    )
    again = [run.potential_at(k).value(run.parameters[k]) for k in range(6)]
    close(again, run.loss[:6], kind="rounding")
