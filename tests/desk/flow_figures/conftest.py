"""A run that leaves its flow in a bend, and one on a parabola, where all is known."""

import numpy as np
import pytest

import flownet as fn


@pytest.fixture(scope="session")
def parts(xor):
    """XOR, 2-2-1 tanh: a run that leaves the flow in a bend, and the flow."""
    potential = fn.Potential(fn.Network([2, 2, 1], "tanh"), fn.Quadratic(), xor)
    W0 = potential.network.init(seed=21)
    run = fn.train(potential, fn.Aristotle(0.6), W0=W0, steps=150)
    return run, fn.flow(potential, W0=W0, time=run.time[-1], at=np.linspace(0, run.time[-1], 201))


@pytest.fixture(scope="session")
def on_a_parabola():
    """A run on the parabola ‖W‖², where all is known, its flow and its start."""
    potential, W0 = fn.Parabola(3, strength=2.0), np.array([3.0, -1.0, 0.5])
    run = fn.train(potential, fn.Aristotle(0.1), W0=W0, steps=30)
    return run, fn.flow(potential, W0=W0, time=run.time[-1], rtol=1e-12, atol=1e-14), W0
