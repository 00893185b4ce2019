"""A broken class of each kind is found by the check of its contract."""

import numpy as np
import pytest
from landscapes import Own

import flownet as fn
from flownet.model.potential import AnyPotential
from flownet.motion.mechanics import StepPolicy
from flownet.motion.observe import Observable
from flownet.motion.stop import Stop


class WrongSlope(Own):
    """Its dL is a hundredth too long."""

    def differential(self, W):
        return self.value(W), 1.01 * np.array(W)


class WrongCurvature(AnyPotential):
    """A jet whose second order is that of another potential."""

    size, dtype = 3, np.dtype("float64")

    def value(self, W):
        if np.shape(W) != (3,):
            raise fn.FlownetError("W has another shape.")
        return float(np.cos(W).sum())

    def differential(self, W, *, lowest=0):
        return self.value(W), -np.sin(W)

    def jet(self, W, V, order=2):
        c = [self.value(W), -np.sin(W) @ V, -np.cos(W) @ V**2]
        return np.array(c[: order + 1])


class Boundless(WrongCurvature):
    """It takes parameters of any number."""

    def value(self, W):
        return float(np.cos(W).sum())


class Crooked(fn.Metric):
    """Its flat and sharp are of two metrics."""

    size = 4

    def sharp(self, dL):
        return self._vector("dL", dL) / 2

    def flat(self, V):
        return 3 * self._vector("V", V)


class Twisted(Crooked):
    """It is no symmetric form."""

    def sharp(self, dL):
        return np.roll(self._vector("dL", dL), 1)

    def flat(self, V):
        return np.roll(self._vector("V", V), -1)


class Forgetful(fn.Aristotle):
    """Its parameters leave one out."""

    def parameters(self):
        return {"step": 0.1}


class Whimsical(StepPolicy):
    """A step that depends on how often it was asked."""

    def __init__(self):
        self.asked = 0

    def at(self, iteration):
        self.asked += 1
        return 0.01 * self.asked

    def parameters(self):
        return {}


class Meddling(Observable):
    """It moves the state."""

    def __call__(self, state):
        state.W[0] += 1e-3
        return 0.0


class Counting(Observable):
    """Its numbers count how often it was asked, and no checkpoint knows."""

    asked = 0

    def __call__(self, state):
        self.asked += 1
        return self.asked


class Shoving(Stop):
    """It moves the state."""

    def look(self, state, potential, memory):
        state.W[0] += 1e-3
        return False, 0.0


class Impatient(Stop):
    """It counts its looks, and no checkpoint knows."""

    looks = 0

    def look(self, state, potential, memory):
        self.looks += 1
        return self.looks > 9, self.looks


class Absent(Stop):
    """What it remembers is put elsewhere at each look."""

    def memory(self, W):
        self.seen = np.zeros(1)
        return {"seen": np.zeros(1)}

    def look(self, state, potential, memory):
        self.seen = self.seen + 1
        return False, float(self.seen[0])


class Vague(Stop):
    """It gives no number."""

    def look(self, state, potential, memory):
        return state.iteration > 3


class Derived(fn.LossBelow):
    """Another condition than that which it is made of: a file says so, and asks for it again."""

    def look(self, state, potential, memory):
        ends, loss = super().look(state, potential, memory)
        return ends and state.iteration > 8, loss


class Slanted(fn.Rescaling):
    """Its pullback is not the adjoint of its pushforward."""

    def pullback(self, u, dL):
        return 1.1 * super().pullback(u, dL)


class Spring(fn.equilibrium.Energy):
    """A spring of stiffness W₀ beside one that hardens, pushed by the input."""

    size, states, n_in, n_out, step = 1, 1, 1, 1, 0.3
    seen = 0.5

    def energy(self, W, x, s):
        return (W[0] * s**2 / 2 + s**4 / 4 - x * s)[:, 0]

    def slope(self, W, x, s):
        return W[0] * s + s**3 - x

    def covector(self, W, x, s, weight):
        return np.array([np.sum(weight[:, None] * self.seen * s**2)])


class Misread(Spring):
    """Its covector is not that of its energy."""

    seen = 1.0


def of_spring(kind):
    data = fn.Dataset(np.linspace(0.5, 1.5, 5)[:, None], np.linspace(0.3, 0.7, 5)[:, None])
    potential = fn.Equilibrium(kind(), fn.Quadratic(), data, nudge=0.01)
    fn.testing.check_potential(potential, [0.5])


def test_an_energy_of_ones_own():
    of_spring(Spring)


BROKEN = {
    "energy": (lambda: of_spring(Misread), r"L beyond dL\(V\): .* s\^1"),
    "slope": (lambda: fn.testing.check_potential(WrongSlope()), r"L beyond dL\(V\): .* s\^1"),
    "curvature": (
        lambda: fn.testing.check_potential(WrongCurvature()),
        r"beyond its jet of order 2: .* s\^2.* s\^3 is expected",
    ),
    "shape": (lambda: fn.testing.check_potential(Boundless()), "value of 4 parameters: is not"),
    "no potential": (lambda: fn.testing.check_potential(3), "without size"),
    "inverse": (lambda: fn.testing.check_metric(Crooked()), r"sharp\(flat\(V\)\) and V: off by"),
    "symmetry": (lambda: fn.testing.check_metric(Twisted()), r"⟨flat\(U\), V⟩ .*: off by"),
    "another size": (
        lambda: fn.testing.check_metric(fn.Euclidean(4), fn.Parabola(3)),
        "size is 4, the potential's 3",
    ),
    "mechanics": (
        lambda: fn.testing.check_mechanics(Forgetful(0.1, weight_decay=0.5)),
        r"a run of what parameters\(\) make again.* other bits",
    ),
    "no mechanics": (lambda: fn.testing.check_mechanics(0.1), "derives from no Mechanics"),
    "policy": (lambda: fn.testing.check_policy(Whimsical()), "other bits"),
    "meddling": (lambda: fn.testing.check_observable(Meddling()), "with it and without"),
    "counting": (lambda: fn.testing.check_observable(Counting()), "what a run observes"),
    "chart": (
        lambda: fn.testing.check_chart(Slanted([1.0, 2.0])),
        "⟨dL, W′v⟩ and ⟨W′ᵀdL, v⟩: off by",
    ),
    "shoving": (lambda: fn.testing.check_stop(Shoving()), "its look changes the state"),
    "impatient": (lambda: fn.testing.check_stop(Impatient()), "looks along a run.* other bits"),
    "absent": (lambda: fn.testing.check_stop(Absent()), "with a copy of what it remembers"),
    "vague": (lambda: fn.testing.check_stop(Vague()), r"\(ends, number\) is expected"),
    "no chart": (lambda: fn.testing.check_chart("sinh"), "derives from no AnyChart"),
}


def test_a_condition_of_a_class_of_ones_own_is_stored_as_what_it_is():
    fn.testing.check_stop(Derived(0.2))


@pytest.mark.parametrize("call, line", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_found(call, line):
    with pytest.raises(AssertionError, match=line) as caught:
        call()
    assert "\n" not in str(caught.value)
