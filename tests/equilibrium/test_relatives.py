"""Relatives of equilibrium propagation compute what their docstrings say, and nothing else."""

import numpy as np
import pytest
from make_ngspice_reference import CASES
from states_at_rest import Fold, differences, off, setting

import flownet as fn

SYSTEMS = ["tanh", "sigmoid4", "hard-sigmoid", "identity"]


def potential_of(name, estimator, nudge=1e-3, **words):
    system, W, data = setting(name, scale=0.2)
    return fn.Equilibrium(
        system, fn.Quadratic(), data, nudge=nudge, estimator=estimator, **words
    ), W


def circuit_of(estimator, nudge=1e-3):
    circuit, W, data = CASES["mesh, exponential"]()
    return fn.Equilibrium(circuit, fn.Quadratic(), data, nudge=nudge, estimator=estimator), W


def energies(potential, W, clamped):
    """Mean of the least energy with outputs free or clamped to the truth."""
    with potential.phases.at(W) as at:
        s = at.clamped(at.cost.y) if clamped else at.free
        states = np.concatenate(at.states.layers(s), axis=1)
        return potential.system.energy(W, potential.phases.x, states).mean()


@pytest.mark.parametrize("name", [*SYSTEMS, "circuit"])
def test_contrastive_learning_descends_the_energy_of_clamping(name):
    made = circuit_of("contrastive") if name == "circuit" else potential_of(name, "contrastive")
    potential, W = made

    def held(W):
        return energies(potential, W, True) - energies(potential, W, False)

    V = np.random.default_rng(0).normal(size=(4, W.size))
    assert held(W) > 0
    wanted = differences(held, W, 1e-4, along=V)
    assert off(V @ potential.differential(W)[1], wanted) < 1e-9


@pytest.mark.parametrize("name", ["tanh", "identity"])
def test_contrastive_learning_is_an_infinite_nudge(name):
    contrastive, W = potential_of(name, "contrastive")
    nudge = 1e7
    one_sided, _ = potential_of(name, "one-sided", nudge=nudge)
    assert off(nudge * one_sided.differential(W)[1], contrastive.differential(W)[1]) < 1e-5


def stiffness_of_outputs(potential, W):
    """Kₛ = ((H⁻¹)_oo)⁻¹ (m, n_out, n_out), of H column by column."""
    system = potential.system
    with potential.phases.at(W) as at:
        s = np.concatenate(at.states.layers(at.free), axis=1)
    H = np.stack(
        [
            system.curvature(W, potential.phases.x, s, np.tile(u, (len(s), 1)))
            for u in np.eye(system.states)
        ],
        axis=2,
    )
    return np.linalg.inv(np.linalg.inv(H)[:, -system.n_out :, -system.n_out :])


@pytest.mark.parametrize("name", ["tanh", "sigmoid4", "identity", "circuit"])
@pytest.mark.parametrize("symmetric", [False, True])
def test_coupled_learning_is_a_frozen_metric_of_outputs(name, symmetric):
    estimator = {"kind": "coupled", "symmetric": symmetric}
    errors = []
    for nudge in (2e-2, 1e-2):
        made = (
            circuit_of(estimator, nudge)
            if name == "circuit"
            else potential_of(name, estimator, nudge)
        )
        potential, W = made
        K = stiffness_of_outputs(potential, W)
        with potential.phases.at(W) as at:
            v, _ = at.states.yields(at.free, np.einsum("sij,sj->si", K, at.force))
            wanted = at.states.along(at.free, -v, at.weights)
        errors.append(off(potential.differential(W)[1], wanted))
        assert errors[-1] < 0.1
        assert off(potential.exact(W)[1], wanted) > 0.05  # and not dL
    if name == "identity":
        assert (errors[1] < 1e-6) if symmetric else (errors[1] < errors[0])
    else:
        order = np.log2(errors[0] / errors[1])
        assert order == pytest.approx(2 if symmetric else 1, abs=0.1)


def test_coupled_learning_is_parallel_to_dL_for_one_output_of_one_sample():
    random = np.random.default_rng(0)
    system = fn.Hopfield([4, 6, 1], "tanh")
    data = fn.Dataset(random.random((1, 4)), random.random((1, 1)))
    W = 0.4 * system.init(0)
    potential = fn.Equilibrium(
        system, fn.Quadratic(), data, nudge=1e-4, estimator={"kind": "coupled", "symmetric": True}
    )
    found, dL = potential.differential(W)[1], potential.exact(W)[1]
    assert 1 - found @ dL / np.linalg.norm(found) / np.linalg.norm(dL) < 1e-12
    assert off(found, dL) > 0.05


@pytest.mark.parametrize("name", ["tanh", "sigmoid4"])
def test_agnostic_learning_is_an_implicit_step(name):
    nudge, k = 1e-2, 10.0
    potential, W = potential_of(name, {"kind": "agnostic", "stiffness": k}, nudge)
    estimate = potential.differential(W)[1]
    arrived = W - nudge / k * estimate
    with potential.phases.at(W) as at:
        was = at.covector(at.free)
    with potential.phases.at(arrived) as at:
        pulled = at.covector(at.nudged(nudge))
    assert off(estimate, (pulled - was) / nudge) < 1e-10


def test_agnostic_learning_moves_in_the_metric_of_its_springs():
    k, errors, system = 10.0, [], None
    for nudge in (2e-3, 1e-3):
        potential, W = potential_of("tanh", {"kind": "agnostic", "stiffness": k}, nudge)
        estimate, dL = potential.differential(W)[1], potential.exact(W)[1]
        system = potential.system

        def least(W, potential=potential):
            with potential.phases.at(W) as at:
                return at.covector(at.free)

        V, h = estimate / np.abs(estimate).max(), 1e-4
        bent = (least(W + h * V) - least(W - h * V)) / (2 * h) * np.abs(estimate).max()
        errors.append(off(estimate + bent / k, dL))
        assert off(estimate, dL) > 20 * errors[-1]
    assert system.size == W.size
    assert np.log2(errors[0] / errors[1]) == pytest.approx(1, abs=0.1)


def test_springs_that_are_too_soft_are_refused():
    potential, W = potential_of("tanh", {"kind": "agnostic", "stiffness": 1e-3}, 0.1)
    with pytest.raises(fn.FlownetError, match="take a larger one"):
        potential.differential(W)


@pytest.mark.parametrize("estimator", ["contrastive", "coupled", "agnostic"])
def test_relatives_train_resume_and_stand_in_files(estimator, tmp_path, holds):
    potential, W = potential_of("sigmoid4", estimator, 0.1)
    whole = fn.train(potential, fn.Aristotle(0.05), W0=W, steps=30, batch_size=4)
    path = tmp_path / "run.h5"
    fn.train(potential, fn.Aristotle(0.05), W0=W, steps=12, batch_size=4, store=path)
    on = fn.resume(path, potential=potential, steps=30)
    holds(
        "numbers that a resumed run has otherwise",
        np.count_nonzero(on.parameters[-1] != whole.parameters[-1]),
        0,
    )
    assert potential.value(whole.parameters[-1]) < potential.value(W)
    again = fn.Trajectory.open(path).potential
    assert again.parameters() == potential.parameters()


@pytest.mark.parametrize("estimator", ["contrastive", "coupled", "agnostic"])
def test_what_relatives_have_not_is_said(estimator):
    potential, W = potential_of("tanh", estimator)
    with pytest.raises(fn.FlownetError, match="no difference of two nudges"):
        potential.bias(W)
    with pytest.raises(fn.FlownetError, match="no averaged cost"):
        potential.averaged().value(W)
    with pytest.raises(fn.FlownetError, match="no use for a frozen force"):
        potential_of("tanh", estimator, force="frozen")


class Settling(Fold):
    """Two units that settle exactly: E = ½s² − θ₀s₁ − θ₁s₂ + ½s₁s₂."""

    size, states = 2, 2

    def energy(self, W, x, s):
        return 0.5 * (s**2).sum(axis=1) - s @ W + 0.5 * s[:, 0] * s[:, 1]

    def slope(self, W, x, s):
        return s - W + 0.5 * s[:, ::-1]

    def covector(self, W, x, s, weight):
        return -weight @ s

    def settle(self, W, x, s, pull):
        s = s.copy()
        s[:, 0] = W[0] - 0.5 * s[:, 1]
        held, drive = (pull.held[0], pull.drive[:, 0]) if pull.held.size else (0.0, 0.0)
        s[:, 1] = (W[1] - 0.5 * s[:, 0] + drive) / (1 + held)
        return s


@pytest.mark.parametrize("settles", [True, False])
def test_energies_of_a_user_are_clamped(settles):
    """Clamped at y: s₁ = θ₀ − y/2; the energy that holds it there is ⅜(o₀ − y)²."""
    system = Settling()
    if not settles:
        del_settle = type("Falling", (Settling,), {"settle": fn.equilibrium.Energy.settle})
        system = del_settle()
    data = fn.Dataset(np.zeros((1, 1)), np.array([[0.3]]))
    potential = fn.Equilibrium(system, fn.Quadratic(), data, nudge=0.1, estimator="contrastive")
    W = np.array([0.4, 0.9])
    o = (W[1] - W[0] / 2) / 0.75
    do = np.array([-0.5, 1.0]) / 0.75
    assert potential.differential(W)[1] == pytest.approx(0.75 * (o - 0.3) * do, rel=1e-12)
