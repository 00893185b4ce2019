"""The last finite state of a run that diverges, and the room that a longer run asks for."""

import numpy as np
import pytest
import twins
from mistakes import told_in_one_line

import flownet as fn

CASE = twins.case(90_000, [3, 5, 4, 2], ["tanh", "sin"], "quadratic", m=17)
COMPLEX = fn.Network([3, 2, 1], "split_tanh", output="real", dtype="complex64")

DIVERGING = {
    "aristotle": dict(mechanics=fn.Aristotle(3.0)),
    "leapfrog": dict(mechanics=fn.Newton(4.0, integrator="leapfrog")),
    "momentum": dict(mechanics=fn.Newton.from_momentum(3.0, 0.9)),
    "langevin": dict(mechanics=fn.Langevin(3.0, 0.1), seed=5),
    "schedule": dict(mechanics=fn.Aristotle("exponential:3:0.9999")),
    "of the state": dict(mechanics=fn.Aristotle(lambda state: 3.0)),
    "batches": dict(mechanics=fn.Aristotle(3.0), batch_size=5),
}


@pytest.mark.parametrize("record_every", [7, 1000])
@pytest.mark.parametrize("name", DIVERGING)
def test_the_last_finite_state_is_recorded(name, record_every):
    """However rarely states are recorded, it is the one of a run that records all."""
    given = {"seed": 4, "W0": CASE["arrays"]["W"], "steps": 30_000, **DIVERGING[name]}
    potential = twins.potential(CASE) + fn.Quartic(CASE["arrays"]["W"].size)
    run, whole = (fn.train(potential, record_every=r, **given) for r in (record_every, 1))
    assert whole.diverged_at and run.diverged_at == whole.diverged_at
    rows = sorted({*range(0, run.diverged_at, record_every), run.diverged_at - 1})
    assert run.iteration.tolist() == rows
    for mine, other in ((run.parameters[:], whole.parameters[:]), (run.time, whole.time)):
        np.testing.assert_array_equal(mine, other[rows])
    np.testing.assert_array_equal(run.loss, whole.loss)


def test_that_of_complex_parameters():
    potential = fn.Potential(COMPLEX, fn.Quadratic(), fn.data.load("antenna", m=9, antennas=3))
    words = dict(W0=COMPLEX.init(1), steps=500)
    run, whole = (fn.train(potential, fn.Aristotle(9.0), record_every=r, **words) for r in (9, 1))
    assert run.iteration[-1] == run.diverged_at - 1 == whole.iteration[-1]
    np.testing.assert_array_equal(run.parameters[-1], whole.parameters[-1])


def test_that_of_a_run_that_goes_on(tmp_path):
    words = dict(W0=[1.0], record_every=100, seed=2)
    path = tmp_path / "run.h5"
    fn.train(fn.Parabola(), fn.Aristotle(3.0), steps=130, store=path, **words).close()
    run = fn.resume(path, steps=2000)
    assert run.diverged_at == 512 and run.iteration.tolist() == [*range(0, 512, 100), 511]
    assert run.parameters[-1] == -(2.0**511)


@pytest.mark.parametrize("way", ["resume", "go_on"])
@pytest.mark.parametrize("kept", ["file", "memory"])
def test_a_run_made_longer_asks_for_room(way, kept, tmp_path):
    path = tmp_path / "run.h5" if kept == "file" else None
    run = fn.train(fn.Parabola(), fn.Aristotle(0.1), W0=[1.0], steps=5, store=path)
    with told_in_one_line("would take .* TB"):
        if way == "resume":
            fn.resume(path or run, steps=99_999_999_999_999)
        else:
            fn.go_on(path or run, more=99_999_999_999_999, mechanics=fn.Aristotle(0.2))
    assert fn.resume(path or run, steps=9).finished
