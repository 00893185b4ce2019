"""What the second and third order of a step are made of, against dense tensors."""

import made
import naive
import numpy as np
import pytest
import twins
from tolerance import close

import flownet as fn
from flownet.linearization.splits._chance import rotations

CASES = {
    "quadratic": twins.case(
        60_000,
        [2, 3, 2],
        ["tanh"],
        "quadratic",
        gamma=twins.positive(60_100, 2),
        Gamma=twins.weights(60_101, 7),
    ),
    "cross-entropy": twins.case(
        61_000,
        [2, 2, 2, 2],
        ["sigmoid", "sin"],
        "cross-entropy",
        temperature=0.7,
        gamma=twins.weights(61_100, 2),
        Gamma=twins.weights(61_101, 7),
    ),
    "kinked": twins.case(62_000, [3, 3, 2], ["elu"], "quadratic", bias=False, output="softplus"),
}


@pytest.fixture(scope="module", params=CASES)
def dense(request):
    """A case's name, its breakdown along V, V, its gradient, H (D, D) and T (D, D, D) in full."""
    case = CASES[request.param]
    p, (W, V) = twins.problem(case), twins.point(case)
    b = fn.breakdown(twins.potential(case), W, displacement=0.3 * V)
    return (
        request.param,
        b,
        0.3 * V,
        naive.differential(p, W)[1],
        naive.hessian(p, W),
        naive.third(p, W),
    )


def by_blocks(T, delta, labels):
    """Sums (3,) of T(δ_a, δ_b, δ_c)/6 over all equal, exactly two equal, all different labels."""
    kinds = np.array([[[len({a, b, c}) for c in labels] for b in labels] for a in labels])
    terms = np.einsum("ijk,i,j,k->ijk", T, delta, delta, delta) / 6
    return [terms[kinds == count].sum() for count in (1, 2, 3)]


# ---- parameters ----------------------------------------------------------------------------------


def test_terms_by_parameters_against_dense_tensors(dense):
    """second = self + pairs, third = self + two + triplets, each sum term by term."""
    _name, b, delta, _dL, H, T = dense
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
        delta, root = b.taken.delta[free], np.sqrt(g)
        x = root * delta
        Hx, Tx = H / np.outer(root, root), T / np.einsum("i,j,k->ijk", root, root, root)
        expected = rotations(
            len(g),
            x @ x,
            x @ Hx @ x / 2,
            np.einsum("ijk,i,j,k", Tx, x, x, x) / 6,
            np.trace(Hx),
            np.einsum("iik,k", Tx, x),
        )
        found = b.split("parameters").rotations
        close(
            [found.second_self, found.third_self, found.third_two, found.third_triplets],
            [
                expected.second_self,
                expected.third_self,
                expected.third_two,
                expected.third_triplets,
            ],
        )
        close(b.second_self, delta**2 @ np.diag(H) / 2)


# ---- layers, neurons -----------------------------------------------------------------------------

NEURONS = {
    "quadratic": [[0, 0, 1, 1, 2, 2, 0, 1, 2], [3, 3, 3, 4, 4, 4, 3, 4]],
    "cross-entropy": [[0, 0, 1, 1, 0, 1], [2, 2, 3, 3, 2, 3], [4, 4, 5, 5, 4, 5]],
    "kinked": [[0, 0, 0, 1, 1, 1, 2, 2, 2], [3, 3, 3, 4, 4, 4]],
}


@pytest.mark.parametrize("basis", ["layers", "neurons"])
def test_terms_by_blocks_against_dense_tensors(dense, basis):
    """½H(δ_a, δ_b) for every two blocks; third order by equal blocks; the rank-one null Σp²."""
    name, b, delta, dL, H, T = dense
    layers = NEURONS[name]
    labels = (
        np.concatenate(layers)
        if basis == "neurons"
        else np.repeat(range(len(layers)), [len(part) for part in layers])
    )
    parts = delta * (labels == np.arange(labels.max() + 1)[:, None])
    split = b.split(basis)
    close(split.matrix, parts @ H @ parts.T / 2)
    close(split.linear, parts @ dL)
    close(
        [split.third_self, split.third_two, split.third_triplets],
        by_blocks(T, delta, labels),
        scale=abs(b.third),
    )
    close(
        [split.second, split.second_self + split.second_pairs, split.promise],
        [b.second, b.second, b.linear],
    )
    close(split.rank_one, np.sum((parts @ dL) ** 2) / (delta @ dL) ** 2)


def test_a_hessian_of_rank_one_meets_its_null():
    """H = x⊗x ∝ dL⊗dL: self terms are Σp² of the second order, by layers, by neurons."""
    b = fn.breakdown(made.rank_one(), np.linspace(0.5, 1, 6), 0.01)
    p = b.taken.dL * b.taken.delta / b.linear
    close(b.second_self / b.second, p @ p)
    assert b.split("neurons").rank_one == b.split("layers").rank_one == 1.0


# ---- eigendirections -----------------------------------------------------------------------------


def test_modes_against_a_dense_spectrum(dense):
    """All directions: curvatures, weights, contributions and promises of the dense Hessian."""
    _name, b, delta, dL, H, _T = dense
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
    close(modes.participation, c.sum() ** 2 / (c @ c), scale=100)
    close(modes.isotropy, np.trace(H) ** 2 / (len(H) * np.sum(H**2)))
    assert modes.residual < 1e-8


def test_modes_sum_to_the_terms_in_a_metric():
    """Few Lanczos steps in a metric with a frozen layer: Gauss's rule is exact for both terms."""
    case = twins.case(64_000, [3, 8, 5, 2], ["tanh", "sin"], "cross-entropy")
    potential, W = twins.potential(case), case["arrays"]["W"]
    b = fn.breakdown(potential, W, 0.4, metric=fn.LayerMetric(potential.network, [2, np.inf, 0.1]))
    modes = b.split("eigen", steps=6)
    assert len(modes.curvatures) == 6 and not modes.exact
    close(
        [modes.contributions.sum(), modes.promises.sum(), modes.weights.sum()],
        [b.second, b.linear, 1.0],
    )
    close(modes.promises, b.linear * modes.weights)  # the step goes along g^♯dL


# ---- loss and map --------------------------------------------------------------------------------


def test_what_the_loss_bends_is_the_gauss_newton_part(dense):
    """⟨Jδ, ∂²ℓ Jδ⟩/2 from the pushforward; and a linear network's map bends nothing."""
    name, b, delta, *_ = dense
    p, W = twins.problem(CASES[name]), b.taken.W
    dy = naive.pushforward(W=W, x=p.x, V=delta, **p.net)
    metrics = {name: p.keywords.get(name) for name in ("gamma", "Gamma")}
    if p.loss == "quadratic":
        bend = np.sum(dy * naive.mixed(dy, **metrics)) / (2 * len(dy))
    else:
        kT, q = p.keywords["temperature"], naive.mixed(p.y, **metrics).sum(axis=1)
        p_hat = np.exp(naive.forward(W=W, x=p.x, **p.net) / kT)
        p_hat /= p_hat.sum(axis=1, keepdims=True)
        variance = np.sum(p_hat * dy**2, axis=1) - np.sum(p_hat * dy, axis=1) ** 2
        bend = q @ variance / (2 * len(dy) * kT**2)
    split = b.split("map")
    close(split.second_loss, bend)
    close(
        [split.second_loss + split.second_map, split.third_loss + split.third_map],
        [b.second, b.third],
    )
    delta = b.taken.delta
    close(delta @ split.loss_change / 2, split.second_loss)
    close(delta @ split.map_change / 2, split.second_map)
    close(split.loss_change + split.map_change, b.taken.potential.hessian_action(W, delta))
    straight = fn.breakdown(made.isotropic(), np.zeros(12), 0.1).split("map")
    assert abs(straight.second_map) < 1e-14 * straight.second_loss


def test_where_the_map_bends_little_nothing_cancels():
    """B goes with the residual: a millionth of it gives a millionth, to its own last bits."""
    net, x = fn.Network([4, 8, 3]), twins.uniforms(37_000, 20, 4)
    W, V, y = net.init(seed=0), net.init(seed=1), net.forward(net.init(seed=0), x)
    little = y + (y - (y + 1e-6 * twins.uniforms(37_001, 20, 3)))  # so that y − little is exact
    found, wanted = (
        fn.breakdown(fn.Potential(net, fn.Quadratic(), fn.Dataset(x, truth)), W, displacement=V)
        .split("map")
        .second_map
        for truth in (little, y + 2.0**20 * (little - y))
    )
    assert abs(found * 2.0**20 / wanted - 1) < 1e-13
