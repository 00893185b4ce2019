"""A run on a user's potential begins by comparing its values with its differential."""

import numpy as np
import pytest
from landscapes import Own
from mistakes import told_in_one_line

import flownet as fn


class Rosenbrock:
    """(1 − x)² + 100 (y − x²)², with factors for mistakes in each entry of dL."""

    size = 2

    def __init__(self, *factors):
        self.factors, self.calls = np.array(factors or (1.0, 1.0)), 0

    def value(self, W):
        self.calls += 1
        return (1 - W[0]) ** 2 + 100 * (W[1] - W[0] ** 2) ** 2

    def differential(self, W):
        slope = 200 * (W[1] - W[0] ** 2)
        dL = np.array([-2 * (1 - W[0]) - 2 * W[0] * slope, slope])
        return self.value(W), self.factors * dL


class Cone(Own):
    """‖W‖₁, whose slope at 0 is whatever one says."""

    def value(self, W):
        return float(np.abs(W).sum())

    def differential(self, W):
        return self.value(W), np.where(W >= 0, 1.0, -1.0)


class Single(Own):
    """It works in single precision within."""

    def value(self, W):
        return float(np.float32(0.5) * (W.astype(np.float32) ** 2).sum() + np.float32(3.0))

    def differential(self, W):
        return self.value(W), W


class Noisy(Own):
    """Its values tremble, as those of mini-batches of its own do."""

    random = np.random.default_rng(0)

    def value(self, W):
        return 0.5 * W @ W + self.random.normal()


STARTS = ([-1.2, 1.0], [0.3, 0.4], [0.0, 0.0], [1e-3, -2e-3], [30.0, 20.0])
BEGIN = {
    "train": lambda p, W0: fn.train(p, fn.Aristotle(1e-9), W0=W0, steps=1),
    "states": lambda p, W0: next(fn.states(p, fn.Aristotle(1e-9), W0=W0)),
    "flow": lambda p, W0: fn.flow(p, W0=W0, time=1e-9),
}


@pytest.mark.parametrize("begin", BEGIN.values(), ids=BEGIN)
@pytest.mark.parametrize("factors", [(-1, -1), (-1, 1), (1, -1), (2, 2), (1, 1.5), (0.5, 1)])
def test_a_wrong_gradient_is_noticed(factors, begin):
    for W0 in STARTS[:3] if factors[0] == factors[1] else STARTS[:1]:
        with told_in_one_line("Rosenbrock.*and its differential do not agree.*check_potential"):
            begin(Rosenbrock(*factors), W0)


def test_a_wrong_sign_is_called_one():
    with told_in_one_line("as if dL had the wrong sign"):
        BEGIN["train"](Rosenbrock(-1, -1), STARTS[0])


def test_a_class_of_the_contract_is_looked_at_too():
    class Wrong(fn.Parabola):
        def differential(self, W, *, lowest=0):
            loss, dL = super().differential(W)
            return loss, -dL

    with told_in_one_line("do not agree"):
        BEGIN["train"](Wrong(2), STARTS[0])


@pytest.mark.parametrize("own", [Rosenbrock(), Cone(), Single(), Noisy(), Own()])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_is_right_begins(own, dtype):
    for start in STARTS:
        W0 = np.array(np.resize(start, own.size), dtype)
        fn.train(own, fn.Aristotle(1e-9), W0=W0, steps=1)


def test_right_ones_begin_from_anywhere():
    random = np.random.default_rng(3)
    for scale in (1e-8, 1e-3, 1.0, 1e3):
        for _ in range(50):
            fn.train(Rosenbrock(), fn.Aristotle(1e-30), W0=scale * random.normal(size=2), steps=1)


def test_the_look_costs_a_few_values():
    own = Rosenbrock()
    fn.train(own, fn.Aristotle(1e-4), W0=[0.3, 0.4], steps=0)
    assert own.calls <= 8


def test_the_librarys_own_are_not_looked_at(monkeypatch, xor_potential):
    monkeypatch.setattr("flownet.motion._slope._check", None)
    fn.train(xor_potential + 0.1 * fn.Parabola(xor_potential.size), fn.Aristotle(0.1), steps=1)
