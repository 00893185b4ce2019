"""Finite steps of the device, in the simulator: every mechanics, metric, batch and formula."""

import numpy as np
import pytest
from runs import MECHANICS, POLICIES, both, distance, near, potential, same_records
from tolerance import tolerance

import flownet as fn
from flownet.kernels.cuda.base.launch import Kernel
from flownet.kernels.cuda.motion import rows, run as motion_run, steps
from flownet.kernels.cuda.tiny import run as tiny
from flownet.motion.loops import _run

pytestmark = pytest.mark.simulator

STEPS = 4  # of three an epoch, where there are mini-batches
SINGLE = ["aristotle", "newton", "nesterov", "adam", "thierry-mieg, centred"]


@pytest.fixture(autouse=True)
def all_of_the_device(monkeypatch):
    """Runs as small as these are a block's, see `test_cuda_tiny`; here they are the device's."""
    monkeypatch.setattr(tiny, "SMALL", {True: 0.0, False: 0.0})


@pytest.fixture
def alike(holds):
    """Hold that a run is the same on both devices; the two."""

    def alike(potential, mechanics, dtype="float64", **words):
        cpu, here = both(potential, mechanics, **{"steps": STEPS, **words})
        near(holds, here, cpu, "any", dtype)
        same_records(cpu, here, 10 * tolerance("reference", dtype))
        return cpu, here

    return alike


@pytest.mark.parametrize(
    ("name", "dtype"),
    [*((name, "float64") for name in MECHANICS), *((name, "float32") for name in SINGLE)],
)
def test_every_mechanics(name, dtype, alike):
    """Mini-batches with a short last one, in the order of more than one epoch."""
    alike(potential(dtype=dtype), MECHANICS[name], dtype, batch_size=2)


def _two_hundred_steps(name, dtype, holds):
    """Of a network so small that the simulator can."""
    cpu, here = both(potential((2, 2, 1), 2, dtype), MECHANICS[name], steps=200)
    near(holds, here, cpu, name, dtype)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["aristotle", "rmsprop"])
def test_two_hundred_steps(name, dtype, holds):
    _two_hundred_steps(name, dtype, holds)


@pytest.mark.parametrize("name", ["aristotle", "newton", "rmsprop", "adam"])
def test_two_hundred_steps_of_one_block(name, dtype, holds, monkeypatch):
    monkeypatch.setattr(tiny, "SMALL", {True: np.inf, False: np.inf})
    _two_hundred_steps(name, dtype, holds)


@pytest.mark.parametrize("name", POLICIES)
def test_steps_and_temperatures_that_change(name, alike):
    alike(potential(), POLICIES[name])


@pytest.mark.parametrize("mechanics", ["aristotle", "adam", "sam", "heated", "decayed"])
def test_layers_of_their_own_stiffness(mechanics, alike):
    """One of them is frozen, and keeps every bit."""
    p = potential((2, 3, 3, 1))
    metric = fn.LayerMetric(p.network, [np.inf, 2.0, 0.5])
    cpu, here = alike(p, MECHANICS[mechanics], metric=metric)
    first = slice(*p.network.ranges[0])
    assert np.array_equal(here.parameters[:, first], cpu.parameters[:, first])


@pytest.mark.parametrize("mechanics", ["decayed", "sam", "newton"])
def test_layers_that_a_metric_couples(mechanics, alike):
    p = potential((2, 3, 3, 3, 1))
    stiffness = np.diag([1.0, 2.0, 1.0, 0.5])
    stiffness[1, 2] = stiffness[2, 1] = -0.6
    alike(p, MECHANICS[mechanics], metric=fn.CoupledMetric(p.network, stiffness))


def test_a_metric_that_follows_the_steps_and_one_that_follows_the_time(alike):
    p = potential()
    alike(p, fn.Aristotle(0.1), metric=fn.ScheduledMetric(p.network, ["exponential:2:0.9", 1.0]))
    slow, quick = fn.LayerMetric(p.network, [2.0, 2.0]), fn.LayerMetric(p.network, [1.0, 0.5])
    timed = fn.TimedMetric([0.0, 0.25], [slow, quick])
    alike(p, fn.Aristotle(0.1), metric=timed)


@pytest.mark.parametrize(
    "formula", [fn.Parabola(13), fn.Quartic(13), fn.DoubleWell(size=13)], ids=repr
)
def test_a_network_and_a_formula(formula, alike):
    """Their sum, scaled, with the formula first or alone."""
    p = potential()
    assert p.size == 13
    W0 = p.network.init(2)
    alike(0.5 * p + 0.1 * formula, fn.Aristotle(0.1), W0=W0)
    single = W0.astype("float32")
    alike(formula + 2.0 * formula, fn.Nesterov(0.02), "float32", W0=single, steps=2)


def test_uv(alike):
    alike(fn.UV(3), fn.SAM(fn.Aristotle(0.1), radius=0.1), W0=np.linspace(-1, 1, 6))


def test_a_run_that_diverges_keeps_its_last_finite_row():
    """The step in which it happens is the same, and so is what is recorded before."""
    quartic = fn.Quartic(3)
    W0 = np.array([4.0, -3.0, 2.0])
    cpu, here = both(quartic, fn.Aristotle(1.0), W0=W0, steps=30, record_every=1)
    assert cpu.diverged_at == here.diverged_at
    assert cpu.diverged_at is not None
    same_records(cpu, here, 10 * tolerance("reference"))
    assert len(here.parameters) == len(cpu.parameters)
    assert np.isfinite(here.parameters[:]).all()


def test_rows_that_come_back_in_small_halves(monkeypatch, alike):
    """More rows than there is room for, not all of them kept; and orders of one epoch at a time."""
    monkeypatch.setattr(rows, "_MOST", 2)
    monkeypatch.setattr(steps, "_ORDERS", 1)
    p = potential()
    for every in (1, 3):
        alike(p, fn.Aristotle(0.1), steps=9, batch_size=2, record_every=every)


def test_steps_of_a_loop_in_python(alike):
    """A metric that is a function of the time: each step is asked for by itself."""
    p = potential()
    metric = lambda t: fn.LayerMetric(p.network, [1.0 + t, 2.0])  # noqa: E731
    for name in ("newton", "adam"):
        alike(p, MECHANICS[name], metric=metric, steps=3)


@pytest.mark.parametrize("name", ["heated", "adam", "aristotle"])
def test_the_same_bits_whole_or_resumed(name, tmp_path):
    """On the same device, and not after each recorded row alone."""
    p, words = potential(), {"batch_size": 2, "seed": 5, "device": "cuda", "progress": False}
    whole = fn.train(p, MECHANICS[name], steps=7, **words)
    path = tmp_path / "run.h5"
    fn.train(p, MECHANICS[name], steps=4, store=path, **words)
    resumed = fn.resume(path, steps=7, progress=False)
    assert resumed.experiment["run"]["device"] == "cuda"
    assert np.array_equal(whole.parameters[:], resumed.parameters[:])
    assert np.array_equal(whole.loss[:], resumed.loss[:])


def test_a_run_goes_on_on_another_device(tmp_path):
    """When told to, and from then on there; there and back it is the same run but for rounding."""
    p, words = potential(), {"seed": 5, "progress": False}
    whole = fn.train(p, MECHANICS["adam"], steps=8, **words)
    path = tmp_path / "run.h5"
    fn.train(p, MECHANICS["adam"], steps=4, store=path, **words)
    there = fn.resume(path, steps=6, device="cuda", progress=False)
    assert there.potential.device == "cuda"
    assert fn.Trajectory.open(path).experiment["run"]["device"] == "cuda"
    assert fn.Trajectory.open(path).potential.device == "cpu"  # to look at it
    assert fn.resume(path, steps=7, progress=False).potential.device == "cuda"
    back = fn.resume(path, steps=8, device="cpu", progress=False)
    assert back.potential.device == "cpu"
    assert distance(back, whole) < tolerance("reference")
    with pytest.raises(fn.FlownetError, match="'cuda:3' is not available"):
        fn.resume(path, steps=9, device="cuda:3", progress=False)


def test_going_on_otherwise_stays_on_the_device(tmp_path):
    p, words = potential(), {"seed": 5, "progress": False, "steps": 3}
    run = fn.train(p, fn.Aristotle(0.1), device="cuda", store=tmp_path / "run.h5", **words)
    run = fn.go_on(tmp_path / "run.h5", more=2, mechanics=fn.Nesterov(0.05), progress=False)
    assert run.potential.device == "cuda"
    assert run.experiment["run"]["device"] == "cuda"
    assert len(run.loss) == 6


def test_a_step_is_a_few_launches(monkeypatch, holds):
    """Eight products and five more, not thirty; where graphs work they are one."""
    launched, launch = [], Kernel.__call__

    def counted(kernel, *args, **words):
        launched.append(kernel.name)
        launch(kernel, *args, **words)

    monkeypatch.setattr(Kernel, "__call__", counted)
    p, found = potential((2, 3, 3, 1)), []
    for count in (2, 5):
        launched.clear()
        fn.train(p, fn.Aristotle(0.1), steps=count, device="cuda", progress=False, record_every=9)
        found.append(len(launched))
    holds("launches of a step of three layers", (found[1] - found[0]) / 3, 15)


class Replayed:
    """A graph for the simulator: what was launched once is launched again, as it was."""

    made = 0

    def __init__(self, stream, launches):
        self._launches = launches
        Replayed.made += 1

    def launch(self):
        self._launches()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("heated", {"batch_size": 2, "record_every": 2}),
        ("adam", {"batch_size": 2}),
        ("sam", {"record_every": 3}),
        ("of the loss", {}),
        ("of a heat bath", {}),
    ],
)
def test_steps_of_a_kind_are_one_graph(name, words, monkeypatch):
    """All that differs from step to step, and from block to block, is on the device."""
    p, mechanics = potential(), MECHANICS.get(name) or POLICIES[name]
    words = {"steps": 9, "seed": 5, "device": "cuda", "progress": False, **words}
    plain = fn.train(p, mechanics, **words)
    monkeypatch.setattr(Replayed, "made", 0)
    monkeypatch.setattr(motion_run, "Graph", Replayed)
    monkeypatch.setattr(motion_run, "usable", lambda *_: True)
    monkeypatch.setattr(_run, "_BLOCK_SECONDS", 1e-3)  # blocks of one step, and of two
    replayed = fn.train(p, mechanics, **words)
    assert Replayed.made > 0
    for what in ("parameters", "loss", "step", "time", "iteration"):
        assert np.array_equal(getattr(plain, what)[:], getattr(replayed, what)[:]), what


def test_a_metric_that_follows_the_steps_in_a_graph(monkeypatch):
    p = potential()
    metric = fn.ScheduledMetric(p.network, ["exponential:2:0.9", 1.0])
    words = {"steps": 7, "seed": 5, "device": "cuda", "progress": False, "metric": metric}
    plain = fn.train(p, fn.Aristotle(0.1), **words)
    monkeypatch.setattr(motion_run, "Graph", Replayed)
    monkeypatch.setattr(motion_run, "usable", lambda *_: True)
    replayed = fn.train(p, fn.Aristotle(0.1), **words)
    assert np.array_equal(plain.parameters[:], replayed.parameters[:])
