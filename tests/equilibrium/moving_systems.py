"""Mechanical systems, and the paths and orbits of theirs that learn."""

import numpy as np

import flownet as fn
from flownet.equilibrium import Mechanical

KINDS = ["oscillators", "neural", "own"]


class Pendulums(Mechanical):
    """V = −k·Σ cos q_i − Σ q_i·u_i: two parameters of a user's own."""

    size, coordinates, n_in, analytic = 3, 3, 2, True

    def energy(self, W, q, u):
        return -(np.cos(q) @ W) - (q[:, :2] * u).sum(axis=1)

    def slope(self, W, q, u):
        slope = np.sin(q) * W
        slope[:, :2] -= u
        return slope

    def covector(self, W, q, u, weight):
        return -(weight @ np.cos(q))


def moving(kind, dtype="float64"):
    """A mechanical system of three coordinates under two signals, and its parameters."""
    made = {
        "oscillators": lambda: fn.Oscillators(3, inputs=2, dtype=dtype),
        "neural": lambda: fn.NeuralForce(3, 5, inputs=2, dtype=dtype),
        "own": Pendulums,
    }[kind]()
    W = np.linspace(0.5, 1.5, 3)
    if kind != "own":
        W = made.init(1) + 0.1 * np.random.default_rng(0).normal(size=made.size)
    if kind == "oscillators":
        made.unpack(W)["hardening"][:] = 0.3
    return made, W.astype(made.dtype)


def path(kind, *, m=4, steps=9, **words):
    """A path between ends that learns, with parameters."""
    made, W = moving(kind)
    system = fn.LeastAction(made, steps=steps, time=1.0, observed=2)
    random = np.random.default_rng(1)
    data = fn.Dataset(
        0.5 * random.normal(size=(m, system.n_in)), 0.5 * random.normal(size=(m, system.n_out))
    )
    return fn.Equilibrium(system, fn.Quadratic(), data, **{"nudge": 0.01, **words}), W


def orbit(kind, *, m=4, steps=40, dtype="float64", begins=True, **words):
    """An orbit that learns by its echo, with parameters."""
    made, W = moving(kind, dtype)
    system = fn.Verlet(made, steps=steps, time=4.0, observed=2, begins=begins)
    random = np.random.default_rng(1)
    data = fn.Dataset(
        0.5 * random.normal(size=(m, system.n_in)), 0.5 * random.normal(size=(m, system.n_out))
    )
    return fn.Echo(system, fn.Quadratic(), data, **{"nudge": 0.01, **words}), W
