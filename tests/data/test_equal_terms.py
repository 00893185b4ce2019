"""Networks compared on equal terms: what they are shown, and which of them see the phase."""

import direction_finding as finding
import equal_terms
import fingerprinting as reading
import numpy as np
import pytest
from complex_tolerance import close

import flownet as fn
from flownet import data

# ---- what networks are shown ----------------------------------------------------------------


def test_what_real_networks_are_shown():
    x = data.antenna(m=4).x
    close(equal_terms.parts(x), np.hstack([x.real, x.imag]))
    still = equal_terms.unturned(x)
    assert (still[:, 0].real > 0).all() and np.abs(still[:, 0].imag).max() < 1e-14
    close(still, equal_terms.unturned(np.exp(2.1j) * x))
    more, y = equal_terms.turned(x, np.arange(4.0)[:, None], 4)
    close(more[4:8], 1j * x)
    assert more.shape == (16, 8) and (y[4:8, 0] == np.arange(4)).all()


def test_every_network_takes_the_rate_that_does_best_on_held_out_samples():
    """On the direction of few antennas; a hopeless rate is not chosen."""
    network = fn.Network([16, 6, finding.BINS], "relu", dtype="float32", init="he-normal")
    rivals = {"real": equal_terms.Rival(network, equal_terms.parts)}
    case = {"real": (rivals["real"], finding.learning_set(60))}
    ((rate, states),) = equal_terms.compare(
        case, fn.CrossEntropy(), finding.learning_set(50)(9), steps=60, seeds=2, rates=(1e-7, 1e-2)
    ).values()
    assert rate == 1e-2 and len(states) == 2 and not np.array_equal(*states)
    again = equal_terms.fit(
        rivals["real"],
        fn.CrossEntropy(),
        finding.learning_set(60)(1),
        finding.learning_set(50)(9),
        rate=1e-2,
        steps=60,
        seed=1,
    )
    assert np.array_equal(again[1], states[1])


# ---- the phase ------------------------------------------------------------------------------


def turns(activation, z, angle):
    """|f(e^{iα}z) − e^{iα}f(z)| of one hidden unit, a modReLU's bias −0.3."""
    net = fn.Network([1, 1, 1], activation, bias=False, dtype="complex128")
    W = np.ones(net.size, np.complex128)
    for layer in net.parts(W):
        if layer.gate is not None:
            layer.gate[:] = -0.3
    phase = np.exp(1j * angle)
    return np.abs(net.forward(W, phase * z) - phase * net.forward(W, z)).max()


@pytest.mark.parametrize(
    "activation",
    [
        "identity",
        "modrelu",
        "split_tanh",
        "split_relu",
        "zrelu",
        "cardioid",
        "tanh",
        "sin",
        "cayley",
    ],
)
def test_which_activations_turn_with_their_argument(activation):
    """f(e^{iα}z) = e^{iα}f(z) holds for modReLU, and for no other that is not linear."""
    z = data.antenna(m=5, snr=0.0).x.reshape(-1, 1)
    change = turns(activation, z, 0.7)
    assert change < 1e-15 * 8 if activation in ("identity", "modrelu") else change > 0.1


@pytest.fixture(scope="module")
def invariant():
    """The invariant network in double precision, with parameters whose gates have opened."""
    net = finding.rivals()["complex, invariant"].network.with_dtype("complex128")
    W = net.init(seed=3)
    for layer in net.parts(W):
        if layer.gate is not None:
            layer.gate[:] = np.linspace(-1.0, 0.5, len(layer.gate))
    return net, W


@pytest.mark.parametrize("angle", [0.3, np.pi / 2, 2.0, 4.0])
def test_the_invariant_network_sees_no_phase(angle, invariant):
    """Its answers, and what it learns from a sample, are the same to rounding."""
    net, W = invariant
    d = data.antenna(m=40)
    y = finding.soft_bins(d.y)
    potentials = [
        fn.Potential(net, fn.CrossEntropy(), fn.Dataset(x, y))
        for x in (d.x, np.exp(1j * angle) * d.x)
    ]
    close(*(net.forward(W, p.data.x) for p in potentials))
    (loss, dL), (turned_loss, turned_dL) = (p.differential(W) for p in potentials)
    close(turned_dL, dL)
    close(turned_loss, loss)


@pytest.mark.parametrize("name", ["complex, cardioid, |z|", "complex, cardioid, Re z", "real"])
def test_the_other_networks_see_it(name):
    rival = finding.rivals()[name]
    wobble = finding.wobble(rival, rival.network.init(seed=0), data.antenna(m=40).x, [1.0])
    assert wobble[0] > 1e-3


def test_networks_of_a_comparison_have_equal_numbers_of_real_parameters():
    for rivals, size in ((finding.rivals(), 1560), (reading.rivals(), 8739)):
        sizes = {equal_terms.real_size(rival.network) for rival in rivals.values()}
        assert min(sizes) == size and max(sizes) < 1.02 * size


@pytest.mark.slow
def test_few_samples_are_enough_for_a_network_that_sees_no_phase():
    """From 500 snapshots, at 10 dB: less than half the error of the real network."""
    rivals = {name: finding.rivals()[name] for name in ("complex, invariant", "real")}
    found = finding.learnt(rivals, samples=(500,), steps=1500, seeds=1)
    test = {10.0: data.antenna(split="test", m=400, snr=10.0)}
    errs = {
        name: finding.errors(rivals[name], states, test)[0, 0]
        for (name, _), (_, states) in found.items()
    }
    assert finding.bound(10.0) < errs["complex, invariant"] < 0.5 * errs["real"]


def test_a_complex_network_reads_fingerprints():
    """In 800 steps three quarters of the variance of log T1, log T2 and f are explained."""
    rival = reading.rivals(40)["complex, cardioid", "as it is"]
    sets = [reading.learning_set(m, 40)(seed) for m, seed in ((2000, 0), (300, 1))]
    loss, _ = equal_terms.fit(rival, fn.Quadratic(), *sets, rate=1e-2, steps=800, seed=0)
    assert loss < 0.25 * 0.5 * np.sum(np.var(sets[1][1], axis=0))
