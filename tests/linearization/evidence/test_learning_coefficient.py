"""Learning coefficients of formulas and small networks, by quadrature and by chains."""

import numpy as np
import pytest

import flownet as fn


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
