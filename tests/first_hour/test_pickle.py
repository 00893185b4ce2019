"""Runs and results pass through pickle, copies and processes, and are what they were."""

import copy
import pickle
from multiprocessing import get_context

import numpy as np
import pytest
from landscapes import Own
from mistakes import told_in_one_line
from workers import looked_at, trained

import flownet as fn

XOR = fn.data.load("xor")
RELU = fn.Potential(fn.Network([2, 3, 1], "relu"), fn.Quadratic(), XOR)
TANH = fn.Potential(fn.Network([2, 3, 1]), fn.Quadratic(), XOR)
HELD = TANH + 0.003 * fn.Parabola(TANH.size)
W = TANH.network.init(seed=0)
WAYS = {"pickle": lambda part: pickle.loads(pickle.dumps(part)), "deepcopy": copy.deepcopy}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def way(request):
    return request.param


def run_of(potential=TANH, mechanics=None, **words):
    mechanics = mechanics or fn.Aristotle(0.1)
    return fn.train(potential, mechanics, W0=W, steps=8, **words)


def complex_run():
    data = fn.Dataset([[1j, 1.0], [0.5, 2j]], [[1.0], [1j]])
    network = fn.Network([2, 2, 1], "cardioid", dtype="complex128")
    return fn.train(fn.Potential(network, fn.Quadratic(), data), fn.Aristotle(0.1), steps=4)


PARTS = {
    "Dataset": lambda: XOR,
    "Network": lambda: TANH.network,
    "CrossEntropy": lambda: fn.CrossEntropy(temperature=2.0),
    "Potential": lambda: TANH,
    "Sum": lambda: HELD,
    "Charted": lambda: fn.Charted(TANH, fn.Sinh(0.1)),
    "mechanics": lambda: fn.ThierryMieg(0.1, memory1=0.9, memory2=0.99),
    "policy": lambda: fn.Cosine(0.1, 20),
    "metric": lambda: fn.LayerMetric(TANH.network, [1.0, 2.0]),
    "Experiment": lambda: fn.Experiment(run_of().experiment),
    "Trajectory": run_of,
    "flow": lambda: fn.flow(TANH, W0=W, time=1.0),
    "complex": complex_run,
    "in_W": lambda: fn.in_W(run_of(fn.Charted(TANH, fn.Sinh())), metric=fn.Euclidean(W.size)),
    "Breakdown": lambda: fn.breakdown(TANH, W, 0.1),
    "of a run": lambda: fn.breakdown(run_of(), at=1),
    "of a complex run": lambda: fn.breakdown(complex_run(), at=1),
    "Breakdowns": lambda: fn.breakdown(run_of(), every=2),
    **{
        basis: lambda basis=basis: fn.breakdown(TANH, W, 0.1).split(basis)
        for basis in ("parameters", "neurons", "layers", "eigen", "map")
    },
    "interventions": lambda: fn.breakdown(TANH, W, 0.1).interventions(),
    "missed": lambda: fn.breakdown(TANH, W, 0.1).missed(),
    "verdict": lambda: fn.breakdown(TANH, W, 0.1).verdict,
    "radius": lambda: fn.breakdown(TANH, W, 0.1).radius(),
    "kinks": lambda: fn.breakdown(RELU, W, 0.1).kinks,
    "Departure": lambda: fn.departure(run_of()),
    "of a complex one": lambda: fn.departure(complex_run(), rtol=1e-4),
    "powers": lambda: fn.departure_power(TANH, W, steps=[0.1, 0.05], time=0.5),
    "Rod": lambda: fn.rod(run_of(), at=2),
    "Curl": lambda: fn.curl(TANH, W),
    "Exits": lambda: fn.exits(HELD, W, step=0.6, steps=30),
    "CriticalPoint": lambda: fn.minimum(HELD, W),
    "Charges": lambda: fn.charges(RELU),
    "ChargeDrift": lambda: fn.charges(RELU).along(run_of(RELU)),
    "GradientNoise": lambda: fn.noise(TANH, W, 2),
    "Eigenpairs": lambda: fn.eigenpairs(TANH, W, k=2),
    "Inertia": lambda: fn.inertia(TANH, W),
    "SpectralDensity": lambda: fn.spectral_density(TANH, W),
    "AdaptiveMetric": lambda: fn.adaptive_metric(run_of(mechanics=fn.Adam(0.1))),
    "RollingForce": lambda: fn.rolling_force(run_of(), 0.9),
    "Pretraining": lambda: fn.pretrain(TANH.network, XOR, fn.Aristotle(0.1), steps=3),
}


@pytest.mark.parametrize("make", PARTS.values(), ids=PARTS)
def test_what_comes_back_is_what_it_was(make, way):
    part = make()
    again = way(part)
    assert type(again) is type(part) and str(again) == str(part) and "object at" not in str(part)


def test_a_hessian_acts_as_before(way):
    for potential in (TANH, HELD, fn.Charted(TANH, fn.Sinh(0.1)), complex_run().potential):
        H = potential.hessian(potential.init(0) if potential.network else W)
        V = np.linspace(-1, 1, H.shape[0])
        assert np.array_equal(way(H) @ V, H @ V)


def test_a_data_set_stays_as_it_is(way):
    again = way(XOR)
    assert again.sha256 == XOR.sha256
    for array in (again.x, again.y):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 2.0


def test_buffers_do_not_travel():
    TANH.hessian(W).diagonal()
    assert len(pickle.dumps(TANH)) < 10_000


# ---- stored runs ---------------------------------------------------------------------------------


def test_a_stored_run_is_its_file(way, tmp_path):
    metric = fn.LayerMetric(TANH.network, [1.0, 2.0])
    run = run_of(store=tmp_path / "run.h5", metric=metric)
    again = way(run)
    assert again.path == run.path and len(pickle.dumps(run)) < 1000
    assert np.array_equal(again.parameters[:], run.parameters[:])
    assert str(fn.breakdown(again, at=1)) == str(fn.breakdown(run, at=1))
    assert repr(again.metric) == repr(metric) and repr(again.mechanics) == repr(run.mechanics)


def test_a_path_that_is_relative_is_found_from_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kept = pickle.dumps(run_of(store="run.h5"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert len(pickle.loads(kept).loss) == 9


def test_another_runs_file_does_not_come_back(tmp_path):
    kept = pickle.dumps(run_of(store=tmp_path / "run.h5"))
    run_of(store=tmp_path / "run.h5", overwrite=True)
    with told_in_one_line(r"run\.h5 was overwritten by another run"):
        pickle.loads(kept)


def test_a_potential_that_was_set_comes_along(way, tmp_path):
    run = run_of(store=tmp_path / "run.h5")
    run.potential = HELD
    assert repr(way(run).potential) == repr(HELD)


# ---- programs of a user's own --------------------------------------------------------------------


def local():
    """A potential of a class that pickle cannot find."""

    class Local(Own):
        pass

    return Local()


@pytest.mark.parametrize("stored", [False, True])
def test_a_program_comes_along_where_it_can(stored, tmp_path):
    words = {"store": tmp_path / "run.h5"} if stored else {}
    run = fn.train(Own(), fn.Aristotle(0.1), W0=np.ones(3), steps=3, **words)
    assert type(pickle.loads(pickle.dumps(run)).potential.given) is Own
    run = fn.train(
        local(), fn.Aristotle(0.1), W0=np.ones(3), steps=3, **{**words, "overwrite": stored}
    )
    again = pickle.loads(pickle.dumps(run))
    assert np.array_equal(again.parameters[:], run.parameters[:])
    with told_in_one_line("the run's potential is a program of its own"):
        print(again.potential)
    again.potential = Own()
    assert again.potential.value(again.parameters[0]) == run.loss[0]


def test_a_breakdown_of_a_program_keeps_its_numbers():
    class Local(fn.Parabola):
        def value(self, W):
            return super().value(W)

    b = fn.breakdown(Local(3), np.ones(3), 0.1)
    again = pickle.loads(pickle.dumps(b))
    assert (again.linear, again.second, again.actual) == (b.linear, b.second, b.actual)
    with told_in_one_line("stored without their run: nothing more is known"):
        again.split("eigen")


# ---- processes -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_pool_of_processes_hands_runs_over_and_back(tmp_path):
    runs = [run_of(), run_of(store=tmp_path / "run.h5")]
    jobs = [
        (HELD, W, None),
        (TANH, W, tmp_path / "other.h5"),
        (fn.DoubleWell(3), np.ones(3) / 3, None),
    ]
    with get_context("spawn").Pool(1) as pool:
        for run, found in zip(runs, pool.map(looked_at, runs)):
            for part, expected in zip(found, looked_at(run)):
                assert str(part) == str(expected)
        for (potential, W0, _), (run, b) in zip(jobs, pool.map(trained, jobs)):
            expected = fn.train(potential, fn.Aristotle(0.1), W0=W0, steps=8)
            assert np.array_equal(run.parameters[:], expected.parameters[:])
            assert b.delivered == fn.breakdown(expected, at=0).delivered
    assert fn.Trajectory.open(tmp_path / "other.h5").finished
