"""Paths and orbits in experiment files; mistakes told in one line."""

import numpy as np
import pytest
from moving_systems import orbit, path

import flownet as fn

FILE = """
[data]
name = "{data}"
[system]
kind = "{system}"
steps = {steps}
time = {time}
mechanical = {{ kind = "oscillators", coordinates = 2, inputs = {inputs} }}
observed = 1
[loss]
kind = "quadratic"
[equilibrium]
{learning}
nudge = 0.01
[mechanics]
kind = "aristotle"
step = 0.1
[run]
steps = 5
"""
WORDS = {
    "path": {"data": "spring", "system": "least-action", "steps": 20, "time": 1.0, "inputs": 0},
    "orbit": {"data": "resonator", "system": "verlet", "steps": 100, "time": 10.0, "inputs": 1},
}


@pytest.mark.parametrize("name", WORDS)
def test_files_say_what_moves(tmp_path, name):
    learning = 'kind = "echo"' if name == "orbit" else ""
    file = tmp_path / "made.toml"
    file.write_text(FILE.format(**WORDS[name], learning=learning))
    made = fn.Experiment.load(file)
    run = made.run(tmp_path / "run.h5")
    again = fn.Trajectory.open(tmp_path / "run.h5").potential
    assert again.parameters() == made.parts()[0].parameters()
    assert np.isfinite(run.loss).all()
    of = fn.Experiment.of(again, fn.Aristotle(0.1), steps=5).run()
    assert np.array_equal(of.parameters[-1], run.parameters[-1])
    swept = fn.sweep(made, axes={"equilibrium.nudge": [0.01, 0.02]}, progress=False)
    assert swept.loss[0] == run.loss[-1]


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: fn.LeastAction(3, steps=4, time=1.0), "mechanical is 3; it has to be one such"),
        (lambda: fn.LeastAction(fn.Oscillators(1), steps=1, time=1.0), "two or more"),
        (lambda: fn.Verlet(fn.Oscillators(1), steps=5, time=-1.0), "time is -1.0"),
        (lambda: fn.Verlet(fn.Oscillators(1), steps=5, time=1.0, observed=2), "1 coordinate"),
        (lambda: fn.Oscillators(1, dtype="complex128"), "real parameters"),
        (lambda: path("own")[0].system.init(0), "no rule for initial parameters"),
        (lambda: orbit("oscillators", nudge=0.0), "a number other than 0"),
        (lambda: fn.Echo(3, fn.Quadratic(), None, nudge=1.0), "flownet.Verlet"),
        (lambda: fn.Equilibrium(orbit("own")[0].system, None, None, nudge=1.0), "system is"),
    ],
)
def test_a_mistake_gets_one_line(make, line):
    with pytest.raises(fn.FlownetError, match=line) as error:
        make()
    assert "\n" not in str(error.value)
