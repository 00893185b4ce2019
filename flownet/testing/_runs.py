"""Short runs that checks of mechanics, policies and observables compare."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from .._errors import shown
from ..data import Dataset
from ..model.network import Network
from ..model.potential import OwnPotential, Potential, Quadratic
from ..motion.loops import resume, states, train
from ._expect import expect, near, numbers, same_bits

STEPS = 12


def small(dtype="float64"):
    """A quadratic loss of a 2-3-1 tanh network on five samples."""
    x, y = numbers(30, 10).reshape(5, 2), numbers(31, 5).reshape(5, 1)
    return Potential(Network([2, 3, 1], dtype=dtype), Quadratic(), Dataset(x, y))


def run_of(potential, mechanics, steps=STEPS, **words):
    """A short run from the potential's initial parameters, or from any."""
    W0 = None if potential.network is not None else numbers(32, potential.size) + 1.5
    return train(potential, mechanics, steps=steps, W0=W0, seed=7, progress=False, **words)


def check_runs(subject, potential, mechanics, **words):
    """The same bits twice, one state at a time, and stopped and resumed; the run.

    `words` are those of `train`; failures name `subject`.
    """
    name, run = shown(subject), run_of(potential, mechanics, **words)
    expect(run.diverged_at is None, f"{name}: the run diverges at step {run.diverged_at}")
    W = run.parameters[:]
    same_bits(f"{name}: a run", W, run_of(potential, mechanics, **words).parameters[:])
    W0 = None if potential.network is not None else run.parameters[0]
    walk = states(potential, mechanics, steps=STEPS, W0=W0, seed=7)
    walked = np.array([state.W.copy() for state in walk])
    same_bits(f"{name}: a run, and one a state at a time", walked, W)
    return run


def check_resumed(subject, potential, mechanics, run, **words):
    """A run stopped halfway goes on from its file with the same bits, observables too."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run.h5"
        run_of(potential, mechanics, steps=STEPS // 2, store=path, **words).close()
        observe = {name: f for name, (_, f) in words.get("observe", {}).items()}
        again = resume(path, potential=None, steps=STEPS, observe=observe, progress=False)
        name = shown(subject)
        same_bits(f"{name}: a run stopped and resumed", again.parameters[:], run.parameters[:])
        for observed in words.get("observe", {}):
            one, two = (r.observables[observed].value for r in (run, again))
            same_bits(f"{name}: what is observed of a run stopped and resumed", two, one)
        again.close()


class Program:
    """A potential as a program of somebody's own, which no kernel knows."""

    def __init__(self, potential):
        self.size, self.value = potential.size, potential.value
        self.differential, self.jet = potential.differential, potential.jet
        self.network = potential.network
        if potential.offers("hessian", "gauss_newton"):  # which some mechanics solve with
            self.hessian, self.gauss_newton = potential.hessian, potential.gauss_newton


def check_in_python(subject, potential, mechanics, run):
    """The loop in Python takes the steps that kernels take, to rounding."""
    program = OwnPotential(Program(potential))
    found = run_of(program, mechanics).parameters[:]
    name = f"{shown(subject)}: steps of the loop in Python and of kernels"
    near(name, found, run.parameters[:], np.finfo(float).eps, most=1e5)
