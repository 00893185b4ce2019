"""One run in one block, in the simulator, against the CPU's kernels."""

from types import SimpleNamespace

import numpy as np
import pytest
from tolerance import close
from twins import uniforms

import flownet as fn
from flownet.geometry.metric import metric_of
from flownet.kernels.cuda.tiny import rows as tiny_rows, run as tiny
from flownet.motion.loops import make_loop, one_row
from flownet.motion.mechanics._start import start

pytestmark = [
    pytest.mark.simulator,
    pytest.mark.filterwarnings("ignore:(overflow|invalid):RuntimeWarning"),  # of who diverges
]

M = 5
LABELS = np.arange(M) % 3


def potential(sizes=(2, 3, 3), activation="tanh", loss=None, dtype="float64", bias=True):
    loss = loss or fn.Quadratic()
    x = uniforms(1, M, sizes[0])
    y = LABELS if isinstance(loss, fn.CrossEntropy) else uniforms(2, M, sizes[-1])
    net = fn.Network(sizes, activation, dtype=dtype, bias=bias)
    return fn.Potential(net, loss, fn.Dataset(x, y))


def both(p, mechanics, metric=None, batch_size=None, steps=(2, 1), every=1):
    """The CPU's loop and that of one block, after the same steps: loops and what they recorded."""
    p, metric = start(p, mechanics, metric, batch_size, sum(steps), 1)
    found = []
    for kernels in (None, SimpleNamespace(advance=tiny.advance)):
        W = p.init(3)
        loop = make_loop(p, mechanics, metric, W, 0.0, batch_size, 1)
        if kernels:
            loop._compiled.kernels = kernels
        first, parts = 0, []
        for count in steps:
            tape = one_row(W, count)._replace(
                every=every,
                parameters=np.full((count, W.size), np.nan, W.dtype),
                row_iteration=np.full(count, -1),
                row_time=np.full(count, np.nan),
            )
            done, rows, finite = loop.advance(first, count, tape)
            parts.append((done, rows, finite, tape))
            first += done
            if not finite:
                break
        found.append((loop, parts))
    return found


def agree(p, mechanics, kind="reference", **words):
    """Both did the same, number by number."""
    (cpu, theirs), (mine, own) = both(p, mechanics, **words)
    assert [part[:3] for part in own] == [part[:3] for part in theirs]
    dtype = p.dtype.name
    for (done, rows, _, tape), (_, _, _, other) in zip(own, theirs):
        np.testing.assert_array_equal(tape.iteration[:done], other.iteration[:done])
        np.testing.assert_array_equal(tape.row_iteration[:rows], other.row_iteration[:rows])
        for name in ("loss", "step", "time"):
            close(getattr(tape, name)[:done], getattr(other, name)[:done], dtype, kind)
        for name in ("parameters", "row_time"):
            close(getattr(tape, name)[:rows], getattr(other, name)[:rows], dtype, kind)
    if own[-1][2]:
        close(mine.W, cpu.W, dtype, kind)
        close(mine.time, cpu.time, "float64", kind)
        for name, array in cpu.arrays.items():
            if array.size:
                close(mine.arrays[name], array, dtype, kind)


@pytest.mark.parametrize("activation", fn.ACTIVATIONS)
def test_activations(activation):
    agree(potential((2, 2, 1), activation), fn.Aristotle(0.1), steps=(2,))


LOSSES = {
    "metrics": fn.Quadratic(
        output_metric=[[2.0, 0.5, 0], [0.5, 1, 0], [0, 0, 3]], sample_metric=1.0 + np.arange(M)
    ),
    "cross": fn.CrossEntropy(),
    "warm": fn.CrossEntropy(temperature=0.7, sample_metric=1.0 + np.arange(M)),
    "cold": fn.CrossEntropy(temperature=0.001),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name, dtype):
    agree(potential((2, 2, 3), loss=LOSSES[name], dtype=dtype), fn.Aristotle(0.01), steps=(2,))


MECHANICS = {
    "decay": fn.Aristotle(0.1, weight_decay=0.1),
    "warmup": fn.Aristotle("warmup:0.1:5"),
    "loss": fn.Aristotle("loss"),
    "newton": fn.Newton(0.1, friction=0.5, temperature=0.1),
    "cosine": fn.Newton(0.1, temperature=fn.Cosine(0.1, 5, 0.01)),
    "leapfrog": fn.Newton(0.1, integrator="leapfrog"),
    "explicit": fn.Newton(0.1, integrator="explicit"),
    "momentum": fn.Newton.from_momentum(0.1, 0.9),
    "nesterov": fn.Nesterov(0.1),
    "rmsprop": fn.RMSProp(0.01, centered=True, momentum=0.5),
    "adam": fn.Adam(0.01),
    "adamw": fn.AdamW(0.01),
    "thierry-mieg": fn.ThierryMieg(0.1, memory1=0.5, memory2=0.9),
    "langevin": fn.Langevin(0.01, temperature=0.1),
    "sam": fn.SAM(fn.Adam(0.01)),
}


@pytest.mark.parametrize("name", MECHANICS)
def test_mechanics(name):
    """Over the end of an epoch whose last batch is short, and from one call to the next."""
    agree(potential((2, 2, 1)), MECHANICS[name], batch_size=2, steps=(2, 2), every=2)


def test_metrics():
    p = potential((3, 3, 3))
    layers = fn.LayerMetric(p.network, [2.0, np.inf])
    agree(p, fn.Adam(0.01), metric=layers)
    coupled = fn.CoupledMetric(p.network, [[2.0, 0.3], [0.3, 1.0]])
    agree(p, fn.Aristotle(0.1, weight_decay=0.1), metric=coupled)
    agree(p, fn.SAM(fn.Aristotle(0.1)), metric=coupled)
    timed = fn.TimedMetric([0.0, 0.25], [layers, fn.LayerMetric(p.network, [1.0, 3.0])])
    agree(p, fn.Aristotle(0.1), metric=timed)


@pytest.mark.parametrize(
    "formula", [fn.Parabola(20), fn.Quartic(20), fn.DoubleWell(20), fn.UV(10)], ids=repr
)
def test_formulas(formula):
    p = potential((4, 2, 6), bias=False)
    agree(0.5 * p + 0.1 * formula, fn.Aristotle(0.1))


def test_depths_without_bias():
    for sizes in [(3, 2), (2, 3, 1, 2)]:
        agree(potential(sizes, bias=False), fn.Aristotle(0.1))


def test_a_run_that_diverges_keeps_its_last_finite_row():
    agree(potential(activation="identity"), fn.Aristotle(1e200), steps=(6,))
    agree(potential(activation="identity", dtype="float32"), fn.Aristotle(1e30), steps=(6,))


def test_more_samples_than_shared_memory_holds(monkeypatch):
    """In parts, and with everything in global memory: the same bits."""
    p, words = potential((2, 2, 1)), {"steps": (2,), "batch_size": None}
    whole = both(p, fn.Adam(0.01), **words)[1][0].W.copy()
    for most in ({"MOST": 2}, {"SHARED": 0}, {"SHARED": 0, "MOST": 2}):
        with monkeypatch.context() as patch:
            patch.setattr(tiny, "_plans", {})
            for name, value in most.items():
                patch.setattr(f"flownet.kernels.cuda.tiny.plan.{name}", value)
            np.testing.assert_array_equal(both(p, fn.Adam(0.01), **words)[1][0].W, whole)


def test_what_a_block_is_for():
    p = potential()
    loop = make_loop(p, fn.Aristotle(0.1), metric_of(None, p), p.init(0), 0.0, None, 0)
    with loop._compiled.for_kernels() as problem:
        assert tiny.is_small(problem, loop._rule)
        many = problem._replace(data=problem.data._replace(x=np.zeros((10**6, 2))))
        assert not tiny.is_small(many, loop._rule)


ENDS = {
    "batches": (fn.Adam(0.01), None),
    "noise": (fn.Newton(0.1, temperature=fn.Cosine(0.1, 5, 0.01)), None),
    "diverges": (fn.Aristotle(1e150), "identity"),
}


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("every", [1, 2])
def test_rows_that_come_back_beside_the_steps(name, every, monkeypatch):
    """Several launches do what one does, to the last bit, over ends of epochs."""
    mechanics, activation = ENDS[name]
    p, launches = potential((2, 2, 1), activation or "tanh"), []
    words = {"batch_size": 2, "steps": (5, 6), "every": every}
    _, (whole, once) = both(p, mechanics, **words)
    honest = tiny.ends_of

    def counted(*of):
        launches.append(len(honest(*of)))
        return honest(*of)

    monkeypatch.setattr(tiny, "ends_of", counted)
    monkeypatch.setattr(tiny_rows, "_PIECE", 2 * 8 * p.network.size)  # two rows of each launch
    _, (loop, parts) = both(p, mechanics, **words)
    assert launches[0] == (3 if every == 1 else 2)
    np.testing.assert_array_equal(loop.W, whole.W)
    for (done, rows, finite, tape), (*of_one, other) in zip(parts, once, strict=True):
        assert [done, rows, finite] == of_one
        np.testing.assert_array_equal(tape.loss[:done], other.loss[:done])
        np.testing.assert_array_equal(tape.parameters[:rows], other.parameters[:rows])
        np.testing.assert_array_equal(tape.row_iteration[:rows], other.row_iteration[:rows])
    assert parts[-1][2] == (name != "diverges")
