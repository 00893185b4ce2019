"""Systems at a temperature: covariances, free energies, and what Langevin's steps make of them."""

import pickle

import numpy as np
import pytest
from states_at_rest import differences, off, run_and_resumed

import flownet as fn
from flownet.equilibrium.thermal._sampled import Sampled


def counted(**words):
    """A small Boltzmann machine on data of no meaning, and its parameters."""
    system = fn.Ising(3, 4, 2)
    random = np.random.default_rng(0)
    data = fn.Dataset(random.normal(size=(5, 3)), random.choice([-1.0, 1.0], size=(5, 2)))
    potential = fn.Thermal(system, fn.Quadratic(), data, **{"temperature": 0.8, **words})
    return potential, system.init(0) + 0.1 * random.normal(size=system.size)


def sixth(value, W, h=2e-3):
    """∂value/∂W (D,): central differences, sixth order."""
    return (16 * differences(value, W, h / 2) - differences(value, W, h)) / 15


def test_covariance_is_the_differential(holds):
    potential, W = counted()
    loss, dL = potential.differential(W)
    assert loss == potential.value(W)
    holds("−Cov/T by enumeration", off(dL, sixth(potential.value, W)), 1e-11)
    assert np.array_equal(dL, potential.exact(W)[1])


def test_mean_cost_is_a_sum_over_all_states():
    potential, W = counted()
    system, x, y = potential.system, potential.data.x[1], potential.data.y[1]
    total = cost = 0.0
    for s in system.configurations():
        J, h, B = system._parts(W)
        E = -s @ (h + B @ x)
        for k, (i, j) in enumerate(zip(*system._pairs)):
            E -= J[k] * s[i] * s[j]
        weight = np.exp(-E / 0.8)
        total, cost = total + weight, cost + weight * ((s[-2:] - y) ** 2).sum() / 2
    assert potential.sample_losses(W)[1] == pytest.approx(cost / total, rel=1e-13)


@pytest.mark.parametrize("estimator", ["one-sided", "symmetric", "richardson"])
def test_estimate_is_the_differential_of_free_energies(estimator, holds):
    potential, W = counted(estimator=estimator, nudge=0.9)
    averaged = potential.averaged()
    apart = off(averaged.differential(W)[1], sixth(averaged.value, W))
    holds("finite β by enumeration", apart, 1e-11)


@pytest.mark.parametrize(
    ("estimator", "order"),
    [("one-sided", 1), ("symmetric", 2), ("richardson", 4)]
    + [({"kind": "contour", "points": n}, n) for n in (3, 4, 6)],
)
def test_error_falls_with_the_order_of_the_estimator(estimator, order, holds):
    errors, left = [], []
    for nudge in (0.1, 0.05):
        potential, W = counted(estimator=estimator, nudge=nudge)
        dL, exact = potential.differential(W)[1], potential.exact(W)[1]
        errors.append(off(dL, exact))
        bias = potential.bias(W, order + 1)
        left.append(np.abs(dL - exact - bias.sum(axis=0)).max())
    holds(
        "order of an estimator, off the whole number",
        abs(np.log2(errors[0] / errors[1]) - order),
        0.1,
    )
    if order <= 2:  # the bias minus its first term
        off_by = abs(np.log2(left[0] / left[1]) - 2 * order)
        holds("bias less its first term: slope off 2 or 4", off_by, 0.1)


def test_bias_is_that_of_cumulants():
    nudge, T = 0.05, 0.8
    potential, W = counted(estimator="one-sided", nudge=nudge)

    def cumulant(k):
        return sixth(lambda W: potential.cumulants(W)[:, k].mean(), W)

    first, second = potential.bias(W, 3)
    assert off(first, -nudge / (2 * T) * cumulant(1)) < 1e-10
    assert off(second, nudge**2 / (6 * T**2) * cumulant(2)) < 1e-10
    symmetric = potential.changed(estimator="symmetric").bias(W, 3)
    assert np.abs(symmetric[0]).max() == 0
    assert off(symmetric[1], second) < 1e-12
    estimate, dL = potential.differential(W)[1], potential.exact(W)[1]
    assert off(estimate - dL, potential.bias(W, 14).sum(axis=0)) < 1e-10


def test_cold_states_do_not_fluctuate():
    """Towards T = 0 the mean cost is that of the state of least energy."""
    potential, W = counted(temperature=1e-3)
    system = potential.system
    for x, y, loss in zip(potential.data.x, potential.data.y, potential.sample_losses(W)):
        states = system.configurations()
        least = states[system.energy(W, np.tile(x, (len(states), 1)), states).argmin()]
        assert loss == pytest.approx(((least[-2:] - y) ** 2).sum() / 2, abs=1e-12)


# ---- sampled ---------------------------------------------------------------------------------


def sampled(m=2, **words):
    """A linear network, whose states are Gaussian: mean and covariance are known."""
    system = fn.Hopfield([2, 3, 2], "identity")
    random = np.random.default_rng(0)
    data = fn.Dataset(random.normal(size=(m, 2)), random.normal(size=(m, 2)))
    W = 0.4 * system.init(0)
    given = {"temperature": 0.5, "step": 0.4, "chains": 400, "discarded": 60, "kept": 40}
    return fn.Thermal(system, fn.Quadratic(), data, **{**given, **words}), W


def gaussian(potential, W):
    """Mean (m, n) of a linear network, the covariance that finite steps visit, and H."""
    system, x, h = potential.system, potential.data.x, potential.sampling.step
    n = system.states
    at_0 = system.slope(W, x, np.zeros((len(x), n)))
    H = np.stack([system.curvature(W, x[:1], np.zeros((1, n)), e[None])[0] for e in np.eye(n)])
    mean = -np.linalg.solve(H, at_0.T).T
    return mean, potential.temperature * np.linalg.inv(H - h / 2 * H @ H), H


def test_variance_is_that_of_finite_steps():
    """T/(H − hH²/2): on a parabola T/(1 − h/2)."""
    potential, W = sampled(chains=2000)
    mean, spread, H = gaussian(potential, W)
    chains = Sampled(
        potential.system, potential._cost, potential.sampling, W, potential.data.x, slice(None)
    )
    seen = np.concatenate([s.reshape(2000, 2, -1) - mean for s in list(chains.visited())[::8]])
    found = np.einsum("kmi,kmj->ij", seen, seen) / (seen.shape[0] * 2)
    error = np.sqrt(2 / (2000 * 2 * 4)) * np.trace(spread) / len(spread)
    assert np.abs(found - spread).max() < 5 * error
    infinitesimal = potential.temperature * np.linalg.inv(H)
    assert np.abs(found - infinitesimal).max() > 10 * error


def test_sampled_covariance_is_that_of_gaussian_states():
    potential, W = sampled(chains=4000, kept=30)
    mean, spread, H = gaussian(potential, W)
    loss, dL = potential.differential(W)
    out = slice(-2, None)
    e = mean[:, out] - potential.data.y
    assert loss == pytest.approx(
        np.mean(0.5 * (e**2).sum(1) + 0.5 * np.trace(spread[out, out])), rel=0.01
    )
    # of biases ∂E = −s, and −Cov(C, −s)/T = Σ[:, out]·e/T
    wanted = (spread[:, out] @ e.T).mean(axis=1) / potential.temperature
    biases = np.concatenate([part.bias for part in potential.system.network.parts(dL)])
    assert np.abs(biases - wanted).max() < 0.03
    nudged = potential.changed(estimator="symmetric", nudge=0.05).differential(W)[1]
    found = np.concatenate([part.bias for part in potential.system.network.parts(nudged)])
    moved = np.linalg.inv(H)[:, out] @ e.mean(axis=0)  # means move by H⁻¹, whatever the step
    assert np.abs(found - moved).max() < 0.01


def test_chains_take_the_steps_of_langevin():
    """The same bits as a run of `Langevin` on the state as parameters."""
    potential, W = sampled(m=1, chains=3, discarded=0, kept=6, fresh=False, seed=11)
    system, x = potential.system, np.repeat(potential.data.x, 3, axis=0)

    def energy(s):
        s = s.reshape(3, -1)
        return system.energy(W, x, s).sum(), system.slope(W, x, s).ravel()

    chains = Sampled(system, potential._cost, potential.sampling, W, potential.data.x, slice(None))
    visited = [s.ravel().copy() for s in chains.visited()]
    run = fn.train(
        fn.CustomPotential(15, energy), fn.Langevin(0.4, 0.5), W0=np.zeros(15), steps=6, seed=11
    )
    assert np.abs(run.parameters[1:] - visited).max() < 1e-15


def test_training_resumes_to_the_bit_and_files_say_it(tmp_path, holds):
    text = """
[data]
name = "xor"
[system]
kind = "ising"
inputs = 2
hidden = 3
outputs = 1
[loss]
kind = "quadratic"
[equilibrium]
kind = "thermal"
temperature = 0.5
estimator = "one-sided"
nudge = 0.1
[mechanics]
kind = "aristotle"
step = 0.5
[run]
steps = 60
"""
    whole, again = run_and_resumed(text, 25, tmp_path, holds)
    assert whole.loss[-1] < 0.6 * whole.loss[0]
    kept = pickle.loads(pickle.dumps(again.potential))
    assert kept.value(whole.parameters[-1]) == whole.loss[-1]
    potential, W = sampled(m=4, chains=8, discarded=5, kept=5)
    whole = fn.train(potential, fn.Aristotle(0.1), W0=W, steps=9, batch_size=2)
    fn.train(potential, fn.Aristotle(0.1), W0=W, steps=4, batch_size=2, store=tmp_path / "s.h5")
    again = fn.resume(tmp_path / "s.h5", steps=9)
    holds(
        "numbers that a resumed run has otherwise",
        np.count_nonzero(again.parameters[-1] != whole.parameters[-1]),
        0,
    )


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: counted(nudge=0.1), "has no nudge"),
        (lambda: counted(estimator="symmetric"), "nudge is None"),
        (lambda: counted(temperature=0.0), "temperature is 0.0"),
        (lambda: fn.Ising(1, 16, 1), "16 spins at most"),
        (lambda: sampled(estimator="contour", nudge=0.1), "no state can be sampled"),
        (lambda: sampled(chains=1), "two or more"),
        (lambda: sampled()[0].exact(np.zeros(17)), "sum over all states"),
        (lambda: sampled(step=1e6)[0].value(np.zeros(17)), "smaller step"),
        (lambda: counted()[0].averaged(), "no averaged cost"),
        (
            lambda: fn.Equilibrium(
                fn.Hopfield([2, 2, 1]),
                fn.Quadratic(),
                fn.data.load("xor"),
                nudge=1.0,
                estimator="covariance",
            ),
            "states that fluctuate",
        ),
        (
            lambda: fn.Thermal(
                fn.Hopfield([2, 2, 1]), fn.Quadratic(), fn.data.load("xor"), temperature=1.0
            ),
            "bounds or kinks",
        ),
    ],
)
def test_a_mistake_gets_one_line(make, line):
    with pytest.raises(fn.FlownetError, match=line) as error:
        make()
    assert "\n" not in str(error.value)
