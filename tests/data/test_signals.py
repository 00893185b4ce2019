"""Antennas, magnetic-resonance fingerprints, and the experiments on complex networks with them."""

import complex_xor as xor
import direction_finding as finding
import equal_terms
import fingerprinting as reading
import numpy as np
import pytest
from mistakes import told_in_one_line
from scipy.integrate import solve_ivp
from scipy.spatial.transform import Rotation
from tolerance import close as close_real

import flownet as fn
from flownet import data
from flownet.data import bloch, pulses, steering, tissue
from flownet.desk.experiment._schema import Data


def close(found, expected, kind="reference", scale=None):
    """Of complex numbers the real and imaginary parts."""
    if np.iscomplexobj(found) or np.iscomplexobj(expected):
        found, expected = (
            np.ascontiguousarray(a, np.complex128).view(np.float64) for a in (found, expected)
        )
    close_real(found, expected, kind=kind, scale=scale)


T1, T2, F = np.array([0.4, 0.9, 2.5]), np.array([0.05, 0.3, 0.08]), np.array([0.0, -17.0, 23.0])


# ---- antennas -------------------------------------------------------------------------------


def test_without_noise_every_antenna_sees_the_next_ones_phase():
    """At 300 dB x_{n+1} = e^{iπu} x_n, with u of y and a phase of its own in each sample."""
    d = data.antenna(m=50, snr=300.0, antennas=5)
    close(abs(d.x), np.full((50, 5), 1e15))
    close(np.angle(d.x[:, 1:] / d.x[:, :-1]), np.repeat(np.pi * d.y, 4, axis=1))
    assert abs(np.mean(d.x[:, 0] / 1e15)) < 3 / np.sqrt(50)
    assert abs(d.y).max() <= 0.9


def test_the_noise_has_the_variance_it_says():
    """Re and Im of variance ½ each and uncorrelated; x of A² + 1 at 10 dB."""
    quiet, loud = (data.antenna(m=20_000, snr=snr).x for snr in (-300.0, 10.0))
    parts = np.stack([quiet.real.ravel(), quiet.imag.ravel()])
    assert np.abs(np.cov(parts) - 0.5 * np.eye(2)).max() < 5 * 0.5 * np.sqrt(2 / parts.shape[1])
    assert abs(np.mean(abs(loud) ** 2) / 11 - 1) < 0.01


def test_a_steering_vector_is_a_geometric_row():
    u = np.array([-1.0, 0.0, 0.3])
    close(steering(u, 6), np.exp(1j * np.pi * np.outer(u, np.arange(6))))


# ---- Bloch's equation -----------------------------------------------------------------------


def test_free_induction_decay():
    """After 90 degrees about x the signal is −i e^{(2πif − 1/T2)t}."""
    t = 0.013
    close(
        bloch(T1, T2, F, [90.0], [0.0], 0.02, t)[:, 0], -1j * np.exp((2j * np.pi * F - 1 / T2) * t)
    )


def test_inversion_recovery():
    """180 degrees, a wait, 90 degrees: M_z = 1 − 2e^{−t/T1} is what the second pulse reads."""
    t = 0.3
    read = bloch(T1, T2, 0 * F, [180.0, 90.0], [0.0, 0.0], t, 0.0, spoiled=True)[:, 1]
    close(read, -1j * (1 - 2 * np.exp(-t / T1)))
    close(bloch(T1, T2, 0 * F, [0.0, 90.0], 0.0, t, 0.0, start=-1.0)[:, 1], read)


def test_a_spin_echo_refocuses():
    """90 about x, then 180 about y at t = τ: at 2τ the off-resonance is gone, e^{−2τ/T2} stays."""
    tau = 0.01
    echo = bloch(T1, T2, F, [90.0, 180.0, 0.0], [0.0, 90.0, 0.0], tau, 0.0)[:, 2]
    close(echo, -1j * np.exp(-2 * tau / T2))


@pytest.mark.parametrize("alpha", [5.0, 30.0, 90.0])
def test_spoiled_gradient_echo_settles_on_ernsts_formula(alpha):
    """sin α (1 − E1)/(1 − E1 cos α), largest at cos α = E1."""
    t, a, e1 = 0.2, np.radians(alpha), np.exp(-0.2 / T1)
    settled = bloch(T1, T2, 0 * F, np.full(400, alpha), 0.0, t, 0.0, spoiled=True)[:, -1]
    close(settled, -1j * np.sin(a) * (1 - e1) / (1 - e1 * np.cos(a)))


def test_the_ernst_angle_gives_the_most():
    e1 = np.exp(-0.05 / T1[0])
    ernst = np.degrees(np.arccos(e1))
    most, *less = (
        abs(
            bloch(T1[:1], T2[:1], F[:1], np.full(150, ernst + off), 0.0, 0.05, 0.0, spoiled=True)[
                0, -1
            ]
        )
        for off in (0.0, -1.0, 1.0)
    )
    assert most > max(less) > 0.999 * most


@pytest.mark.parametrize("alpha", [20.0, 60.0])
def test_balanced_pulses_settle_on_the_freeman_hill_formula(alpha):
    """M⁺ = (1−E1) sin α (E2 sin θ, −(1 − E2 cos θ))/D for pulses about x, θ = 2πf·TR, with
    D = (1−E1 cos α)(1−E2 cos θ) − E2(E1−cos α)(E2−cos θ) (Freeman and Hill 1971)."""
    t, a = 0.01, np.radians(alpha)
    t1, t2, f = (g.ravel() for g in np.meshgrid([0.1, 0.2], [0.03, 0.1], [0.0, 11.0, -38.0, 50.0]))
    e1, e2, theta = np.exp(-t / t1), np.exp(-t / t2), 2 * np.pi * f * t
    D = (1 - e1 * np.cos(a)) * (1 - e2 * np.cos(theta)) - e2 * (e1 - np.cos(a)) * (
        e2 - np.cos(theta)
    )
    expected = (1 - e1) * np.sin(a) * (e2 * np.sin(theta) - 1j * (1 - e2 * np.cos(theta))) / D
    close(bloch(t1, t2, f, np.full(700, alpha), 0.0, t, 0.0)[:, -1], expected)


def test_alternating_pulses_shift_the_off_resonance_by_half_a_turn():
    """Pulses of phase 0, 180, 0, … see f as pulses of one phase see f + 1/(2TR)."""
    flip, t = np.full(40, 35.0), 0.01
    signs = (-1.0) ** np.arange(40)
    turned = bloch(T1, T2, F, flip, 180.0 * (np.arange(40) % 2), t, 0.0)
    close(turned, signs * bloch(T1, T2, F + 50.0, flip, 0.0, t, 0.0))


def test_a_train_against_an_integrator_and_scipys_rotations():
    """Every pulse a rotation vector, every wait dM/dt integrated; three unlike pulses."""
    flip, phase, wait, echo = [50.0, 120.0, 33.0], [0.0, 70.0, 200.0], [0.02, 0.03, 0.01], 0.004
    found = bloch(T1, T2, F, flip, phase, wait, echo, start=0.3)
    for i in range(3):

        def slope(t, M, i=i):
            w = 2 * np.pi * F[i]
            return [-w * M[1] - M[0] / T2[i], w * M[0] - M[1] / T2[i], (1 - M[2]) / T1[i]]

        M = np.array([0.0, 0.0, 0.3])
        for n in range(3):
            axis = np.array([np.cos(np.radians(phase[n])), np.sin(np.radians(phase[n])), 0.0])
            M = Rotation.from_rotvec(np.radians(flip[n]) * axis).apply(M)
            path = solve_ivp(
                slope, (0, wait[n]), M, "DOP853", (0, echo, wait[n]), rtol=1e-12, atol=1e-13
            ).y
            close([found[i, n].real, found[i, n].imag], path[:2, 1], kind="solver", scale=1.0)
            M = path[:, 2]


def test_nothing_grows():
    """|M| stays below 1 in any train: rotations keep it, relaxation pulls it in."""
    y = 2 * np.random.default_rng(0).random((200, 3)) - 1
    assert abs(bloch(*tissue(y).T, *pulses(300), 0.005, start=-1.0)).max() < 1


@pytest.mark.parametrize(
    "wrong, words",
    [
        (dict(echo=0.02), "the echo from 0"),
        (dict(t2=[0.0, 1, 1]), "above 0"),
        (dict(f=[0.0]), "of one shape"),
    ],
)
def test_what_bloch_refuses(wrong, words):
    given = dict(t1=T1, t2=T2, f=F, flip=[90.0], phase=[0.0], wait=0.01, echo=0.005) | wrong
    with told_in_one_line(words):
        bloch(**given)


# ---- fingerprints ---------------------------------------------------------------------------


def test_a_fingerprint_is_the_train_of_its_tissue():
    """At 300 dB x is A e^{iφ} times Bloch's signal, A from ½ to 2, φ anything."""
    d = data.fingerprint(m=30, points=20, snr=300.0)
    ratio = d.x / bloch(*tissue(d.y).T, *pulses(20), 0.005, start=-1.0)
    close(ratio, np.repeat(ratio[:, :1], 20, axis=1))
    assert 0.5 <= abs(ratio).min() < 0.7 and 1.5 < abs(ratio).max() <= 2
    assert abs(np.mean(ratio / abs(ratio))) < 0.5


def test_tissues_fill_their_box():
    close(tissue([[-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]]), [[0.3, 0.03, -30.0], [3.0, 0.3, 30.0]])
    d = data.fingerprint(m=500, points=2)
    assert abs(d.y).max() <= 1 and (np.abs(d.y.mean(axis=0)) < 0.15).all()
    assert (tissue(d.y)[:, 1] <= tissue(d.y)[:, 0]).all()


def test_a_longer_train_begins_with_the_shorter():
    for long, short in zip(pulses(90), pulses(60)):
        close(long[:60], short)


@pytest.mark.parametrize("name", ["antenna", "fingerprint"])
def test_made_signals_come_again_and_differ_by_split_and_seed(name):
    few, more = data.load(name, m=3), data.load(name, m=5, snr=[7.0, 9.0], seed=2)
    assert data.from_table(more.describe()).sha256 == more.sha256
    assert (data.load(name, m=9).x[:3] == few.x).all()
    assert (
        len(
            {
                d.sha256
                for d in (few, data.load(name, m=3, seed=1), data.load(name, m=3, split="test"))
            }
        )
        == 3
    )
    table = {"name": name, "m": 3, "snr": [7.0, 9.0]}
    assert Data.model_validate(table).model_dump(exclude_none=True) == table
    with told_in_one_line("a pair .low, high."):
        data.load(name, snr=[3.0, 1.0])


# ---- direction finding ----------------------------------------------------------------------


def test_soft_bins_keep_the_direction():
    """Two shares at most, of sum 1, whose mean of bin centres is u; their logits give it back."""
    u = data.antenna(m=40).y
    y = finding.soft_bins(u)
    assert ((y > 0).sum(axis=1) <= 2).all()
    close(y.sum(axis=1), np.ones(40))
    close(y @ finding.CENTRES, u[:, 0])
    with np.errstate(divide="ignore"):
        close(finding.mean_direction(np.log(y) + 7.0), u[:, 0])


def test_without_noise_the_beamformer_finds_the_direction():
    d = data.antenna(m=60, snr=200.0)
    assert finding.rms(finding.beamformer(d.x), d.y) < 1e-5


def test_the_direction_is_bounded_by_the_inverse_of_the_fisher_information():
    """2 Re ∂μᴴ∂μ of μ = A e^{iφ} a(u) in (u, φ, log A), inverted as it stands."""
    n, amplitude = np.arange(6), 10 ** (12 / 20)
    mu = amplitude * np.exp(1.1j) * steering([0.3], 6)[0]
    J = np.stack([1j * np.pi * n * mu, 1j * mu, mu])
    close(np.linalg.inv(2 * (J.conj() @ J.T).real)[0, 0] ** 0.5, finding.bound(12.0, 6))


def test_the_beamformer_reaches_the_bound_and_nothing_beats_the_posterior_mean():
    """At 20 dB both stand at the bound; at 0 dB, where maxima are missed, the mean errs less."""
    errors = {}
    for snr in (0.0, 20.0):
        d = data.antenna(split="test", m=1500, snr=snr)
        errors[snr] = [
            finding.rms(finding.beamformer(d.x, 801), d.y),
            finding.rms(finding.posterior_mean(d.x, 10 ** (snr / 20), 801), d.y),
        ]
    assert np.abs(np.array(errors[20.0]) / finding.bound(20.0) - 1).max() < 0.08
    assert finding.bound(0.0) < 0.9 * errors[0.0][1] < 0.9 * errors[0.0][0]


# ---- fingerprinting -------------------------------------------------------------------------


def test_maximum_likelihood_ends_on_the_tissue():
    """Without noise, from the nearest entry of a coarse grid."""
    d = data.fingerprint(m=8, points=50, snr=200.0)
    nearest = reading.match(reading.dictionary(50, (8, 8, 31)), d.x)
    assert reading.errors(nearest, d.y).max() > 1
    assert reading.errors(reading.refined(nearest, d.x, 12), d.y).max() < 1e-5


def test_maximum_likelihood_errs_by_the_bound():
    d = data.fingerprint(split="test", m=400, points=60, snr=60.0)
    found = reading.errors(reading.refined(d.y, d.x, 4), d.y)
    assert np.abs(found / reading.bound(d.y, 60, 60.0) - 1).max() < 0.25


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


# ---- XOR ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def neuron():
    return xor.neurons(xor.FUNCTIONS["XOR"])["complex, |z|²"]


@pytest.mark.slow
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
