"""Evidence of networks: closed forms, a published example, brute force, and what is refused."""

import numpy as np
import pytest
from exact_evidence import ALPHA, SIGMA, linear
from mistakes import told_in_one_line
from scipy.stats import multivariate_normal

import flownet as fn

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
