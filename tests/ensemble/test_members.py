"""Members in the lanes of one kernel take the steps of single runs, to the bit."""

import numpy as np
import pytest
from twins import uniforms

import flownet as fn
from flownet.geometry.metric import LayerMetrics
from flownet.motion.members import MembersLoop, Shared, SinglesLoop, in_lanes

M, R = 37, 19  # samples, members: neither fills chunks or lanes
LABELS = np.arange(M) % 3

LOSSES = {
    "quadratic": fn.Quadratic(),
    "quadratic in metrics": fn.Quadratic(
        output_metric=[[2.0, 0.5, 0], [0.5, 1, 0], [0, 0, 3]],
        sample_metric=uniforms(3, M, low=0.1, high=1.0),
    ),
    "cross-entropy": fn.CrossEntropy(),
    "cross-entropy, warm": fn.CrossEntropy(
        temperature=0.7, sample_metric=uniforms(4, M, low=0.1, high=1.0)
    ),
}
MECHANICS = {
    "aristotle": lambda r: fn.Aristotle(0.01 * (r + 1), weight_decay=0.1 * r),
    "warmup": lambda r: fn.Aristotle(f"warmup:{0.1 * (r + 1)}:5"),
    "loss": lambda r: fn.Aristotle("loss"),
    "newton": lambda r: fn.Newton(0.05 * (r + 1), friction=0.5 + 0.1 * r, temperature=0.01 * r),
    "leapfrog": lambda r: fn.Newton(0.01 * (r + 1), integrator="leapfrog"),
    "nesterov": lambda r: fn.Nesterov(0.01 * (r + 1)),
    "rmsprop": lambda r: fn.RMSProp(0.001 * (r + 1), centered=True, momentum=0.5),
    "adam": lambda r: fn.Adam(0.001 * (r + 1)),
    "adamw": lambda r: fn.AdamW(0.001 * (r + 1)),
    "thierry-mieg": lambda r: fn.ThierryMieg(0.01 * (r + 1), memory1=0.5, memory2=0.9),
    "langevin": lambda r: fn.Langevin(0.01, temperature=0.1 * r),
}


def network(sizes=(4, 5, 4, 3), activation=("tanh", "gelu"), dtype="float64", bias=True):
    return fn.Network(sizes, activation, dtype=dtype, bias=bias)


def potential(net, loss="quadratic"):
    x = uniforms(1, M, net.sizes[0])
    y = LABELS if loss.startswith("cross") else uniforms(2, M, 3)
    return fn.Potential(net, LOSSES[loss], fn.Dataset(x, y))


def same_as_single_runs(
    p, mechanics, metrics=None, batch_size=None, cuts=(13, 7), make=MembersLoop
):
    """Losses, ends and times of every member; of one that diverges, its losses."""
    net = next(atom for _, atom in p.atoms() if isinstance(atom, fn.Potential)).network
    W0 = np.array([net.init(seed) for seed in range(R)])
    metrics = [fn.Euclidean(net.size)] * R if metrics is None else metrics
    assert in_lanes(p, mechanics[0], metrics[0]) or make is SinglesLoop
    loop = make(p, mechanics, metrics, W0, batch_size, range(R))
    blocks = [loop.advance(count) for count in cuts]
    loss = np.concatenate([block.loss for block in blocks], axis=1)
    seen, taken = (sum(getattr(block, name) for block in blocks) for name in ("seen", "taken"))
    for r in range(R):
        run = fn.train(
            p,
            mechanics[r],
            metric=metrics[r],
            W0=W0[r],
            steps=sum(cuts),
            batch_size=batch_size,
            seed=r,
            progress=False,
        )
        n = len(run.step)
        np.testing.assert_array_equal(loss[r, :n], run.loss[:n])
        assert np.isnan(loss[r, n:]).all() and (seen[r], taken[r]) == (n, n)
        if run.diverged_at is None:
            np.testing.assert_array_equal(loop.W[r], run.parameters[-1])
            assert loop.time[r] == run.time[-1] and loop.going[r]
        else:
            assert not loop.going[r]
    return loop, loss


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("loss", LOSSES)
def test_losses(loss, dtype):
    same_as_single_runs(potential(network(dtype=dtype), loss), [fn.Aristotle(0.1)] * R)


QUICK = ("aristotle", "newton", "adam")  # each structure of numbers compiles for some seconds


@pytest.mark.parametrize("batch_size", [None, 7])
@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in MECHANICS],
)
def test_mechanics_with_numbers_of_their_own(name, batch_size):
    same_as_single_runs(
        potential(network()), [MECHANICS[name](r) for r in range(R)], batch_size=batch_size
    )


@pytest.mark.parametrize("activation", fn.ACTIVATIONS)
def test_activations(activation):
    same_as_single_runs(potential(network((4, 6, 3), activation)), [fn.Aristotle(0.1)] * R)


@pytest.mark.parametrize("sizes", [(4, 3), (4, 1, 3), (4, 9, 9, 9, 3)])
def test_depths_without_bias(sizes):
    net = network(sizes, "tanh", bias=False)
    same_as_single_runs(potential(net, "cross-entropy"), [fn.Aristotle(0.1)] * R, batch_size=5)


def test_every_member_in_a_metric_of_its_own():
    net = network()
    metrics = [
        fn.LayerMetric(net, [np.inf if r % 3 == 0 else 1.0 + r, 2.0, 0.5 + r]) for r in range(R)
    ]
    same_as_single_runs(potential(net), [fn.Aristotle(0.1)] * R, metrics)
    coupled = [
        fn.CoupledMetric(net, np.diag([1.0 + r, 2.0, 3.0]) + 0.1 * np.eye(3)) for r in range(R)
    ]
    same_as_single_runs(potential(net), [fn.Adam(0.01)] * R, coupled)


def test_layer_metrics_as_one_array():
    """They say to the kernel what each of them says, frozen layers included."""
    net = network()
    p = potential(net)
    stiffness = np.array([[np.inf, 2.0, 0.3], [1.5, 1.0, np.inf], [np.inf] * 3, [0.7, 0.1, 3.0]])
    which = np.arange(R) % 4
    loops = [
        MembersLoop(p, [fn.Adam(0.01)] * R, metrics, [p.init(r) for r in range(R)])
        for metrics in (
            Shared(LayerMetrics(net, stiffness), which),
            [fn.LayerMetric(net, stiffness[i]) for i in which],
        )
    ]
    for mine, expected in zip(*(leaves(loop._rules) for loop in loops), strict=True):
        assert (mine is None) == (expected is None)
        if mine is not None:
            np.testing.assert_array_equal(mine, expected)
            assert mine.dtype == expected.dtype
    for loop in loops:
        loop.advance(5)
    np.testing.assert_array_equal(*(loop.W for loop in loops))
    assert (loops[0].W[2] == p.init(2)).all()  # all of it is frozen
    with pytest.raises(fn.FlownetError, match="3 numbers above 0"):
        LayerMetrics(net, [[1.0, 2.0, 3.0], [1.0, 0.0, 3.0]])


def leaves(part):
    """What nested tuples hold."""
    return [leaf for each in part for leaf in leaves(each)] if isinstance(part, tuple) else [part]


@pytest.mark.parametrize("make", [MembersLoop, SinglesLoop])
def test_the_last_losses_alone(make):
    """As of the block with all of them, of members too that diverge on their way or leave."""
    p = potential(network(activation="identity"))
    mechanics = [fn.Aristotle(1e3 if r % 4 == 1 else 0.05) for r in range(R)]
    words = p, mechanics, [fn.Euclidean(p.size)] * R, [p.init(r) for r in range(R)]
    loops, blocks = [make(*words), make(*words)], []
    for loop, last in zip(loops, (None, 7)):
        loop.high[2] = 0.0
        blocks.append(loop.advance(90, last))
    whole, ring = blocks
    assert (whole.seen - whole.taken == (np.arange(R) == 2)).all()
    assert 1 < whole.seen[1] < 90 and (whole.seen[3], whole.seen[2]) == (90, 1)
    for name in ("seen", "taken"):
        np.testing.assert_array_equal(getattr(ring, name), getattr(whole, name))
    for n in (1, 4, 7):
        np.testing.assert_array_equal(ring.last(n), whole.last(n))
    np.testing.assert_array_equal(whole.last(7)[3], whole.loss[3, -7:])
    np.testing.assert_array_equal(np.isnan(whole.last(7)[2]), [True] * 6 + [False])


def test_sums_with_formulas():
    net = network()
    p = 0.5 * potential(net) + 0.01 * fn.Quartic(net.size)
    same_as_single_runs(p, [fn.Aristotle(0.1)] * R)


def test_who_diverges_stands_still_and_disturbs_nobody():
    net = network(activation="identity")
    mechanics = [fn.Aristotle(1e3 if r % 4 == 1 else 0.05) for r in range(R)]
    loop, loss = same_as_single_runs(potential(net), mechanics, cuts=(60, 60))
    assert (loop.going == (np.arange(R) % 4 != 1)).all()
    assert (np.isnan(loss).any(axis=1) == (np.arange(R) % 4 == 1)).all()


def test_who_is_stopped_stands_still():
    p = potential(network())
    loop = MembersLoop(
        p, [fn.Aristotle(0.1)] * R, [fn.Euclidean(p.size)] * R, [p.init(r) for r in range(R)]
    )
    loop.advance(3)
    loop.going[4], kept = False, loop.W.copy()
    loss = loop.advance(3).loss
    moved = (kept != loop.W).any(axis=1)
    assert moved.sum() == R - 1 and not moved[4] and np.isnan(loss[4]).all()


@pytest.mark.parametrize(
    "mechanics", [fn.Adam(0.01), fn.SAM(fn.Aristotle(0.1)), fn.Aristotle("linear:0.1")], ids=repr
)
def test_one_member_a_thread(mechanics):
    same_as_single_runs(potential(network()), [mechanics] * R, batch_size=7, make=SinglesLoop)


def test_what_the_lanes_do_not_know_is_said():
    net, plain = network(), fn.Euclidean(network().size)
    full = fn.Potential(
        net, fn.Quadratic(sample_metric=np.eye(M)), fn.Dataset(uniforms(1, M, 4), uniforms(2, M, 3))
    )
    assert not in_lanes(full, fn.Aristotle(0.1), plain)
    assert not in_lanes(fn.Parabola(3), fn.Aristotle(0.1), fn.Euclidean(3))
    for mechanics in (fn.SAM(fn.Aristotle(0.1)), fn.Aristotle("linear:0.1"), fn.RungeKutta()):
        assert not in_lanes(potential(net), mechanics, plain)
