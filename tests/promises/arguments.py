"""What public calls are given: small objects that are right, and one that Python cannot print."""

import tempfile
from functools import cache
from pathlib import Path

import numpy as np

import flownet as fn

FOLDER = Path(tempfile.mkdtemp(prefix="flownet-calls-"))

DATA = fn.data.load("xor")
NET = fn.Network([2, 3, 1])
POTENTIAL = fn.Potential(NET, fn.Quadratic(), DATA)
W = NET.init(0)
V = np.linspace(-1.0, 1.0, NET.size)
D = NET.size
RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(12, 2)), np.arange(12) % 3
CLASSES = fn.Dataset(X, LABELS)
CLASSIFIER = fn.Potential(fn.Network([2, 3, 3]), fn.CrossEntropy(), CLASSES)
WELL = fn.DoubleWell(2)
STEP = fn.Aristotle(0.1)
RELAXED = fn.Equilibrium(fn.Hopfield([2, 3, 1], "tanh"), fn.Quadratic(), DATA, nudge=0.1)

FAR = 10**5000  # Python refuses to print it


def quadratic(W):
    """A potential of one's own."""
    return 0.5 * float(W @ W), W.copy()


@cache
def run():
    """A recorded run, in memory."""
    return fn.train(POTENTIAL, STEP, steps=6, W0=W, progress=False)


@cache
def flow():
    """A flow beside it."""
    return fn.flow(POTENTIAL, W0=W, time=0.6, at=run().time, progress=False)


@cache
def stored():
    """The file of a stopped run."""
    path = FOLDER / "run.h5"
    fn.train(POTENTIAL, STEP, steps=6, W0=W, store=path, progress=False)
    return path


@cache
def experiment():
    """An experiment."""
    return fn.Experiment.of(POTENTIAL, STEP, steps=4)


def of(make, *positional, **words):
    """A line of the table."""
    return make, positional, words
