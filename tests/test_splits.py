"""What the second and third order of a step are made of, against dense tensors and by chance."""

from itertools import product

import made
import naive
import numpy as np
import pytest
import twins
from scipy.stats import ortho_group
from tolerance import close, has_order

import flownet as fn
from flownet.linearization._chance import flips, rotation_spread, rotations

CASES = {
    "quadratic": twins.case(60_000, [2, 3, 2], ["tanh"], "quadratic",
                            gamma=twins.positive(60_100, 2), Gamma=twins.weights(60_101, 7)),
    "cross-entropy": twins.case(61_000, [2, 2, 2, 2], ["sigmoid", "sin"], "cross-entropy",
                                temperature=0.7, gamma=twins.weights(61_100, 2),
                                Gamma=twins.weights(61_101, 7)),
    "kinked": twins.case(62_000, [3, 3, 2], ["elu"], "quadratic", bias=False, output="softplus"),
}


@pytest.fixture(scope="module", params=CASES)
def dense(request):
    """A case's name, its breakdown along V, V, its gradient, H (D, D) and T (D, D, D) in full."""
    case = CASES[request.param]
    p, (W, V) = twins.problem(case), twins.point(case)
    b = fn.breakdown(twins.potential(case), W, displacement=0.3 * V)
    return (request.param, b, 0.3 * V, naive.differential(p, W)[1], naive.hessian(p, W),
            naive.third(p, W))


def by_blocks(T, delta, labels):
    """Sums (3,) of T(δ_a, δ_b, δ_c)/6 over all equal, exactly two equal, all different labels."""
    kinds = np.array([[[len({a, b, c}) for c in labels] for b in labels] for a in labels])
    terms = np.einsum("ijk,i,j,k->ijk", T, delta, delta, delta) / 6
    return [terms[kinds == count].sum() for count in (1, 2, 3)]


# ---- parameters ---------------------------------------------------------------------------------


def test_terms_by_parameters_against_dense_tensors(dense):
    """second = self + pairs, third = self + two + triplets, each sum term by term."""
    name, b, delta, dL, H, T = dense
    bends = np.outer(delta, delta) * H / 2
    close([b.second_self, b.second_pairs], [np.trace(bends), bends.sum() - np.trace(bends)])
    expected = by_blocks(T, delta, range(len(delta)))
    close([b.third_self, b.third_two, b.third_triplets], expected)
    close(b.third, sum(expected))
    close(b.linear + b.second + b.third + b.remainder, b.actual)
    split = b.split("parameters")
    assert split.exact and split.error["second_self"] == 0 and split is b.split("parameters")
    close([split.trace, split.trace_along], [np.trace(H), np.einsum("iik,k", T, delta)])


def test_in_a_metric_chance_is_that_of_its_coordinates():
    """Self terms stay, tr H and ‖δ‖ are the metric's; a frozen layer is not there."""
    case = CASES["quadratic"]
    p, W = twins.problem(case), case["arrays"]["W"]
    potential = twins.potential(case)
    for stiffness, free in (([4.0, 0.25], slice(0, 17)), ([np.inf, 3.0], slice(9, 17))):
        b = fn.breakdown(potential, W, 0.1, metric=fn.LayerMetric(potential.network, stiffness))
        g = np.repeat(stiffness, [9, 8])[free]
        H, T = naive.hessian(p, W)[free, free], naive.third(p, W)[free, free, free]
        delta, root = b.place.delta[free], np.sqrt(g)
        x = root * delta
        Hx, Tx = H / np.outer(root, root), T / np.einsum("i,j,k->ijk", root, root, root)
        expected = rotations(len(g), x @ x, x @ Hx @ x / 2, np.einsum("ijk,i,j,k", Tx, x, x, x) / 6,
                             np.trace(Hx), np.einsum("iik,k", Tx, x))
        found = b.split("parameters").rotations
        close([found.second_self, found.third_self, found.third_two, found.third_triplets],
              [expected.second_self, expected.third_self, expected.third_two,
               expected.third_triplets])
        close(b.second_self, delta**2 @ np.diag(H) / 2)


# ---- chance -------------------------------------------------------------------------------------


def tensors(n, seed=0):
    """A random symmetric H and T, and a step."""
    rng = np.random.default_rng(seed)
    H, T = rng.normal(size=(n, n)), rng.normal(size=(n, n, n))
    T = sum(np.transpose(T, axes) for axes in
            ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))) + 2.0
    return H + H.T + np.eye(n), T, rng.normal(size=n)


def test_means_over_random_bases_against_monte_carlo():
    """E of self, two and triplets over 20 000 rotations, within four standard errors."""
    H, T, x = tensors(4)
    second, third = x @ H @ x / 2, np.einsum("ijk,i,j,k", T, x, x, x) / 6
    expected = rotations(4, x @ x, second, third, np.trace(H), np.einsum("iik,k", T, x))
    Q = ortho_group(4, seed=1).rvs(20_000)
    y = np.einsum("nij,j->ni", Q, x)
    Hq = np.einsum("nia,nib,ab->ni", Q, Q, H)
    along = np.einsum("nia,nib,abc,c->ni", Q, Q, T, x)
    twist = np.einsum("nia,nib,nic,abc->ni", Q, Q, Q, T, optimize=True)
    P2, B, P1 = (Hq * y**2).sum(1), (along * y**2).sum(1), (twist * y**3).sum(1)
    for name, draws in (("second_self", P2 / 2), ("second_pairs", second - P2 / 2),
                        ("third_self", P1 / 6), ("third_two", (B - P1) / 2),
                        ("third_triplets", third - P1 / 6 - (B - P1) / 2)):
        error = draws.std() / np.sqrt(len(draws))
        assert abs(draws.mean() - getattr(expected, name)) < 4 * error, name


@pytest.mark.parametrize("n, rank", [(3, 3), (12, 1), (12, 4), (12, 12)])
def test_the_spread_over_random_bases_against_monte_carlo(n, rank):
    """The standard deviation of the self term over 20 000 rotations: 2 % is four of its errors."""
    rng = np.random.default_rng(rank)
    factor = rng.normal(size=(n, rank))
    H = factor @ factor.T - 0.3 * np.eye(n)
    x = factor[:, 0] + 0.3 * rng.normal(size=n)
    Q = ortho_group(n, seed=2).rvs(20_000)
    draws = 0.5 * (((Q @ H) * Q).sum(2) * (Q @ x)**2).sum(1)
    spread = rotation_spread(n, x @ x, x @ H @ x, np.trace(H), np.sum(H**2), np.sum((H @ x)**2))
    assert abs(spread / draws.std() - 1) < 0.02


def test_random_signs_keep_the_self_terms():
    """Over all 2^8 signs second order is the self terms in the mean, and third order 0."""
    potential = made.linear(np.arange(12.0).reshape(3, 4) / 10, np.ones((3, 2)))
    b = fn.breakdown(potential, np.linspace(0, 1, 8), 0.1)
    whole = np.array([potential.jet(b.place.W, signs * b.place.delta, 2)[2]
                      for signs in product((1, -1), repeat=8)])
    close(whole.mean(), b.second_self)
    found = flips(b.place, 2000)
    error = whole.std() / np.sqrt(2000)
    assert abs(found.mean("second") - b.second_self) < 4 * error
    assert np.allclose(found.band("second"), np.percentile(whole, (5, 95)), rtol=0,
                       atol=0.05 * np.ptp(whole))


# ---- estimates ----------------------------------------------------------------------------------


def test_estimates_from_random_probes_are_unbiased():
    """Within four standard errors of the exact sums, and they say that they are estimates."""
    case = CASES["cross-entropy"]
    W, V = twins.point(case)
    b = fn.breakdown(twins.potential(case), W, displacement=0.5 * V)
    exact, found = b.split("parameters"), b.split("parameters", exact=False, draws=2000, seed=3)
    assert not found.exact and found.draws == 2000
    for name, error in found.error.items():
        assert 0 < abs(getattr(found, name) - getattr(exact, name)) < 4 * error, name
    coarse = b.split("parameters", exact=False, draws=125, seed=4)
    assert 2 < coarse.error["third_self"] / found.error["third_self"] < 8


def test_a_full_sample_metric_is_split_by_estimates():
    """No exact diagonal there: the split says so, and agrees with the dense Hessian."""
    case = twins.case(63_000, [2, 3, 2], ["tanh"], "quadratic", Gamma=twins.positive(63_100, 7))
    W, V = twins.point(case)
    split = fn.breakdown(twins.potential(case), W, displacement=V).split("parameters", draws=500)
    exact = V**2 @ np.diag(naive.hessian(twins.problem(case), W)) / 2
    assert not split.exact and "estimated from 500 random probes" in str(split)
    assert abs(split.second_self - exact) < 4 * split.error["second_self"]


# ---- layers, neurons ----------------------------------------------------------------------------

NEURONS = {"quadratic": [[0, 0, 1, 1, 2, 2, 0, 1, 2], [3, 3, 3, 4, 4, 4, 3, 4]],
           "cross-entropy": [[0, 0, 1, 1, 0, 1], [2, 2, 3, 3, 2, 3], [4, 4, 5, 5, 4, 5]],
           "kinked": [[0, 0, 0, 1, 1, 1, 2, 2, 2], [3, 3, 3, 4, 4, 4]]}


@pytest.mark.parametrize("basis", ["layers", "neurons"])
def test_terms_by_blocks_against_dense_tensors(dense, basis):
    """½H(δ_a, δ_b) for every two blocks; third order by equal blocks; the rank-one null Σp²."""
    name, b, delta, dL, H, T = dense
    layers = NEURONS[name]
    labels = (np.concatenate(layers) if basis == "neurons"
              else np.repeat(range(len(layers)), [len(part) for part in layers]))
    parts = delta * (labels == np.arange(labels.max() + 1)[:, None])
    split = b.split(basis)
    close(split.matrix, parts @ H @ parts.T / 2)
    close(split.linear, parts @ dL)
    close([split.third_self, split.third_two, split.third_triplets],
          by_blocks(T, delta, labels), scale=abs(b.third))
    close([split.second, split.second_self + split.second_pairs, split.promise],
          [b.second, b.second, b.linear])
    close(split.rank_one, np.sum((parts @ dL)**2) / (delta @ dL)**2)


def test_a_hessian_of_rank_one_meets_its_null():
    """H = x⊗x ∝ dL⊗dL: self terms are Σp² of the second order, by layers, by neurons."""
    b = fn.breakdown(made.rank_one(), np.linspace(0.5, 1, 6), 0.01)
    p = b.place.dL * b.place.delta / b.linear
    close(b.second_self / b.second, p @ p)
    assert b.split("neurons").rank_one == b.split("layers").rank_one == 1.0


# ---- eigendirections ----------------------------------------------------------------------------


def test_modes_against_a_dense_spectrum(dense):
    """All directions: curvatures, weights, contributions and promises of the dense Hessian."""
    name, b, delta, dL, H, T = dense
    modes = b.split("eigen", steps=len(delta))
    values, vectors = np.linalg.eigh(H)
    x = vectors.T @ delta
    eigenspace = np.argmin(abs(modes.curvatures[:, None] - values), axis=0)  # of each, seen as one

    def seen(summands):
        return np.bincount(eigenspace, summands, len(modes.curvatures))

    assert modes.exact
    close(modes.curvatures[eigenspace], values, scale=100 * abs(values).max())
    close(modes.weights, seen(x**2 / (delta @ delta)), scale=100)
    close(modes.contributions, seen(values * x**2) / 2, scale=100 * abs(b.second))
    close(modes.promises, seen((vectors.T @ dL) * x), scale=100 * abs(b.linear))
    c = np.abs(seen(values * x**2))
    close(modes.participation, c.sum()**2 / (c @ c), scale=100)
    close(modes.isotropy, np.trace(H)**2 / (len(H) * np.sum(H**2)))
    assert modes.residual < 1e-8


def test_modes_sum_to_the_terms_in_a_metric():
    """Few Lanczos steps in a metric with a frozen layer: Gauss's rule is exact for both terms."""
    case = twins.case(64_000, [3, 8, 5, 2], ["tanh", "sin"], "cross-entropy")
    potential, W = twins.potential(case), case["arrays"]["W"]
    b = fn.breakdown(potential, W, 0.4, metric=fn.LayerMetric(potential.network, [2, np.inf, 0.1]))
    modes = b.split("eigen", steps=6)
    assert len(modes.curvatures) == 6 and not modes.exact
    close([modes.contributions.sum(), modes.promises.sum(), modes.weights.sum()],
          [b.second, b.linear, 1.0])
    close(modes.promises, b.linear * modes.weights)  # the step goes along g^♯dL


# ---- loss and map -------------------------------------------------------------------------------


def test_what_the_loss_bends_is_the_gauss_newton_part(dense):
    """⟨Jδ, ∂²ℓ Jδ⟩/2 from the pushforward; and a linear network's map bends nothing."""
    name, b, delta, *_ = dense
    p, W = twins.problem(CASES[name]), b.place.W
    dy = naive.pushforward(W=W, x=p.x, V=delta, **p.net)
    metrics = {name: p.keywords.get(name) for name in ("gamma", "Gamma")}
    if p.loss == "quadratic":
        bend = np.sum(dy * naive.mixed(dy, **metrics)) / (2 * len(dy))
    else:
        kT, q = p.keywords["temperature"], naive.mixed(p.y, **metrics).sum(axis=1)
        p_hat = np.exp(naive.forward(W=W, x=p.x, **p.net) / kT)
        p_hat /= p_hat.sum(axis=1, keepdims=True)
        variance = np.sum(p_hat * dy**2, axis=1) - np.sum(p_hat * dy, axis=1)**2
        bend = q @ variance / (2 * len(dy) * kT**2)
    split = b.split("map")
    close(split.second_loss, bend)
    close([split.second_loss + split.second_map, split.third_loss + split.third_map],
          [b.second, b.third])
    straight = fn.breakdown(made.isotropic(), np.zeros(12), 0.1).split("map")
    assert abs(straight.second_map) < 1e-14 * straight.second_loss


# ---- beyond Taylor ------------------------------------------------------------------------------


def test_parameters_one_at_a_time():
    """All there is on a separable potential; elsewhere D evaluations, or a sample of them."""
    b = fn.breakdown(fn.Quartic(5), np.linspace(0.5, 1.5, 5), 0.3)
    close(b.one_at_a_time().total, b.actual)
    case = twins.case(65_000, [3, 8, 2], ["tanh"], "quadratic")
    p, (W, V) = twins.problem(case), twins.point(case)
    b = fn.breakdown(twins.potential(case), W, displacement=V)
    exact, sampled = b.one_at_a_time(), b.one_at_a_time(sample=400, seed=1)
    close(exact.changes, [naive.value(p, W + e * V) - b.loss for e in np.eye(len(W))])
    close(exact.total + exact.together, b.actual)
    assert exact.exact and not sampled.exact
    assert 0 < abs(sampled.total - exact.total) < 4 * sampled.error


def test_subsets_of_layers_by_inclusion_and_exclusion():
    """Σ over all subsets gives what was delivered; two layers interact by H(δ_a, δ_b) at first."""
    case = twins.case(66_000, [2, 3, 3, 2], ["tanh", "sin"], "quadratic")
    p, (W, V) = twins.problem(case), twins.point(case)
    b = fn.breakdown(twins.potential(case), W, displacement=V)
    layer = np.repeat([0, 1, 2], [9, 12, 8])
    value = [naive.value(p, W + V * (subset >> layer & 1)) - b.loss for subset in range(8)]
    found = b.layer_subsets()
    close(found.delivered, value)
    brute = [sum((-1.0)**bin(S ^ T).count("1") * value[T] for T in range(8) if T & S == T)
             for S in range(8)]
    close(found.interactions, brute)
    close(found.by_size.sum(), b.actual)
    sizes, left = np.geomspace(1e-3, 1e-2, 5), []
    for size in sizes:
        small = fn.breakdown(twins.potential(case), W, displacement=size * V)
        left.append(small.layer_subsets().interactions[3] - 2 * small.split("layers").matrix[0, 1])
    has_order(left, sizes, 3)


# ---- interventions ------------------------------------------------------------------------------


def test_what_is_left_of_a_step_delivers_what_it_says():
    """Each row a step of its own; without its only mode a rank-one step has no second order."""
    b = made.curved()
    for row in b.interventions(k=7):
        assert np.isfinite([row.linear, row.second, row.actual]).all()
        close([row.promise_left, row.delivery], [row.linear / b.linear, row.actual / row.linear])
    rows = b.interventions(k=7)
    close(rows["the whole step"].actual, b.actual)
    assert rows["the whole step"].delivery < 0 < rows["without its top eigendirection"].delivery
    parts = [rows[f"layer {i} alone"] for i in (1, 2, 3)]
    close(sum(row.linear for row in parts), b.linear)
    close(rows["all layers but 2"].linear, parts[0].linear + parts[2].linear)
    delta = b.place.delta.copy()
    delta[np.argsort(-abs(delta))[:7]] = 0
    close(rows["without its 7 largest components"].actual, b.place.delivered(delta))
    straight = fn.breakdown(made.rank_one(), np.ones(6), displacement=np.arange(6.0) + 1)
    left = straight.interventions()["without its top eigendirection"]
    assert abs(left.second) < 1e-12 * straight.second
