"""Runs of every kind of physical system: they resume to the bit, and record their states."""

import numpy as np
import pytest
from make_ngspice_reference import CASES
from moving_systems import orbit, path
from states_at_rest import equilibrium
from test_complex_states import setting as of_complex
from test_dynamics import setting as without_energy
from test_readout import made as readout
from test_resistive import setting as resistive
from test_state_flow import made as flowing
from test_thermal import counted, sampled

import flownet as fn


def circuit():
    system, W, data = CASES["mesh, exponential"]()
    return fn.Equilibrium(system, fn.Quadratic(), data, nudge=0.05), W


SYSTEMS = {
    "hopfield": lambda: equilibrium("tanh"),
    "clipped": lambda: equilibrium("hard-sigmoid"),
    "form of 2017": lambda: flowing("tanh"),
    "readout": lambda: readout("sigmoid4"),
    "ideal diodes": lambda: resistive("ideal"),
    "exponential diodes": lambda: resistive("exponential"),
    "circuit": circuit,
    "path": lambda: path("oscillators"),
    "echo": lambda: orbit("oscillators"),
    "complex": of_complex,
    "no energy": without_energy,
    "enumerated": counted,
    "sampled": lambda: sampled(m=4, chains=8, discarded=5, kept=5),
}
of_nudges = [name for name in SYSTEMS if name not in ("echo", "enumerated", "sampled")]
SERIES = ["hopfield", "form of 2017", "readout", "exponential diodes", "circuit"]


@pytest.mark.parametrize("name", SYSTEMS)
def test_runs_resume_to_the_bit(name, tmp_path, holds):
    potential, W = SYSTEMS[name]()
    words = {"W0": W, "batch_size": 2, "seed": 3, "progress": False}
    whole = fn.train(potential, fn.Adam(0.01), steps=12, **words)
    fn.train(potential, fn.Adam(0.01), steps=5, store=tmp_path / "run.h5", **words)
    on = fn.resume(tmp_path / "run.h5", steps=12)
    otherwise = np.count_nonzero(on.parameters[:] != whole.parameters[:])
    otherwise += np.count_nonzero(on.loss != whole.loss)
    holds("numbers that a resumed run has otherwise", otherwise, 0)


@pytest.mark.parametrize("name", of_nudges)
def test_runs_record_their_states(name, holds):
    potential, W = SYSTEMS[name]()
    observe = {"s": (2, fn.FreeStates(potential))}
    run = fn.train(potential, fn.Aristotle(0.01), W0=W, steps=4, observe=observe, progress=False)
    seen = run.observables["s"].value
    apart = 0.0
    for i, k in enumerate((0, 2, 4)):
        states = np.concatenate(potential.relax(run.parameters[k]), axis=1)
        recorded = seen[i].view(states.dtype)
        assert recorded.shape == states.shape
        apart += np.count_nonzero(recorded != states)
    holds("numbers of states recorded otherwise", apart, 0)


@pytest.mark.parametrize("name", SERIES)
def test_terms_add_up_to_what_a_run_delivered(name, holds):
    potential, W = SYSTEMS[name]()
    run = fn.train(potential, fn.Aristotle(0.05), W0=W, steps=3, progress=False)
    for k, b in enumerate(fn.breakdown(run, every=1)):
        delivered = run.loss[k + 1] - run.loss[k]
        terms = b.linear + b.second + b.third + b.remainder
        holds("breakdown of a run beside its losses", abs(terms / delivered - 1), 1e-9)
