"""How many steps of a run a report looks at, and what it leaves out as too dear."""

from types import SimpleNamespace

import numpy as np
import pytest
from pictures import STRICT
from reports import PANELS, titles

import flownet as fn
from flownet.desk.report import _measured, _tables
from flownet.store.bytes import FlatFile

pytestmark = STRICT


@pytest.mark.parametrize("steps", [1, 59, 61, 120, 121, 5000])
def test_it_looks_at_evenly_chosen_steps_by_an_odd_interval(steps, monkeypatch):
    """At most 60; an even interval would see every other swing of an oscillation alone."""
    run = SimpleNamespace(
        step=np.ones(steps),
        potential=fn.Parabola(),
        mechanics=fn.Aristotle(1.0),
        metric=None,
        experiment={"run": {}},
        is_flow=False,
    )
    monkeypatch.setattr(_measured, "breakdown", lambda run, **words: None)
    monkeypatch.setattr(_measured, "sharpness", lambda run, **words: words["every"])
    found = _measured.measure(run)
    assert found.every % 2 == 1 and found.sharpness == found.every
    assert min(steps, 20) <= steps / found.every <= 60


def test_a_dear_network_is_left_out_and_said(run, monkeypatch):
    work = run.potential.size * 60
    monkeypatch.setattr(_measured, "_WORK", 400 * work * _measured._FEWEST)
    found = _measured.measure(run)
    told = str(_tables.report(found))
    assert found.series is not None and not found.split and found.sharpness is not None
    assert "left out: the splits of the steps: " in told and "Verdicts" not in told
    assert titles(fn.plot.report(run, found)) == [*PANELS[:3], PANELS[4]]
    monkeypatch.setattr(_measured, "_WORK", work)
    found = _measured.measure(run)
    assert found.sharpness is None and "left out: sharpness" in str(_tables.report(found))
    assert found.charges is None and "left out: charges" in str(_tables.report(found))


def complex_run(steps=300, **options):
    """The run of README's complex network, of which every unit is dear."""
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 6)) + 1j * random.normal(size=(200, 6))
    data = fn.Dataset(x, (np.abs(x.sum(axis=1)) > 3).astype(int))
    network = fn.Network([6, 12, 2], "modrelu", output="abs2", bias=False, dtype="complex128")
    potential = fn.Potential(network, fn.CrossEntropy(), data)
    return fn.train(potential, fn.Aristotle(0.1), steps=steps, **options)


def test_of_complex_networks_it_splits_as_many_steps_as_their_units_allow(monkeypatch):
    """A split takes some tenths of a second each: 60 would take half a minute."""
    monkeypatch.setattr(_measured, "breakdown", lambda run, **words: SimpleNamespace(**words))
    monkeypatch.setattr(_measured, "sharpness", lambda run, **words: None)
    run = complex_run()
    found = _measured.measure(run)
    steps = len(run.step) / found.every
    assert _measured._FEWEST <= steps <= 20 and found.split and found.every % 2 == 1
    shares = 2 * 108 * _measured._PAIR_DIAGONAL * 14 * 200
    assert steps * shares <= _measured._WORK


def test_a_figure_of_terms_looks_at_as_many_steps_as_take_some_seconds():
    def interval(steps, size, m):
        data = SimpleNamespace(m=m)
        potential = SimpleNamespace(size=size, data=data)
        run = SimpleNamespace(step=np.ones(steps), potential=potential, experiment={"run": {}})
        return _measured.drawn_interval(run)

    assert interval(5000, 1210, 300) == 5000 // 300
    assert 5000 / interval(5000, 2410, 1797) * 60 * 2410 * 1797 <= 1.02 * _measured._QUICK
    assert interval(5000, 10**6, 10**5) == 50 and interval(9, 10**6, 10**5) == 1


def test_what_is_told_of_each_step_is_read_once(tmp_path, monkeypatch):
    """Not all times and steps anew for every step that is looked at."""
    path = tmp_path / "long.h5"
    fn.train(fn.Parabola(2), fn.Aristotle(0.001), W0=[1.0, 2.0], steps=5000, store=path)
    run, asked = fn.Trajectory.open(path), []
    read = FlatFile.read_into
    monkeypatch.setattr(
        FlatFile, "read_into", lambda *words: asked.append(words[1]) or read(*words)
    )
    fn.breakdown(run, every=2500)
    few = len(asked)
    fn.breakdown(run, every=100)
    assert len(asked) < few + 50 * 2 * 8
    run.time[:] = 0.0  # what is given away is a copy
    assert run.time[-1] == run.time.max() > 4.9
