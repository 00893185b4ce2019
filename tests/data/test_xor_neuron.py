"""XOR by one complex neuron, and the figures of it and of the experiments with signals."""

import complex_xor as xor
import direction_finding as finding
import equal_terms
import fingerprinting as reading
import numpy as np
import pytest
from complex_tolerance import close

# ---- XOR ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def neuron():
    return xor.neurons(xor.FUNCTIONS["XOR"])["complex, |z|²"]


def test_the_complex_neuron_solves_xor_at_every_phase(neuron):
    """b = 0, w₂ = −w₁ = e^{iα}: a loss of 0, and no force."""
    for angle in (0.0, 1.0, 2.5):
        w = np.exp(1j * angle)
        loss, dL = neuron.potential.differential(np.array([-w, w, 0.0]))
        close(loss, 0.0, scale=1.0)
        close(dL, np.zeros(3, complex), scale=1.0)


def test_three_unit_vectors_at_120_degrees_solve_or():
    """√f of 0, 1, 1, 1: b = 0, and w₁, w₂, w₁ + w₂ of length one."""
    potential = xor.neurons(xor.FUNCTIONS["OR"])["complex, |z|²"].potential
    close(potential.value(np.array([1.0, np.exp(2j * np.pi / 3), 0.0])), 0.0, scale=1.0)


def test_the_real_neurons_minimum_is_a_saddle_of_the_complex_one(neuron):
    """At w = 0, b² = ½ the loss is 1/8. Real curvatures are not negative; imaginary changes p, q
    of the weights add pq/4."""
    W = xor.stuck(neuron.potential)
    loss, dL = neuron.potential.differential(W)
    close([loss, np.abs(dL).max()], [0.125, 0.0])
    H = xor.real_hessian(neuron.potential, W)
    assert np.linalg.eigvalsh(H[::2, ::2]).min() > 0.2
    imaginary = np.zeros((3, 3))
    imaginary[0, 1] = imaginary[1, 0] = 0.25
    close(H[1::2, 1::2], imaginary)
    close(H[::2, 1::2], np.zeros((3, 3)), scale=1.0)


def test_every_seed_solves_xor_with_complex_weights_and_not_every_one_with_real(neuron):
    """Kept real, weights stay real to the last bit, and some seeds stop at a loss of 1/8."""
    kinds = xor.neurons(xor.FUNCTIONS["XOR"])
    runs = {
        kind: [xor.learn(kinds[kind], 0.1, seed) for seed in range(12)] for kind in xor.COMPARED
    }
    share = {kind: np.mean([xor.solved(run) for run in runs[kind]]) for kind in runs}
    assert share["complex, |z|²"] == 1 and share["real neuron, tanh"] == 0
    assert 0.4 < share["kept real, z²"] < 1
    lost = [run for run in runs["kept real, z²"] if not xor.solved(run)]
    assert all(
        (run.parameters[-1].imag == 0).all() and abs(run.loss[-1] - 0.125) < 1e-3 for run in lost
    )


def test_an_increasing_neuron_cannot_solve_xor():
    """z₀₀ + z₁₁ = z₁₀ + z₀₁ for any weights; a tanh neuron is above 1/8 at 3000 places of them."""
    weights = np.random.default_rng(0).normal(size=(3000, 3)) * 5
    tanh = xor.neurons(xor.FUNCTIONS["XOR"])["real neuron, tanh"].potential
    assert min(tanh.value(W) for W in weights) > 0.125


# ---- figures --------------------------------------------------------------------------------


def test_the_figures_say_what_they_show(neuron):
    neurons = xor.neurons(xor.FUNCTIONS["XOR"])
    runs = {kind: [xor.learn(neurons[kind], 0.1, 0, 20)] for kind in xor.COMPARED}
    paths = [xor.learn(neuron, 0.1, seed, 20, every=1) for seed in range(2)]
    networks, tests = finding.rivals(), finding.tests(20)
    found = {
        (name, m): (1e-3, [rival.network.init(0)])
        for name, rival in networks.items()
        for m in finding.SAMPLES
    }
    curves = {
        (name, m): equal_terms.spread(finding.errors(networks[name], states, tests))
        for (name, m), (_, states) in found.items()
    }
    values = np.array([[3.0, 4.0, 0.5], [3.1, 4.2, 0.6]])
    results = {key: equal_terms.spread(values) for key in reading.rivals()}
    figures = [
        xor.draw(runs, paths, 1),
        finding.draw(networks, found, curves, tests),
        reading.draw(results, dict.fromkeys(("dictionary", "ML", "bound"), values[0])),
    ]
    for figure, panels in zip(figures, (3, 3, 4)):
        assert len(figure.axes) == panels and figure.get_suptitle()
        assert all(a.get_title() and a.get_ylabel() for a in figure.axes)
