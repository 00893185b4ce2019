"""Circuits that learn, each as it is said and element by element, and their voltages."""

import numpy as np
from make_ngspice_reference import CASES, NUDGE

import flownet as fn


def setting(name, **words):
    """An `Equilibrium`, its parameters, and the same as a circuit."""
    system, W, data = CASES[name]()
    potential = fn.Equilibrium(system, fn.Quadratic(), data, nudge=NUDGE, **words)
    circuit = system if isinstance(system, fn.Circuit) else system.circuit()
    return potential, W, fn.Equilibrium(circuit, fn.Quadratic(), data, nudge=NUDGE, **words)


def voltages(potential, W, nudge=0.0):
    return np.concatenate(potential.relax(W, nudge=nudge), axis=1)
