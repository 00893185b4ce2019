"""Hopfield networks whose states rest, and how covectors are compared with differences."""

import numpy as np

import flownet as fn
from flownet.equilibrium import Energy

SIZES, M = (6, 8, 7, 3), 9
SMOOTH = ["tanh", "sigmoid4"]


def setting(activation, sizes=SIZES, m=M, dtype="float64", scale=0.5):
    """System, parameters and data at which the state is unique and no unit is at its kink."""
    random = np.random.default_rng(0)
    data = fn.Dataset(random.random((m, sizes[0])), random.random((m, sizes[-1])))
    system = fn.Hopfield(sizes, activation, dtype=dtype)
    W = scale * system.init(0) + 0.1 * random.normal(size=system.size)
    if activation in ("hard-sigmoid", "relu"):
        for part in system.network.parts(W):  # most units between their bounds, some beyond
            part.bias[:] = np.linspace(-0.4, 1.2, part.bias.size)
    return system, W.astype(dtype), data


def equilibrium(activation, *, nudge=0.1, sizes=SIZES, dtype="float64", scale=0.5, **words):
    system, W, data = setting(activation, sizes, dtype=dtype, scale=scale)
    return fn.Equilibrium(system, fn.Quadratic(), data, nudge=nudge, **words), W


def differences(value, W, h=1e-4, along=None):
    """∂value/∂W along some directions, by default all (D,): central differences, fourth order."""

    def one(e):
        near, far = (value(W + size * e) - value(W - size * e) for size in (h, 2 * h))
        return (8 * near - far) / (12 * h)

    return np.array([one(e) for e in (np.eye(W.size) if along is None else along)])


def off(a, b):
    return float(np.abs(a - b).max() / np.abs(b).max())


def slope_less_first_term(made, estimator, large):
    """How biases less their first power of the nudge fall, found from those at smaller nudges."""

    def bias(nudge):
        potential, W = made(nudge=nudge, estimator=estimator)
        return potential.differential(W)[1] - potential.exact(W)[1]

    h = large / 8
    if estimator == "one-sided":
        power, (near, far) = 1, (bias(size) - bias(-size) for size in (h, 2 * h))
        first = (8 * near - far) / (12 * h)
    else:
        power, first = 2, (16 * bias(h) - bias(2 * h)) / (12 * h**2)
    one, other = (np.abs(bias(b) - b**power * first).max() for b in (large, large / 2))
    return np.log2(one / other)


class Fold(Energy):
    """E = s²/2 − θs − αs³/3, whose minimum disappears in a fold."""

    size, states, n_in, n_out, step, analytic = 1, 1, 1, 1, 0.5, True
    alpha = 0.2

    def energy(self, W, x, s):
        return (s**2 / 2 - W[0] * s - self.alpha * s**3 / 3)[:, 0]

    def slope(self, W, x, s):
        return s - W[0] - self.alpha * s**2

    def covector(self, W, x, s, weight):
        return np.array([-(weight[:, None] * s).sum()])


def run_and_resumed(text, stopped, folder, holds):
    """Runs of an experiment file, whole and resumed after some steps: the same bits."""
    file, store = folder / "made.toml", folder / "run.h5"
    file.write_text(text)
    whole = fn.Experiment.load(file).run()
    steps = len(whole.step)
    file.write_text(text.replace(f"steps = {steps}", f"steps = {stopped}"))
    fn.Experiment.load(file).run(store)
    again = fn.resume(store, steps=steps)
    assert len(again.step) == steps
    otherwise = np.count_nonzero(again.parameters[-1] != whole.parameters[-1])
    holds("numbers that a resumed run has otherwise", otherwise, 0)
    return whole, again
