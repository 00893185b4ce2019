"""Evidence of networks, learning coefficients, and the closed forms that they have to reproduce."""

import numpy as np
import pytest
from checkout import REFERENCE
from mistakes import told_in_one_line
from scipy.stats import multivariate_normal
from tolerance import close

import flownet as fn
from flownet.geometry.curvature import NoSpectrum, rademacher
from flownet.linearization.evidence import _predictive, _spectrum

ALPHA, SIGMA = 0.7, 0.4


def linear(m=20, n_in=4, n_out=1, seed=0, **metrics):
    """A linear network on random data, what its posterior is largest at, and its design matrix."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(m, n_in)), rng.normal(size=(m, n_out))
    net = fn.Network([n_in, n_out])
    potential = fn.Potential(net, fn.Quadratic(**metrics), fn.Dataset(x, y))
    G = np.asarray(metrics.get("output_metric", np.eye(n_out)))
    S = np.asarray(metrics.get("sample_metric", np.ones(m)))
    precision = np.kron(np.diag(S) if S.ndim == 1 else S, G) / SIGMA**2
    J = np.stack([net.pushforward(W, x, V).ravel() for V in np.eye(net.size) for W in [0 * V]], 1)
    A = J.T @ precision @ J + ALPHA * np.eye(net.size)
    W = np.linalg.solve(A, J.T @ precision @ y.ravel())
    covariance = np.linalg.inv(precision) + J @ J.T / ALPHA
    return potential, W, multivariate_normal(cov=covariance).logpdf(y.ravel())


@pytest.fixture(scope="module")
def published():
    """The regression example of laplace-torch on its own points."""
    stored = dict(np.load(REFERENCE / "evidence.npz"))
    net = fn.Network([1, 50, 1])
    return fn.Potential(net, fn.Quadratic(), fn.Dataset(stored["x"], stored["y"])), stored


# --- closed forms ---------------------------------------------------------------------------------


METRICS = {
    "one output": {},
    "three outputs": {"n_out": 3},
    "more parameters than data": {"m": 6, "n_in": 9},
    "metrics": {
        "n_out": 2,
        "output_metric": [[2.0, 0.3], [0.3, 0.7]],
        "sample_metric": np.linspace(0.5, 2, 20),
    },
    "correlated samples": {"m": 8, "n_out": 2, "sample_metric": np.eye(8) + 0.1 * np.ones((8, 8))},
}


@pytest.mark.parametrize("words", METRICS.values(), ids=METRICS)
def test_of_a_linear_network_it_is_exact(words, holds):
    """log Z is the density of the data under N(0, noise + JJᵀ/α)."""
    potential, W, exact = linear(**words)
    found = fn.evidence(potential, W, prior=ALPHA, noise=SIGMA)
    for one in (found.hessian, found.gauss_newton):
        holds("log Z of a linear network", abs(one.log_Z / exact - 1), 1e-11)
        assert one.low == one.high == one.log_Z and one.error == 0
    assert found.gradient < 1e-11 * found.samples / SIGMA**2


def test_a_parabola_in_the_potential_is_the_prior(holds):
    potential, W, exact = linear()
    kappa = ALPHA * SIGMA**2 / 20
    found = fn.evidence(potential + kappa * fn.Parabola(5), W, noise=SIGMA)
    assert found.prior == pytest.approx(ALPHA)
    holds("log Z of a linear network", abs(found.log_Z / exact - 1), 1e-11)


def test_a_prior_in_a_metric():
    """A layer twice as stiff has half the variance; what is frozen is known."""
    potential, W, _ = linear()
    g = np.array([1.0, 2.0, 4.0, 0.5, 1.0])
    x, y = potential.data.x, potential.data.y[:, 0]
    J = np.column_stack([x, np.ones(20)])
    A = J.T @ J / SIGMA**2 + ALPHA * np.diag(g)
    W = np.linalg.solve(A, J.T @ y / SIGMA**2)
    cov = SIGMA**2 * np.eye(20) + J @ np.diag(1 / g) @ J.T / ALPHA
    metric = fn.DiagonalMetric(g)
    found = fn.evidence(potential, W, prior=ALPHA, noise=SIGMA, metric=metric)
    assert found.log_Z == pytest.approx(multivariate_normal(cov=cov).logpdf(y), rel=1e-11)
    frozen = fn.evidence(
        potential, W, prior=ALPHA, noise=SIGMA, metric=fn.DiagonalMetric([1, 1, 1, 1, np.inf])
    )
    assert frozen.size == 4


def test_derivatives_are_those_of_the_closed_forms(holds):
    """d log Z/d log α = ½(γ − α‖W‖²), d log Z/d log σ² = ½(Σe²/σ² − N + γ), at a fixed spectrum."""
    potential, W, _ = linear(n_out=2)
    found = fn.evidence(potential, 1.1 * W, prior=ALPHA, noise=SIGMA)
    h = 1e-4
    for name, value, expected in (
        ("prior", ALPHA, (found.gamma - ALPHA * found.length) / 2),
        ("noise", SIGMA, 2 * 20 * found.loss / SIGMA**2 - 40 + found.gamma),
    ):
        up, down = (found.at(**{name: value * np.exp(s * h)}).log_Z for s in (1, -1))
        off = abs((up - down) / (2 * h) / expected - 1)
        holds(f"d log Z/d log {name}", off, 1e-6)


def test_mackays_fixed_point_is_where_both_vanish():
    potential, W, _ = linear(n_out=2, m=40)
    found = fn.evidence(potential, W, prior=ALPHA, noise=SIGMA).refitted()
    assert found.prior * found.length == pytest.approx(found.gamma, rel=1e-10)
    square = 2 * 40 * found.loss
    assert square / found.noise**2 == pytest.approx(80 - found.gamma, rel=1e-10)
    h = 1e-3
    for name in ("prior", "noise"):
        there = getattr(found, name)
        assert all(found.at(**{name: there * f}).log_Z < found.log_Z for f in (1 + h, 1 - h))


def test_the_published_example(published, holds):
    """σ ≈ 0.28 and α ≈ 0.10, and to many digits what PyTorch makes of the same points."""
    potential, stored = published
    start = fn.evidence(potential, stored["W"], prior=1.0, noise=1.0, curvature="gauss-newton")
    found = start.refitted()
    holds("1-50-1 as published: σ less 0.28", abs(found.noise - 0.28), 0.005)
    holds("1-50-1 as published: α less 0.10", abs(found.prior - 0.10), 0.005)
    for name, here in (
        ("sigma", found.noise),
        ("alpha", found.prior),
        ("gamma", found.gamma),
        ("log_Z", found.log_Z),
    ):
        holds("1-50-1 by PyTorch: σ, α, γ, log Z", abs(here / float(stored[name]) - 1), 1e-8)
    assert len(found.spectra["gauss-newton"].values) == 150 and found.size == 151


def test_against_laplace_torch(published, holds):
    """Another program's evidence of the same network, where it is installed."""
    laplace, torch = pytest.importorskip("laplace"), pytest.importorskip("torch")
    potential, stored = published
    model = torch.nn.Sequential(torch.nn.Linear(1, 50), torch.nn.Tanh(), torch.nn.Linear(50, 1))
    W = torch.from_numpy(stored["W"].copy())
    torch.nn.utils.vector_to_parameters(W, model.double().parameters())
    points = [torch.from_numpy(np.array(part)) for part in (potential.data.x, potential.data.y)]
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*points), batch_size=150)
    words = {"prior_precision": 0.1, "sigma_noise": 0.28}
    single = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # in which it keeps the matrix of curvature
    try:
        other = laplace.FullLaplace(model, "regression", **words)
        other.fit(loader)
    finally:
        torch.set_default_dtype(single)
    found = fn.evidence(potential, stored["W"], prior=0.1, noise=0.28, curvature="gauss-newton")
    off = abs(found.log_Z / float(other.log_marginal_likelihood()) - 1)
    holds("log Z of 1-50-1 by laplace-torch", off, 1e-8)


def test_classes_by_brute_force():
    """Cross-entropy, two parameters: Laplace beside the integral, which it nears as N grows."""
    errors = []
    for copies in (4, 16, 64):
        rng = np.random.default_rng(1)
        x = np.repeat(rng.normal(size=(8, 1)), copies, axis=0)
        label = np.repeat(np.arange(8) % 2, copies)
        net = fn.Network([1, 2], bias=False)
        potential = fn.Potential(net, fn.CrossEntropy(), fn.Dataset(x, label, classes=2))
        whole = potential + 1 / (8 * copies) * fn.Parabola(2)
        top = fn.minimum(whole, [0.1, -0.1], progress=False)
        found = fn.evidence(potential, top, prior=1.0)
        assert found.gradient < 1e-10 and found.noise is None
        assert found.hessian.log_Z == pytest.approx(found.gauss_newton.log_Z, rel=1e-12)
        side = np.linspace(-5, 5, 101)
        logs = [-len(x) * potential.value([a, b]) - (a * a + b * b) / 2 for a in side for b in side]
        exact = np.log(np.sum(np.exp(logs)) * (side[1] - side[0]) ** 2 / (2 * np.pi))
        errors.append(abs(found.log_Z - exact))
    assert errors[2] < errors[1] < errors[0] and errors[2] < 2e-3


# --- spectra --------------------------------------------------------------------------------------


def test_brackets_of_the_quadrature_hold_and_close(published, monkeypatch):
    """Gauss above, Radau below, of what each probe would give exactly; the probes scatter about."""
    potential, stored = published
    exact = fn.evidence(potential, stored["W"], prior=0.1, noise=0.28, curvature="gauss-newton")
    monkeypatch.setattr(_spectrum, "EXACT", 10)
    found = {
        steps: fn.evidence(potential, stored["W"], prior=0.1, noise=0.28, probes=6, steps=steps)
        for steps in (4, 8, 12, 40)
    }
    one = {steps: each.gauss_newton for steps, each in found.items()}
    closed = one[40]
    assert closed.low == closed.high  # each probe's measure is known in full
    widths = [each.high - each.low for each in one.values()]
    assert (np.diff(widths) < 0).all() and widths[0] > 100 and widths[2] < 1e-3
    for each in one.values():
        assert each.low <= closed.log_Z + 1e-7 and closed.log_Z - 1e-7 <= each.high
        assert each.low <= each.log_Z <= each.high
    assert abs(closed.log_Z - exact.log_Z) < 3 * closed.error
    assert "bracket" in str(found[8]) and found[40].hessian.negative


def test_brackets_of_a_hessian_that_bends_down_less_than_the_prior_up(digits, monkeypatch, holds):
    """As far as each probe goes it is bounded, and closes in on what its dense logarithm gives."""
    potential = fn.Potential(fn.Network([64, 6, 10]), fn.CrossEntropy(), digits)
    m, n = digits.m, potential.size
    run = fn.train(potential, fn.Adam(0.03), steps=120, record_every=120)
    W, words = run.parameters[-1], {"curvature": "hessian", "probes": 6}
    h, U = np.linalg.eigh(m * potential.hessian_action(W, np.eye(n)))
    assert h[0] < -0.01
    prior = -1.05 * h[0]
    exact = fn.evidence(potential, W, prior=prior, **words)
    seen = U.T @ np.array([rademacher(0, k, n) for k in range(6)]).T
    base = exact.log_Z - exact.hessian.occam
    probed = base - (np.log1p(h / prior) @ seen**2).mean() / 2
    monkeypatch.setattr(_spectrum, "EXACT", 10)
    widths = []
    for steps in (10, 20, 40, 80):
        found = fn.evidence(potential, W, prior=prior, steps=steps, **words)
        one = found.hessian
        assert one.low <= probed + 1e-7 and probed - 1e-7 <= one.high
        assert one.low <= one.log_Z <= one.high and "bracket" in str(found)
        widths.append(one.high - one.low)
    assert (np.diff(widths) < 0).all() and widths[0] > 1
    holds("log Z by the Hessian's brackets, of each probe", abs(one.log_Z - probed), 1e-5)
    off = abs(one.log_Z - exact.log_Z) / one.error
    holds("log Z by the Hessian's brackets, in errors", off, 3)
    with told_in_one_line("H . α bends down: the least curvature of the data is -1.0"):
        fn.evidence(potential, W, prior=-0.97 * h[0], steps=80, **words)
    both = fn.evidence(potential, W, prior=-0.97 * h[0], steps=20)
    assert both.hessian.negative and both.log_Z == both.gauss_newton.log_Z


def test_brackets_of_more_parameters_than_are_stored(digits, holds):
    """65·70 of a linear network: A is one matrix (65, 65) for each of 70 outputs."""
    x = digits.x[:80]
    potential = fn.Potential(
        fn.Network([64, 70]), fn.Quadratic(), fn.Dataset(x, np.zeros((80, 70)))
    )
    ones = np.column_stack([x, np.ones(80)])
    occam = -35 * np.log1p(np.linalg.eigvalsh(ones.T @ ones) / ALPHA / SIGMA**2).sum()
    found = fn.evidence(
        potential, np.zeros(potential.size), prior=ALPHA, noise=SIGMA, probes=4, steps=30
    )
    for one in (found.hessian, found.gauss_newton):
        assert one.low < one.log_Z < one.high < one.low + one.error
        off = abs(one.occam - occam) / one.error
        holds("log Z of 4550 linear parameters, in errors", off, 3)
    low, high = np.sort([found.hessian.log_Z, found.gauss_newton.log_Z])
    assert high - low < found.hessian.high - found.hessian.low  # of a straight map they are one


def test_a_hessian_whose_least_curvature_is_not_found_is_left(published, monkeypatch):
    potential, stored = published
    monkeypatch.setattr(_spectrum, "EXACT", 10)

    def lost(*_, **__):
        raise NoSpectrum("no")

    monkeypatch.setattr(_spectrum, "eigenpairs", lost)
    found = fn.evidence(potential, stored["W"], prior=0.1, noise=0.28, steps=10)
    assert found.hessian is None and found.log_Z == found.gauss_newton.log_Z
    assert "not found" in str(found)
    with told_in_one_line("least curvature of the Hessian was not found"):
        fn.evidence(potential, stored["W"], prior=0.1, noise=0.28, curvature="hessian")


def test_where_the_hessian_bends_down_gauss_newton_is_left():
    net = fn.Network([2, 4, 1])
    potential = fn.Potential(net, fn.Quadratic(), fn.data.load("xor"))
    found = fn.evidence(potential, net.init(0), prior=1e-3, noise=0.5)
    assert found.hessian.negative and np.isnan(found.hessian.log_Z)
    assert found.log_Z == found.gauss_newton.log_Z and np.isfinite(found.log_Z)
    assert "bends down" in str(found)


# --- running --------------------------------------------------------------------------------------


def test_modes_flow_from_the_priors_rule_to_the_datas(published):
    """dγ_i/d log N = γ_i(1 − γ_i), d(−½Σ log(1 + Nh̄/α))/d log N = −γ/2."""
    potential, stored = published
    found = fn.evidence(potential, stored["W"], prior=0.1, noise=0.28, curvature="gauss-newton")
    h = 1e-4
    N = found.samples * np.logspace(-2, 3, 11)
    low, here, high = (found.running(N * np.exp(s * h)) for s in (-1, 0, 1))
    slope = (high.modes - low.modes) / (2 * h)
    np.testing.assert_allclose(slope, here.modes * (1 - here.modes), atol=1e-8)
    occam = (high.occam - low.occam) / (2 * h)
    np.testing.assert_allclose(occam, -here.coefficient, rtol=1e-7)
    now = found.running([found.samples])
    assert now.log_Z[0] == pytest.approx(found.log_Z, rel=1e-12)
    assert now.gamma[0] == pytest.approx(found.gamma, rel=1e-12)
    assert now.bic[0] == pytest.approx(found.bic, rel=1e-12)


def test_a_power_law_runs_with_an_anomalous_exponent():
    """h̄_i = i^−a: γ = (π/a)/sin(π/a)·(N/α)^(1/a)."""
    for a in (2.0, 3.0):
        h = np.arange(1, 200_001) ** -a
        spectrum = _spectrum.Spectrum(len(h), h)
        gamma = spectrum.sum(lambda h: 1e4 * h / (1e4 * h + 1)).value
        law = np.pi / a / np.sin(np.pi / a) * 1e4 ** (1 / a)
        assert gamma == pytest.approx(law - 0.5, rel=1e-3)  # the sum is ½ below its integral


def test_bics_error_tends_to_its_constant():
    """At fixed h̄: ½α‖W‖² − ½D log α + ½Σ log h̄, of a linear network."""
    potential, W, _ = linear()
    found = fn.evidence(potential, W, prior=ALPHA, noise=SIGMA)
    there = found.running([1e12])
    h = found.spectra["hessian"].values / (20 * SIGMA**2)
    constant = (ALPHA * found.length - 5 * np.log(ALPHA) + np.log(h).sum()) / 2
    assert there.bic[0] - there.log_Z[0] == pytest.approx(constant, abs=2e-3)


# --- predictions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["direct", "dual", "conjugate gradients"])
def test_predictive_covariance_is_that_of_the_posterior(way, monkeypatch):
    potential, W, _ = linear(**({} if way == "direct" else {"m": 6, "n_in": 9, "n_out": 2}))
    if way == "conjugate gradients":
        monkeypatch.setattr(_predictive, "EXACT", 3)
    found = fn.evidence(potential, W, prior=ALPHA, noise=SIGMA)
    net, x = potential.network, np.random.default_rng(5).normal(size=(3, potential.data.x.shape[1]))
    J = np.stack([net.pushforward(W, x, V) for V in np.eye(net.size)], axis=-1)  # (3, n_out, D)
    A = found.samples / SIGMA**2 * potential.hessian_action(W, np.eye(net.size))
    A = A + ALPHA * np.eye(net.size)
    expected = np.einsum("sai,ij,sbj->sab", J, np.linalg.inv(A), J)
    told = found.predictive(x)
    np.testing.assert_allclose(told.covariance, expected, rtol=1e-9, atol=1e-12)
    close(told.mean, net.forward(W, x))
    variance = np.diagonal(expected, axis1=1, axis2=2) + SIGMA**2
    np.testing.assert_allclose(told.deviation, np.sqrt(variance), rtol=1e-9)


def test_classes_far_from_the_data_are_less_certain():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(-1, 0.4, (30, 1)), rng.normal(1, 0.4, (30, 1))])
    net = fn.Network([1, 2])
    data = fn.Dataset(x, np.repeat([0, 1], 30), classes=2)
    potential = fn.Potential(net, fn.CrossEntropy(), data)
    top = fn.minimum(potential + 1 / 60 * fn.Parabola(net.size), net.init(0), progress=False)
    told = fn.evidence(potential, top, prior=1.0).predictive([[0.0], [3.0], [300.0]])
    assert told.noise is None
    close(told.p_hat.sum(axis=1), np.ones(3))
    plain = fn.CrossEntropy().p_hat(told.mean)
    assert told.p_hat[2].min() > 1e-4 > plain[2].min()


# --- learning coefficients ------------------------------------------------------------------------


def quadrature(density, loss, N):
    """λ(N) = N⟨L⟩ over e^{−NL}·density, on given points."""
    weights = density * np.exp(-N * (loss - loss.min()))
    return N * np.sum(weights * loss) / np.sum(weights)


def grid(points=400_001):
    """Radii r > 0, even in log r, and the measure dr."""
    r = np.logspace(-9, 1.2, points)
    return r, np.gradient(r)


def test_coefficients_of_formulas_by_quadrature(holds):
    """λ as −d log Z/d log N at N = 1e8: Parabola D/2, Quartic ¼, double well ½."""
    r, dr = grid()
    normal = np.exp(-r * r / 2) * dr
    for potential, exact in ((fn.Parabola(1), 0.5), (fn.Quartic(1), 0.25)):
        loss = np.array([potential.value([w]) for w in r[::40]])
        off = abs(quadrature(normal[::40], loss, 1e8) - exact)
        holds(f"λ of {type(potential).__name__} by quadrature, {exact:g}", off, 1e-3)
    w = np.linspace(-3, 3, 200_001)
    loss = (w * w - 1) ** 2 / 8
    off = abs(quadrature(np.exp(-w * w / 2), loss, 1e6) - 0.5)
    holds("λ of DoubleWell by quadrature, 0.5", off, 1e-3)
    assert fn.DoubleWell(1).value([w[7]]) == pytest.approx(loss[7])


def rank_one(M, N, n):
    """λ(n) of N → 1 → M linear units with true map 0, L = ½‖u‖²‖v‖², u integrated out.

    Z = ∫(1 + n‖v‖²)^(−M/2) over v of the normal prior.
    """
    r, dr = grid()
    density = r ** (N - 1) * np.exp(-r * r / 2) * (1 + n * r * r) ** (-M / 2) * dr
    return M / 2 * np.sum(density * n * r * r / (1 + n * r * r)) / density.sum()


@pytest.mark.parametrize("M, N", [(2, 1), (1, 2), (3, 2), (5, 3)])
def test_coefficients_of_rank_one_networks_by_quadrature(M, N, holds):
    """λ = min(M, N)/2, of the very potential that a network of such sizes has."""
    off = abs(rank_one(M, N, 1e9) - min(M, N) / 2)
    holds("λ of N-1-M networks by quadrature, min(M, N)/2", off, 1e-3)
    net, W = fn.Network([N, 1, M], "identity", bias=False), np.linspace(0.5, 1, M + N)
    data = fn.Dataset(np.sqrt(N) * np.eye(N), np.zeros((N, M)))
    v, u = W[:N], W[N:]
    loss = fn.Potential(net, fn.Quadratic(), data).value(W)
    assert loss == pytest.approx((u @ u) * (v @ v) / 2)


@pytest.mark.parametrize("side", [1, 2, 3])
def test_equal_sides_have_a_logarithm_beside_their_coefficient(side, holds):
    """Z ~ (log n + c)·n^−λ, so 1/(λ − λ(n)) grows as log n: UV with n = 1 is one of them, λ = ½."""
    n = np.array([1e6, 1e9])
    left = [1 / (side / 2 - rank_one(side, side, k)) for k in n]
    slope = (left[1] - left[0]) / np.log(n[1] / n[0])
    holds("UV, n = 1, equal sides: log of λ − λ(n)", abs(slope - 1), 1e-3)
    assert fn.UV(1).value([0.7, 0.3]) == pytest.approx((0.7 * 0.3) ** 2 / 2)


@pytest.mark.parametrize("n", [2, 3, 8])
def test_uv_has_one_half_whatever_its_size(n, holds):
    """L = ½(u·v)²/n: u·v is normal of deviation ‖v‖, so Z = ∫(1 + N‖v‖²/n)^−½, λ = ½ of D = 2n."""
    r, dr = grid()
    N = 1e9 / n
    density = r ** (n - 1) * np.exp(-r * r / 2) * (1 + N * r * r) ** -0.5 * dr
    here = np.sum(density * N * r * r / (1 + N * r * r)) / density.sum() / 2
    holds("λ of UV by quadrature, 1/2", abs(here - 0.5), 1e-3)


def test_a_chain_measures_the_coefficient_of_a_parabola():
    """D/2 times what the anchor takes, nβ/(nβ + g), and without judgement what the step adds."""
    potential, words = fn.Parabola(4), {"beta": 200.0, "anchor": 20.0, "progress": False}
    found = fn.learning_coefficient(potential, np.zeros(4), draws=4000, chains=2, **words)
    assert found.regular == pytest.approx(2 / 1.1) and found.stepped == 1
    assert abs(found.value - found.regular) < 4 * found.error and found.error < 0.08
    assert 0.4 < found.acceptance < 0.75
    step = 1 / 220
    rough = fn.learning_coefficient(
        potential, np.zeros(4), draws=4000, chains=2, judged=False, step=step, **words
    )
    assert rough.regular == pytest.approx(2 / 1.1 / (1 - step * 220 / 4)) and rough.step == step
    assert abs(rough.value - rough.regular) < 4 * rough.error
    assert rough.value > found.value + 3 * found.error and np.isnan(rough.acceptance)


def test_a_chain_measures_what_quadrature_says_of_a_quartic():
    """A degenerate minimum: the curvatures say 0, the chain what the integral gives."""
    w = np.linspace(-3, 3, 200_001)
    beta, anchor = 1e3, 1.0
    exact = quadrature(np.exp(-anchor * w * w / 2), w**4 / 8, beta)
    found = fn.learning_coefficient(
        fn.Quartic(1), [0.0], beta=beta, anchor=anchor, draws=20_000, chains=2, progress=False
    )
    assert found.regular == 0 and abs(found.value - exact) < 4 * found.error
    assert found.error < 0.05 and exact == pytest.approx(0.25, abs=0.02)


def test_the_same_seed_gives_the_same_chain():
    words = {"beta": 50.0, "draws": 50, "chains": 2, "progress": False}
    one, again, other = (
        fn.learning_coefficient(fn.Parabola(2), np.zeros(2), seed=seed, **words)
        for seed in (1, 1, 2)
    )
    assert (one.chains == again.chains).all() and (one.chains != other.chains).any()
    assert one.chains.shape == (2, 50) and (one.chains[0] != one.chains[1]).any()


@pytest.mark.slow
def test_xors_coefficient_is_two(holds):
    """Interpolating with J of full row rank: λ = m·n_out/2 = 2 of 9 parameters."""
    net = fn.Network([2, 2, 1])
    potential = fn.Potential(net, fn.Quadratic(), fn.data.load("xor"))
    zero = fn.minimum(potential, 1.5 * np.random.default_rng(0).normal(size=9), progress=False)
    found = fn.learning_coefficient(
        potential, zero, beta=1e3, anchor=1.0, draws=100_000, chains=4, progress=False
    )
    holds("λ of XOR by chains: share off 2", abs(found.value / 2 - 1), 0.02)
    assert found.error < 0.015 and found.regular == pytest.approx(1.994, abs=1e-3)


# --- what is refused, what is drawn ---------------------------------------------------------------

XOR = fn.Potential(fn.Network([2, 2, 1]), fn.Quadratic(), fn.data.load("xor"))
IRIS = fn.Potential(fn.Network([4, 3]), fn.CrossEntropy(), fn.data.load("iris"))
MISTAKES = {
    "no prior": (lambda: fn.evidence(XOR, np.ones(9)), "prior is missing"),
    "two priors": (lambda: fn.evidence(XOR + fn.Parabola(9), np.ones(9), prior=1.0), "said twice"),
    "formula": (lambda: fn.evidence(fn.Quartic(1), [1.0], prior=1.0), "flownet.Potential"),
    "scaled": (lambda: fn.evidence(2 * XOR, np.ones(9), prior=1.0), "flownet.Potential"),
    "noise of classes": (
        lambda: fn.evidence(IRIS, np.ones(15), prior=1.0, noise=0.1),
        "noise is of values",
    ),
    "noise": (lambda: fn.evidence(XOR, np.ones(9), prior=1.0, noise=0.0), "noise is 0"),
    "curvature": (
        lambda: fn.evidence(XOR, np.ones(9), prior=1.0, curvature="fisher"),
        "gauss-newton",
    ),
    "samples": (
        lambda: fn.evidence(XOR, np.ones(9), prior=1.0, noise=1.0).running([-1.0]),
        "above 0",
    ),
    "n unknown": (lambda: fn.learning_coefficient(fn.Quartic(1), [0.0]), "pass samples=n"),
    "draws": (lambda: fn.learning_coefficient(XOR, np.ones(9), draws=0), "draws is 0"),
    "diverges": (
        lambda: fn.learning_coefficient(
            fn.Quartic(1), [1.0], beta=1e3, step=10.0, judged=False, draws=100, chains=1
        ),
        "diverged",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told(mistake):
    make, words = MISTAKES[mistake]
    with told_in_one_line(words):
        make()


def test_figure(published):
    potential, stored = published
    found = fn.evidence(potential, stored["W"], prior=0.1, noise=0.28, curvature="gauss-newton")
    figure = fn.plot.running(found.running())
    figure.canvas.draw()
    assert [axis.get_xscale() for axis in figure.axes] == ["log", "log"]
    assert all(axis.get_legend() is not None for axis in figure.axes)
