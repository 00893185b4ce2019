"""Laws of motion without an energy: nudged with (Jᵀ − J), they learn dL all the same."""

import numpy as np
import pytest
from states_at_rest import differences, off, run_and_resumed

import flownet as fn
from flownet.equilibrium import Dynamics


class Rotor(Dynamics):
    """ṡ = A·s − s³ + b: a spiral, by its three functions alone."""

    size, states, n_in, n_out, step, analytic = 2, 2, 1, 1, 0.2, True
    A = np.array([[-1.0, 0.7], [-0.4, -0.8]])

    def rate(self, W, x, s):
        return s @ self.A.T - s**3 + W

    def pullback(self, W, x, s, u):
        return u @ self.A - 3 * s**2 * u

    def covector(self, W, x, s, u, weight):
        return weight @ u


def setting(system=None, m=4, **words):
    system = fn.AsymmetricHopfield(3, 5, 2, scale=0.8) if system is None else system
    random = np.random.default_rng(0)
    data = fn.Dataset(
        random.normal(size=(m, system.n_in)), 0.5 * random.normal(size=(m, system.n_out))
    )
    W = np.array([0.4, -0.3]) if system.size == 2 else system.init(1)
    potential = fn.Equilibrium(system, fn.Quadratic(), data, **{"nudge": 0.01, **words})
    return potential, W.astype(system.dtype)


@pytest.mark.parametrize("system", [None, Rotor()])
def test_exact_covector_is_that_of_differences(system, holds):
    potential, W = setting(system)
    loss, dL = potential.exact(W)
    assert loss == potential.value(W)
    holds("exact covector beside differences", off(dL, differences(potential.value, W, 3e-4)), 1e-9)
    assert potential.phases.relaxed["solve"].change < 1e-9


@pytest.mark.parametrize("force", ["moving", "frozen"])
@pytest.mark.parametrize(
    ("estimator", "order"),
    [("one-sided", 1), ("symmetric", 2), ("richardson", 4)]
    + [({"kind": "contour", "points": n}, n) for n in (3, 4)],
)
def test_error_falls_with_the_order_of_the_estimator(force, estimator, order, holds):
    errors = []
    for nudge in (0.04, 0.02):
        potential, W = setting(nudge=nudge, estimator=estimator, force=force)
        errors.append(off(potential.differential(W)[1], potential.exact(W)[1]))
    holds(
        "order of an estimator, off the whole number",
        abs(np.log2(errors[0] / errors[1]) - order),
        0.1,
    )


def test_a_plain_nudge_tends_to_something_else():
    potential, W = setting(nudge=3e-4)
    words = potential.system.parameters()
    plain = fn.AsymmetricHopfield(**{**words, "corrected": False})
    dL = potential.exact(W)[1]
    assert off(potential.differential(W)[1], dL) < 1e-6
    missed = [
        off(potential.changed(system=plain, nudge=b).differential(W)[1], dL) for b in (1e-3, 1e-4)
    ]
    assert min(missed) > 0.2  # whatever the nudge


def test_symmetric_weights_are_a_hopfield_network():
    """The same states, and dL there and back adds up to that of the weight both share."""
    layered = fn.Hopfield([2, 3, 2], "tanh", output="tanh")
    random = np.random.default_rng(3)
    V = layered.init(0) + 0.1 * random.normal(size=layered.size)
    first, second = layered.network.parts(V)
    system = fn.AsymmetricHopfield(2, 3, 2)
    W = np.zeros(system.size)
    weights, inputs, bias = system.unpack(W)
    weights[3:, :3], weights[:3, 3:], inputs[:3] = second.weights, second.weights.T, first.weights
    bias[:] = np.concatenate([first.bias, second.bias])
    data = fn.Dataset(random.normal(size=(6, 2)), 0.5 * random.normal(size=(6, 2)))
    words = {"nudge": 0.05, "estimator": "symmetric"}
    for corrected in (True, False):
        system.corrected = corrected
        one = fn.Equilibrium(system, fn.Quadratic(), data, **words)
        other = fn.Equilibrium(layered, fn.Quadratic(), data, **words)
        assert one.value(W) == pytest.approx(other.value(V), rel=1e-12)
        dL, wanted = system.unpack(one.exact(W)[1]), layered.network.parts(other.exact(V)[1])
        assert off(dL[0][3:, :3] + dL[0][:3, 3:].T, wanted[1].weights) < 1e-10
        assert off(dL[1][:3], wanted[0].weights) < 1e-10
    # and the nudged states are the same too
    assert (
        off(one.relax(W, nudge=0.3)[0], np.concatenate(other.relax(V, nudge=0.3), axis=1)) < 1e-10
    )


def test_files_say_it_and_training_goes_down(tmp_path, holds):
    text = """
[data]
name = "xor"
[system]
kind = "asymmetric-hopfield"
inputs = 2
hidden = 6
outputs = 1
[loss]
kind = "quadratic"
[equilibrium]
nudge = 0.1
[mechanics]
kind = "newton"
step = 0.3
friction = 0.3
[run]
steps = 60
"""
    whole, _ = run_and_resumed(text, 20, tmp_path, holds)
    assert whole.loss[-1] < 0.4 * whole.loss[0]


def test_single_precision():
    potential, W = setting(estimator="symmetric", nudge=0.1)
    dL = potential.with_dtype("float32").differential(W.astype(np.float32))[1]
    assert dL.dtype == np.float32
    assert off(dL, potential.differential(W)[1]) < 1e-3


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: setting()[0].averaged(), "relaxes on no energy"),
        (lambda: setting(estimator="contrastive"), "known of real states on an energy"),
        (lambda: fn.AsymmetricHopfield(2, -1, 1), "hidden is -1"),
        (lambda: fn.AsymmetricHopfield(2, 1, 0), "outputs is 0"),
        (lambda: fn.AsymmetricHopfield(2, 1, 1, dtype="complex64"), "real parameters"),
        (lambda: setting(Rotor())[0].init(0), "no rule for initial parameters"),
        (lambda: setting()[0].sample_jets(setting()[1], setting()[1]), "no Taylor series"),
    ],
)
def test_a_mistake_gets_one_line(make, line):
    with pytest.raises(fn.FlownetError, match=line) as error:
        make()
    assert "\n" not in str(error.value)


def test_outputs_that_are_held():
    potential, W = setting()
    system, y = potential.system, np.tanh(potential.data.y)
    with potential.phases.at(W) as at:
        s = at.free.copy()
        at.states.clamp(s, y, 2000)
    assert np.array_equal(s[:, -2:], y)
    assert np.abs(system.rate(W, potential.data.x, s)[:, :-2]).max() < 1e-13
