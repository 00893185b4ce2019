"""Whatever is handed in: it is taken for what it is, or refused in one line; never a traceback."""

import numpy as np
import pytest
from arguments import DATA, FAR, POTENTIAL, STEP, W
from mistakes import told_in_one_line

import flownet as fn


def nothing(W):
    return None


class Lying(fn.model.chart._chart.AnyChart):
    """A chart whose points are of another shape than it says."""

    size = size_W = 2

    def to_W(self, u):
        return np.concatenate([np.asarray(u), np.ones(1)])

    def series(self, u, v, order):
        return np.zeros((order + 1, 2))

    def pullback_series(self, u, v, dL, order):
        return np.zeros((order + 1, 2))


def chart(**words):
    """A straight chart of two coordinates, one function of which is another."""
    given = {
        "to_W": lambda u: u + 0.0,
        "pushforward": lambda u, v: v + 0.0,
        "pullback": lambda u, p: p + 0.0,
        **words,
    }
    return fn.Charted(fn.Parabola(2), fn.Chart(**given, size=2)).differential(np.ones(2))


class Nothing:
    """A potential whose differential gives nothing."""

    size = 2

    def value(self, W):
        return None

    def differential(self, W):
        return None


CALLS = {
    "no steps": (lambda: fn.train(POTENTIAL, STEP, steps=None), "none is given"),
    "rows too rare": (
        lambda: fn.train(POTENTIAL, STEP, steps=2, record_every=2**70),
        "record_every is 1180591620717411303424; .* from 1 up, below",
    ),
    "steps too many": (lambda: fn.train(POTENTIAL, STEP, steps=2**70), "steps is 11805"),
    "seed too long": (lambda: fn.train(POTENTIAL, STEP, steps=2, seed=FAR), "seed is a int that"),
    "NUL in a store": (lambda: fn.train(POTENTIAL, STEP, steps=1, store="a\0b"), "store is 'a"),
    "NUL in a run": (lambda: fn.Trajectory.open("a\0b.h5"), r"the run is 'a\\x00b.h5'; .* path"),
    "NUL in a sweep": (lambda: fn.Sweep.open("a\0b.h5"), "the sweep is"),
    "NUL in data": (lambda: fn.data.load_file("a\0.npz"), "file is"),
    "no experiment": (lambda: fn.Experiment.load(None), "the experiment is None; .* path"),
    "a number of a file": (lambda: fn.Experiment.load(3), "the experiment is 3"),
    "wide layer": (lambda: fn.Network([2, 10**30, 1]), r"sizes is \[2, 10000.*whole numbers"),
    "wide layers": (lambda: fn.Network([2, 10**8, 10**8, 1]), "a network of the sizes .* memory"),
    "a width of many digits": (lambda: fn.Network([2, FAR, 1]), "sizes is a list that cannot be"),
    "many classes": (
        lambda: fn.Dataset([[0.0], [1.0]], [0, 1], classes=10**13),
        "2 samples of 10000000000000 classes would take .* of memory",
    ),
    "classes beyond counts": (
        lambda: fn.Dataset([[0.0], [1.0]], [0, 1], classes=2**70),
        "classes must be a whole number",
    ),
    "time without end": (lambda: fn.flow(POTENTIAL, W0=W, time=np.inf), "time is inf"),
    "step beyond floats": (lambda: fn.Aristotle(10**400), "step is 1000.*; it has to be a number"),
    "step of many digits": (lambda: fn.Aristotle(FAR), "step is a int that cannot be printed"),
    "no step of Lanczos": (
        lambda: fn.lanczos(POTENTIAL.hessian(W), W, 0),
        "steps is 0; it has to be a whole number above 0",
    ),
    "a short start of Lanczos": (
        lambda: fn.lanczos(POTENTIAL.hessian(W), W[:3], 2),
        r"start has shape \(3,\)",
    ),
    "a metric in words": (lambda: fn.breakdown(POTENTIAL, W, 0.1, metric="a"), "metric is 'a'"),
    "accuracy of nothing": (lambda: fn.Accuracy(None), "accuracy needs data with class labels"),
    "a potential of nothing": (
        lambda: fn.train(fn.CustomPotential(2, nothing), STEP, steps=1, W0=[1.0, 2.0]),
        "its differential gives None",
    ),
    "a class of nothing": (
        lambda: fn.train(Nothing(), STEP, steps=1, W0=[1.0, 2.0]),
        r"the differential\(W\) of .* gives None; it has to be \(L, dL\)",
    ),
    "data beyond float32": (
        lambda: fn.Potential(
            fn.Network([1, 1], dtype="float32"), fn.Quadratic(), fn.Dataset([[1e39]], [[1.0]])
        ),
        r"x holds 1e\+39, which float32 has no number for",
    ),
    "W0 beyond float32": (
        lambda: fn.train(
            fn.Potential(fn.Network([2, 1], dtype="float32"), fn.Quadratic(), DATA),
            STEP,
            steps=1,
            W0=[1e39, 0.0, 0.0],
        ),
        r"W0 holds 1e\+39",
    ),
    "a metric of less than nothing": (lambda: fn.Euclidean(-1), "size is -1"),
    "a step that is no number": (lambda: fn.breakdown(POTENTIAL, W, np.nan), "step is nan"),
    "W that is no number": (lambda: fn.breakdown(POTENTIAL, W * np.nan, 0.1), "W is array"),
    "a displacement that is none": (
        lambda: fn.breakdown(POTENTIAL, W, displacement=np.full(W.size, np.inf)),
        "displacement is array",
    ),
    "an inverse that is none": (lambda: chart(to_u=lambda W: 2.0 * W), "to_u of chart is not the"),
    "a chart of three": (
        lambda: chart(to_W=lambda u: np.ones(3)),
        r"to_W of chart gave array\(\[1., 1., 1.\]\); it has to be \(2,\)",
    ),
    "a chart that lies": (
        lambda: fn.Charted(fn.Parabola(2), Lying()).differential(np.ones(2)),
        r"W has shape \(3,\)",
    ),
    "a scale that is no number": (lambda: np.nan * POTENTIAL, "cannot be scaled by nan"),
    "divided by no number": (lambda: POTENTIAL / np.nan, "cannot be divided by nan"),
    "rows that are no rows": (
        lambda: POTENTIAL.differential_on([0.5], W),
        r"rows is array\(\[0.5\]\)",
    ),
    "samples beyond the memory": (
        lambda: fn.data.load("spiral", m=10**14),
        r"1e\+14 samples of 4 numbers would take .* memory",
    ),
}


@pytest.mark.parametrize("call, line", CALLS.values(), ids=CALLS)
def test_bad_calls_are_told_in_one_line(call, line):
    with told_in_one_line(line):
        call()


def test_names_that_a_run_does_not_observe(tmp_path):
    path = tmp_path / "run.h5"
    observe = {"mine": (1, lambda state: 1.0)}
    fn.train(POTENTIAL, STEP, steps=2, W0=W, store=path, observe=observe)
    with told_in_one_line("unknown observable 'mien'; did you mean 'mine'"):
        fn.resume(path, steps=4, observe={"mine": lambda state: 1.0, "mien": lambda state: 1.0})
    assert fn.resume(path, steps=4, observe={"mine": lambda state: 1.0}).finished


def test_numbers_of_numpy_are_numbers():
    for step in (np.array(0.1), np.float32(0.125), np.float64(0.1), np.int64(1)):
        assert fn.Aristotle(step).policy.step == float(step)
    assert fn.Newton(np.array(0.1), mass=np.array(2.0)).mass == 2.0
    assert fn.breakdown(POTENTIAL, W, np.array(0.1)).actual == (
        fn.breakdown(POTENTIAL, W, 0.1).actual
    )
