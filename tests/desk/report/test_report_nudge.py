"""Reports of physical systems tell what their nudge falsifies."""

import pytest
from pictures import STRICT, is_drawn
from reports import PANELS, shell, titles
from tolerance import close

import flownet as fn

pytestmark = STRICT


def test_a_physical_system_is_told_of_its_nudge(tmp_path, monkeypatch):
    """Bias, least curvature and sweeps, in tables, in the file, and in the figure."""
    system = fn.Hopfield([2, 8, 1], "tanh", init=[0.5, 0.3])
    potential = fn.Equilibrium(system, fn.Quadratic(), fn.data.load("xor"), nudge=0.1)
    path = tmp_path / "run.h5"
    fn.train(potential, fn.Aristotle(0.2), steps=30, seed=1, store=path)
    told = shell("breakdown", path)
    for words in (
        "30 of 30 steps, every 1st, split into self terms, pairs and triplets",
        "First order by what the nudge makes of it",
        "power 2",
        "What the nudge falsifies, and how far states can be trusted",
        "λ_min",
        "sweeps",
        "stored in",
    ):
        assert words in told, words
    assert max(map(len, told.splitlines())) <= 100
    run = fn.Trajectory.open(path)
    record = run.analyses["meters"]
    k = list(record.iteration).index(30)
    found = potential.meters(run.parameters[30])
    wanted = [found.bias, found.curl, found.softness, found.kink, found.radius, found.sweeps]
    assert record.value[k].tolist() == [*wanted, found.residual]
    monkeypatch.setattr("flownet.desk.plot._report.measure", None)  # what is stored is drawn
    figure = fn.plot.report(run)
    assert titles(figure) == [
        *PANELS[:5],
        "What the nudge falsifies",
        "How far states can be trusted",
        "Sweeps until free states are at rest",
    ]
    (sweeps,) = figure.axes[7].lines
    close(sweeps.get_ydata(), record.value[:, 5])
    assert "hopfield 2-8-1" in figure.get_suptitle()


@pytest.mark.parametrize("of", ["path", "echo"])
def test_a_path_is_told_of_its_nudge(of, tmp_path):
    """Its states have no series, and its energy no minimum: terms by differences, powers fitted."""
    made = fn.Oscillators(1)
    if of == "path":
        data = fn.data.load("spring", steps=10)
        system = fn.LeastAction(made, steps=10, time=1.0)
        potential = fn.Equilibrium(system, fn.Quadratic(), data, nudge=0.01)
    else:
        made, data = fn.Oscillators(2, inputs=1), fn.data.resonator(m=4, steps=20)
        system = fn.Verlet(made, steps=20, time=10.0, observed=1)
        potential = fn.Echo(system, fn.Quadratic(), data, nudge=0.01)
    path = tmp_path / "run.h5"
    W0 = [1.0, 0.0] if of == "path" else potential.init(seed=0)
    fn.train(potential, fn.Aristotle(0.1), W0=W0, steps=5, store=path)
    told = shell("breakdown", path)
    assert "self terms, pairs" in told and "First order by what the nudge makes of it" in told
    assert "left out: the terms" not in told
    assert ("What the nudge falsifies" in told) == (of == "path")  # states at rest have meters
    assert is_drawn(path.with_suffix(".breakdown.png"))
