"""Many runs at once, in the simulator, against single runs: one a thread, or one a block."""

import numpy as np
import pytest
from tolerance import close
from twins import uniforms

import flownet as fn
from flownet.kernels.cuda.members import advance, registers
from flownet.motion.members import MembersLoop, SinglesLoop

_in_blocks = advance._in_blocks

pytestmark = [
    pytest.mark.simulator,
    pytest.mark.filterwarnings("ignore:(overflow|invalid):RuntimeWarning"),  # of who diverges
]

M, R = 5, 2
LABELS = np.arange(M) % 3
LOSSES = {
    "quadratic": fn.Quadratic(),
    "metrics": fn.Quadratic(
        output_metric=[[2.0, 0.5, 0], [0.5, 1, 0], [0, 0, 3]], sample_metric=1.0 + np.arange(M)
    ),
    "cross-entropy": fn.CrossEntropy(temperature=0.7, sample_metric=1.0 + np.arange(M)),
    "cold": fn.CrossEntropy(temperature=0.001),
}
MECHANICS = {
    "decay": lambda r: fn.Aristotle(0.01 * (r + 1), weight_decay=0.1 * r),
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


@pytest.fixture(params=["thread", "group", "block"])
def way(request, monkeypatch):
    """A run a thread or half a warp, where that is possible, and a run a block."""
    if request.param != "thread":
        monkeypatch.setattr(advance, "fits", lambda *args: False)
    if request.param == "block":
        monkeypatch.setattr(advance, "fits_group", lambda *args: False)
    return request.param


def potential(sizes=(2, 3, 3), activation="tanh", loss="quadratic", dtype="float64", bias=True):
    x = uniforms(1, M, sizes[0])
    y = LABELS if loss[0] == "c" else uniforms(2, M, sizes[-1])
    net = fn.Network(sizes, activation, dtype=dtype, bias=bias)
    return fn.Potential(net, LOSSES[loss], fn.Dataset(x, y))


def agree(p, mechanics, metrics=None, batch_size=None, cuts=(2, 1), bounds=None):
    """Losses, steps and ends of every member, beside those of single runs on the CPU."""
    W = np.array([p.init(seed) for seed in range(R)])
    metrics = metrics or [fn.Euclidean(p.size)] * R
    found = []
    for make, device in ((SinglesLoop, "cpu"), (MembersLoop, "cuda")):
        loop = make(p.on_device(device), mechanics, metrics, W, batch_size, range(R))
        if bounds:
            loop.low[:], loop.high[:] = bounds
        found.append((loop, *map(np.hstack, zip(*(_told(loop.advance(n)) for n in cuts)))))
    (theirs, *expected), (mine, *got) = found
    np.testing.assert_array_equal(got[1], expected[1])
    np.testing.assert_array_equal(np.isnan(got[0]), np.isnan(expected[0]))
    close(np.nan_to_num(got[0]), np.nan_to_num(expected[0]), p.dtype.name)
    np.testing.assert_array_equal(mine.going, theirs.going)
    on = theirs.going
    if on.any():
        close(mine.W[on], theirs.W[on], p.dtype.name)
        close(mine.time[on], theirs.time[on])
    return mine


def _told(block):
    """Losses (R, count); how many were seen, and steps taken (R, 2)."""
    return block.loss, np.stack([block.seen, block.taken], axis=1)


@pytest.mark.parametrize("loss", LOSSES)
def test_losses(loss, dtype, way):
    agree(potential((2, 2, 3), loss=loss, dtype=dtype), [fn.Aristotle(0.01)] * R, cuts=(2,))


@pytest.mark.parametrize("name", MECHANICS)
def test_mechanics_with_numbers_of_their_own(name, way):
    mechanics = [MECHANICS[name](r) for r in range(R)]
    agree(potential((2, 2, 1)), mechanics, batch_size=2, cuts=(1, 3))


@pytest.mark.parametrize("activation", ["relu", "gelu", "sin"])
def test_activations_of_a_run_a_thread(activation):
    agree(potential((2, 2, 2, 1), activation), [fn.Aristotle(0.1)] * R)


def test_metrics_of_their_own(way):
    p = potential((3, 3, 3))
    layers = [fn.LayerMetric(p.network, [np.inf if r == 1 else 1.0 + r, 2.0]) for r in range(R)]
    agree(p, [fn.Adam(0.01)] * R, layers)
    coupled = [fn.CoupledMetric(p.network, [[2.0 + r, 0.3], [0.3, 1.0]]) for r in range(R)]
    agree(p, [fn.Aristotle(0.01, weight_decay=0.1)] * R, coupled)


@pytest.mark.parametrize("formula", [fn.Parabola(9), fn.DoubleWell(9)], ids=repr)
def test_formulas(formula, way):
    agree(0.5 * potential((2, 2, 1)) + 0.1 * formula, [fn.Aristotle(0.1)] * R)


def test_who_diverges_or_leaves_stands_still(way):
    mechanics = [fn.Aristotle(1e200 if r == 1 else 0.05) for r in range(R)]
    loop = agree(potential((2, 2, 1), "identity"), mechanics, cuts=(3, 1))
    assert loop.going.tolist() == [True, False]
    loop = agree(potential((2, 2, 1)), [fn.Aristotle(0.5)] * R, cuts=(6,), bounds=(0.05, np.inf))
    assert not loop.going.all()


def test_the_last_losses_alone(way):
    """Of members that diverge on their way, too."""
    p = potential((2, 2, 1), "identity").on_device("cuda")
    mechanics = [fn.Aristotle(1e80 if r == 1 else 0.05) for r in range(R)]
    words = p, mechanics, [fn.Euclidean(p.size)] * R, [p.init(r) for r in range(R)]
    whole, ring = (MembersLoop(*words).advance(7, last) for last in (None, 3))
    assert whole.seen[0] == 7 > whole.seen[1]
    np.testing.assert_array_equal(ring.seen, whole.seen)
    np.testing.assert_array_equal(ring.last(3), whole.last(3))


def test_more_members_than_are_worked_on_at_once(monkeypatch, way):
    p, words = potential((2, 2, 1)), {"cuts": (2,)}
    whole = agree(p, [fn.Adam(0.01)] * R, **words).W.copy()
    monkeypatch.setattr(advance, "_MOST", 1)
    np.testing.assert_array_equal(agree(p, [fn.Adam(0.01)] * R, **words).W, whole)


@pytest.mark.parametrize("way", ["thread", "block"], indirect=True)
def test_a_member_is_a_run_of_its_own_to_the_bit(way):
    """Whatever stands beside it; and its order of sums is that of a run alone in one block."""
    p = potential((2, 2, 1)).on_device("cuda")
    W = np.array([p.init(seed) for seed in range(R)])
    loop = MembersLoop(p, [fn.Adam(0.01)] * R, [fn.Euclidean(p.size)] * R, W, 2, range(R))
    loss = loop.advance(4).loss
    for r in range(R):
        run = fn.train(p, fn.Adam(0.01), W0=W[r], steps=4, batch_size=2, seed=r, device="cuda")
        np.testing.assert_array_equal(run.loss[:4], loss[r])
        np.testing.assert_array_equal(run.parameters[-1], loop.W[r])


def test_what_fits_the_registers_of_a_thread():
    quadratic = potential().compiled[1]
    for sizes, yes in (((2, 16, 1), True), ((2, 20, 1), False), ((16, 16, 1), False)):
        p = potential(sizes, dtype="float32")
        given = p.compiled[0], quadratic, np.float32, p.size, False, []
        assert registers.fits(*given) is yes


@pytest.mark.parametrize("sizes", [(3, 4, 2, 3), (4, 3), (2, 5, 1)], ids=str)
@pytest.mark.parametrize("bias", [True, False])
def test_layers_that_threads_of_a_group_share(sizes, bias, monkeypatch):
    """By inputs and by outputs in turn; units that fill their shares, and not; each layer's own
    stiffness, which half a warp knows, and each neuron's, which it leaves to a block."""
    monkeypatch.setattr(advance, "fits", lambda *args: False)
    p = potential(sizes, loss="cross-entropy" if sizes[-1] == 3 else "quadratic", bias=bias)
    stiff = [fn.LayerMetric(p.network, np.arange(1.0, len(sizes)) + r) for r in range(R)]
    agree(p, [fn.Newton(0.05, temperature=0.01)] * R, stiff, batch_size=2, cuts=(1, 2))
    told = []
    monkeypatch.setattr(advance, "_in_blocks", lambda *args: told.append(1) or _in_blocks(*args))
    agree(p, [fn.Aristotle(0.1)] * R, [fn.DiagonalMetric(np.arange(1.0, p.size + 1))] * R)
    assert told


def test_a_sweep():
    p = potential((2, 2, 1))
    experiment = fn.Experiment.of(p, fn.Aristotle(0.1), steps=5)
    words = {"axes": {"mechanics.step": [0.1, 1e200], "run.seed": range(2)}, "progress": False}
    theirs, mine = (fn.sweep(experiment, device=d, **words) for d in ("cpu", "cuda"))
    np.testing.assert_array_equal(mine.verdict, theirs.verdict)
    close(mine.loss[0], theirs.loss[0])
    close(mine.runs[0, 1].loss[-1], mine.loss[0, 1])
