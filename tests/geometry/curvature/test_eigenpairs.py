"""Curvature in the metric: spectra against dense matrices, closed forms and exact quadrature."""

import naive
import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from scipy.sparse.linalg import aslinearoperator, eigsh
from tolerance import close, tolerance

import flownet as fn
from flownet._errors import FlownetError
from flownet.geometry.curvature import NoSpectrum
from flownet.geometry.curvature._density import density_of
from flownet.geometry.curvature._eigen import extreme, fresh
from flownet.geometry.curvature._inertia import estimate

CASES = {
    "tanh, quadratic": twins.case(
        71_000, [3, 4, 3], ["tanh"], "quadratic", gamma=np.array([1.0, 2.0, 0.5])
    ),
    "softplus, cross-entropy": twins.case(72_000, [3, 4, 3], ["softplus"], "cross-entropy"),
    "relu, quadratic": twins.case(73_000, [3, 4, 3], ["relu"], "quadratic"),
    "relu, cross-entropy": twins.case(74_000, [3, 4, 3], ["relu"], "cross-entropy"),
}
METRICS = {
    "plain": lambda net: None,
    "layers": lambda net: fn.LayerMetric(net, [0.3, 5.0]),
    "a frozen layer": lambda net: fn.LayerMetric(net, [np.inf, 2.0]),
    "diagonal": lambda net: fn.DiagonalMetric(some_frozen(net.size)),
}


def some_frozen(D):
    """Stiffnesses (D,) from 0.2 to 3, three of them infinite."""
    stiffness = twins.uniforms(75_000, D, low=0.2, high=3.0)
    stiffness[[0, 7, D - 2]] = np.inf
    return stiffness


def given(values, seed=76_000):
    """A potential ½W·HW whose Hessian has the eigenvalues `values`, in a skew basis."""
    Q = np.linalg.qr(twins.uniforms(seed, len(values), len(values)))[0]
    return Quadric((Q * values) @ Q.T)


class Quadric:
    """½W·HW for a given matrix; counts the actions of H."""

    def __init__(self, H):
        self.H, self.size, self.actions = (H + H.T) / 2, len(H), 0

    def differential(self, W):
        return W @ self.H @ W / 2, self.H @ W

    def hessian(self, W):
        operator = aslinearoperator(self.H)
        return Counting(self, operator.shape, operator.dtype)


class Counting(type(aslinearoperator(np.eye(1)))):
    """The matrix of a Quadric, its actions counted."""

    def __init__(self, owner, shape, dtype):
        super().__init__(owner.H)
        self.owner = owner

    def _matmat(self, X):
        self.owner.actions += X.shape[1]
        return self.owner.H @ X


@pytest.fixture(scope="module", params=CASES)
def dense(request):
    """A case's potential, its point and its dense Hessian."""
    case = CASES[request.param]
    problem, W = twins.problem(case), twins.point(case)[0]
    return twins.potential(case), W, naive.hessian(problem, W)


def in_metric(H, metric):
    """g^{-1/2} H g^{-1/2} on the free components."""
    if metric is None:
        return H
    root = np.sqrt(metric.sharp(np.ones(len(H))))
    return (root[:, None] * H * root)[np.ix_(root > 0, root > 0)]


# ---- eigenpairs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", METRICS)
def test_the_spectrum_is_that_of_the_dense_matrix(dense, metric):
    """All of λ; the largest, smallest and greatest few; the sharpness."""
    potential, W, H = dense
    metric = METRICS[metric](potential.network)
    values = np.linalg.eigvalsh(in_metric(H, metric))[::-1]
    found = fn.eigenpairs(potential, W, len(values), metric=metric).values
    close(found, values)
    close(fn.sharpness(potential, W, metric=metric), values[0], kind="solver")
    greatest = np.sort(values[np.argsort(-np.abs(values))[:4]])[::-1]
    for which, expected in (
        ("largest", values[:4]),
        ("smallest", values[-4:]),
        ("magnitude", greatest),
    ):
        close(
            fn.eigenpairs(potential, W, 4, metric=metric, which=which).values,
            expected,
            kind="solver",
            scale=np.abs(values).max(),
        )


@pytest.mark.parametrize("metric", METRICS)
def test_directions_are_displacements_orthonormal_in_the_metric(dense, metric):
    """H v = λ g v on what may move, ⟨v_i, g v_j⟩ = δ_ij, frozen components 0."""
    potential, W, H = dense
    metric = METRICS[metric](potential.network) or fn.Euclidean(potential.size)
    values, vectors = fn.eigenpairs(potential, W, 5, metric=metric, rtol=1e-10)
    lowered = np.array([metric.flat(v) for v in vectors])
    close(
        (vectors @ H)[:, metric.free],
        (values[:, None] * lowered)[:, metric.free],
        kind="solver",
        scale=values[0] * np.abs(lowered).max(),
    )
    close(lowered @ vectors.T, np.eye(5))
    assert (vectors[:, ~metric.free] == 0).all()
    x = np.array([metric.coordinates(v) for v in vectors])
    assert (x[range(5), np.abs(x).argmax(axis=1)] > 0).all()


def test_inputs_wider_than_every_layer(digits_potential):
    """64-16-10 on digits: ⟨V, HV⟩ = 2c₂, and the sharpness is a Rayleigh quotient."""
    W = digits_potential.network.init(seed=1)
    pairs = fn.eigenpairs(digits_potential, W)
    v = pairs.vectors[0]
    close(pairs.values[0], 2 * digits_potential.jet(W, v, 2)[2], kind="solver")
    others = twins.uniforms(83_000, 20, W.size)
    quotients = [2 * digits_potential.jet(W, u, 2)[2] / (u @ u) for u in others]
    assert max(quotients) < pairs.values[0]


SPECTRA = {
    "outliers": np.concatenate([[40.0, 30.0, 29.9], np.linspace(-1, 1, 147)]),
    "pairs above a gap": np.concatenate([[9.0, 9.0, 5.0, 5.0, 3.0], np.linspace(-1, 1, 145)]),
    "a triple top": np.concatenate([[3.0] * 3, np.linspace(-1, 2, 147)]),
    "a double bottom": np.concatenate([[-3.0] * 2, np.linspace(-1, 2, 148)]),
    "a kernel below": np.concatenate([np.linspace(1, 10, 20), np.zeros(130)]),
    "a kernel above": -np.concatenate([np.linspace(1, 10, 20), np.zeros(130)]),
    "all alike": np.full(150, 2.5),
    "flat": np.zeros(150),
    "rank one": np.concatenate([[7.0], np.zeros(149)]),
    "falling to nothing": 10.0 ** -np.linspace(0, 12, 150),
}


@pytest.mark.parametrize("k", [1, 4, 20])
@pytest.mark.parametrize("which", ["largest", "smallest", "magnitude"])
@pytest.mark.parametrize("name", SPECTRA)
def test_spectra_that_are_hard_on_a_search(name, which, k):
    """Copies of an eigenvalue, kernels, the zero matrix: within rtol of the largest |λ|."""
    values = np.sort(SPECTRA[name])[::-1]
    rank = np.argsort(-np.abs(values), kind="stable")[:k]
    expected = {"largest": values[:k], "smallest": values[-k:], "magnitude": values[rank]}[which]
    scale = np.abs(values).max()
    found, x = fn.eigenpairs(given(values), np.zeros(150), k, which=which)
    if which == "magnitude":  # of λ and −λ either will do
        error = np.sort(np.abs(found)) - np.sort(np.abs(expected))
    else:
        error = found - expected
    assert np.abs(error).max() <= 1e-6 * scale * (20 if name == "falling to nothing" else 1)
    assert np.linalg.norm(x @ given(values).H - found[:, None] * x, axis=1).max() <= 2e-6 * scale
    close(x @ x.T, np.eye(k))


def test_arpack_agrees_where_it_can(dense):
    """scipy's eigsh on the same operator."""
    potential, W, _ = dense
    metric = METRICS["layers"](potential.network)
    operator = fn.metric_hessian(potential, W, metric)
    close(
        fn.eigenpairs(potential, W, 3, metric=metric).values,
        eigsh(operator, 3, which="LA", v0=np.ones(31))[0][::-1],
        kind="solver",
    )


def test_a_warm_start_saves_work_and_changes_nothing():
    """A little away: from a displacement or earlier pairs, the same values with fewer actions."""
    values = np.concatenate([[10.0, 9.0, 8.8], np.linspace(-1, 8, 397)])
    here, W = given(values), np.zeros(400)
    there = Quadric(here.H + 1e-3 * given(values, seed=77_000).H)
    cold = fn.eigenpairs(there, W, rtol=1e-8)
    of_cold, there.actions = there.actions, 0
    earlier = fn.eigenpairs(here, W, rtol=1e-8)
    for start in (earlier, earlier.vectors[0]):
        there.actions = 0
        warm = fn.eigenpairs(there, W, start=start, rtol=1e-8)
        close(warm.values, cold.values)
        close(warm.vectors, cold.vectors, kind="solver", scale=10)
        assert there.actions < 0.7 * of_cold


@pytest.mark.parametrize("at", [0, 5, 200])
def test_a_start_within_an_invariant_subspace_is_no_trap(at):
    """From an exact eigenvector of another eigenvalue the search still ends at the largest."""
    potential = Quadric(np.diag(np.linspace(-3, 5, 300)))
    start = np.eye(300)[at]
    close(fn.sharpness(potential, np.zeros(300), start=start), 5.0, kind="solver")


def test_the_same_arguments_give_the_same_bits(dense):
    potential, W, _ = dense
    one, two = (fn.eigenpairs(potential, W, 3) for _ in range(2))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(one, two))


def test_curvature_is_in_float64_whatever_the_precision():
    """A float32 potential is looked at as the float64 potential of the same numbers."""
    case = CASES["tanh, quadratic"]
    W = twins.point(case)[0].astype("float32")
    single = twins.potential(case, "float32")
    found = fn.eigenpairs(single, W, 2)
    expected = fn.eigenpairs(single.with_dtype("float64"), W.astype("float64"), 2)
    assert found.values.dtype == found.vectors.dtype == np.float64
    assert found.vectors.tobytes() == expected.vectors.tobytes()


def test_a_parabola_on_top_shifts_every_curvature(dense):
    """H + κ1: eigenvalues move by κ, directions stay."""
    potential, W, _ = dense
    plain = fn.eigenpairs(potential, W, 3)
    lifted = fn.eigenpairs(potential + 0.7 * fn.Parabola(potential.size), W, 3)
    close(lifted.values, plain.values + 0.7)
    close(lifted.vectors, plain.vectors, kind="solver")


def test_a_search_that_does_not_converge_says_so():
    operator = aslinearoperator(given(np.linspace(0, 1, 200)).H)
    with pytest.raises(NoSpectrum, match="2 smallest eigenvalues of 200 did not converge in 20"):
        extreme(operator, 2, "smallest", fresh(200, 0), 1e-9, 20)
    with pytest.raises(NoSpectrum, match="not finite"), np.errstate(invalid="ignore"):
        fn.sharpness(Quadric(np.full((30, 30), np.inf)), np.ones(30))


# ---- Lanczos ------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 2, 5, 9])
def test_gauss_quadrature_is_exact_to_degree_2n_minus_1(steps):
    """Σ w θ^k = ⟨v, H^k v⟩ for k ≤ 2n−1, and not for k = 2n."""
    H, v = given(np.linspace(-1, 2, 60)).H, twins.uniforms(78_000, 60)
    rule = fn.lanczos(aslinearoperator(H), v, steps)
    assert len(rule.nodes) == steps and not rule.exact and rule.vectors is None
    for k in range(2 * steps + 1):
        moment = v @ np.linalg.matrix_power(H, k) @ v
        error = abs(np.sum(rule.weights * rule.nodes**k) - moment)
        scale = tolerance("reference") * (v @ v) * 2.0**k
        assert error < scale if k < 2 * steps else error > 100 * scale


@pytest.mark.parametrize(
    "values, distinct",
    [
        (np.full(50, 3.0), 1),
        (np.zeros(50), 1),
        (np.concatenate([[4.0], np.ones(49)]), 2),
        (np.repeat([1.0, 2.0, -3.0, 0.0, 0.5], 10), 5),
    ],
)
def test_an_invariant_subspace_ends_the_recurrence(values, distinct):
    """One node an eigenvalue, and all moments exact."""
    H, v = given(values).H, twins.uniforms(79_000, 50)
    rule = fn.lanczos(aslinearoperator(H), v, 30)
    assert rule.exact
    close(rule.nodes, np.unique(values), scale=np.abs(values).max() + 1)
    for k in range(20):
        close(
            np.sum(rule.weights * rule.nodes**k),
            v @ np.linalg.matrix_power(H, k) @ v,
            scale=v @ v * (np.abs(values).max() + 1) ** k,
        )


def test_ritz_vectors_are_orthonormal_and_make_h_diagonal():
    """At full length they are the eigenvectors, and the weights ⟨u_i, v⟩²."""
    potential, v = given(np.linspace(-1, 2, 40)), twins.uniforms(80_000, 40)
    for steps in (7, 40, 99):
        nodes, weights, U, _ = fn.lanczos(aslinearoperator(potential.H), v, steps, vectors=True)
        close(U @ U.T, np.eye(min(steps, 40)))
        close(U @ potential.H @ U.T, np.diag(nodes), scale=2)
        close((U @ v) ** 2, weights, scale=v @ v)
    close(nodes, np.linspace(-1, 2, 40))


@pytest.mark.parametrize("v", [np.zeros(5), np.full(5, np.nan)])
def test_lanczos_needs_somewhere_to_start(v):
    with pytest.raises(FlownetError, match="finite and above 0"):
        fn.lanczos(aslinearoperator(np.eye(5)), v, 3)


# ---- the density --------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", METRICS)
def test_moments_of_the_density_are_those_of_the_matrix(dense, metric):
    """Σλ and Σλ²/F within four standard errors of many probes, which are as large as they should
    be: a probe's variance is 2Σ_{i≠j} A_ij² (Hutchinson)."""
    potential, W, H = dense
    metric = METRICS[metric](potential.network)
    A = in_metric(H, metric)
    found = fn.spectral_density(potential, W, metric=metric, probes=200, steps=10)
    assert found.size == len(A)
    assert abs(found.trace - np.trace(A)) < 4 * found.trace_error
    error = np.sqrt(2 * (np.sum(A**2) - np.sum(np.diag(A) ** 2)) / 200)
    assert 0.8 * error < found.trace_error < 1.25 * error
    mean, error = found.moment(2)
    assert abs(mean - np.sum(A**2) / len(A)) < 4 * error < np.sum(A**2) / len(A)
    close(found.weights.sum(axis=1), np.ones(200))


def test_what_a_probe_sees_exactly_has_no_error():
    """An isotropic Hessian, and a diagonal one: vᵀHv = Σλ for entries ±1."""
    for H in (3 * np.eye(70), np.diag(np.linspace(-1, 2, 70))):
        found = fn.spectral_density(Quadric(H), np.zeros(70), probes=5, steps=12)
        close(found.trace, np.trace(H))
        close(found.trace_error, 0, scale=np.trace(H))


def test_a_rank_one_hessian_is_two_lines():
    """λ = 0 and 5; the weight of the one direction is 1/D on average."""
    found = fn.spectral_density(given(np.eye(1, 80)[0] * 5.0), np.zeros(80), probes=400, steps=9)
    assert found.exact.all()
    mean, error = found.moment(1)
    assert abs(mean - 5 / 80) < 4 * error
    assert (np.isclose(found.nodes, 0, atol=1e-12) | np.isclose(found.nodes, 5)).all()


def test_the_density_integrates_to_one_and_follows_a_histogram():
    """A semicircle-like spectrum, smoothed: within a few per cent of the exact one."""
    values = np.sort(twins.uniforms(81_000, 400) ** 3)
    found = fn.spectral_density(given(values), np.zeros(400), probes=30, steps=60)
    grid = np.linspace(-2, 2, 801)
    density = found.density(grid, 0.15)
    exact = np.exp(-((grid[:, None] - values) ** 2) / (2 * 0.15**2)).mean(1) / (
        0.15 * np.sqrt(2 * np.pi)
    )
    close(density.sum() * (grid[1] - grid[0]), 1.0, kind="solver")
    assert np.abs(density - exact).max() < 0.05 * exact.max()


def test_seeds_of_the_probes():
    """The same seed, the same bits; another one, other probes; one probe knows no error."""
    potential, W = given(np.linspace(-1, 2, 50)), np.zeros(50)
    one, two, other = (fn.spectral_density(potential, W, seed=seed) for seed in (3, 3, 4))
    assert one.nodes.tobytes() == two.nodes.tobytes() != other.nodes.tobytes()
    assert np.isnan(fn.spectral_density(potential, W, probes=1).trace_error)


# ---- inertia and index --------------------------------------------------------------------------


def counts(found):
    return found.negative, found.zero, found.positive


def test_inertia_of_the_double_well():
    """λ_i = (α/2)(3W_i² − c²): negative within c/√3 of the middle, flat there, positive beyond."""
    well = fn.DoubleWell(6, alpha=2.0, c=np.sqrt(3.0))
    W = [0.0, 0.99, -0.5, 1.0, -1.01, 3.0]
    found = fn.inertia(well, W)
    assert counts(found) == (3, 1, 2) and found.exact and found.error == (0, 0, 0)
    assert counts(fn.inertia(well, W, tol=0.1)) == (1, 4, 1) and found.threshold > 0


@pytest.mark.parametrize(
    "u, v, expected",
    [
        ([1.0, 2.0, 0.0], [0.0, 0.0, 5.0], (0, 5, 1)),  # f = 0: the rank-one df ⊗ df alone
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], (0, 6, 0)),
        ([1.0, 0.0, 0.0], [1.0, 0.0, 0.0], (3, 0, 3)),  # f > 0: ∓f/√n, and df ⊗ df upwards
    ],
)
def test_inertia_of_the_uv_model(u, v, expected):
    """H = df⊗df + f ∂²f (TM §3.4)."""
    W = np.array([*u, *v])
    assert counts(fn.inertia(fn.UV(3), W)) == expected
    values = np.linalg.eigvalsh(naive.uv(W)[2])
    close(fn.eigenpairs(fn.UV(3), W, 6).values, values[::-1], scale=10)


def test_inertia_does_not_depend_on_the_metric_but_on_what_is_frozen(dense):
    """Sylvester's law; a frozen layer's directions are not counted."""
    potential, W, H = dense
    plain = counts(fn.inertia(potential, W, tol=1e-11))
    metric = METRICS["layers"](potential.network)
    assert counts(fn.inertia(potential, W, metric=metric, tol=1e-11)) == plain
    values = np.linalg.eigvalsh(H)
    threshold = 1e-11 * np.abs(values).max()
    assert plain == (
        (values < -threshold).sum(),
        (np.abs(values) <= threshold).sum(),
        (values > threshold).sum(),
    )
    assert (
        sum(counts(fn.inertia(potential, W, metric=METRICS["a frozen layer"](potential.network))))
        == 15
    )


@pytest.mark.parametrize("steps", [24, 96])
def test_an_estimated_inertia_keeps_within_its_error(steps):
    """A bulk around 0 and outliers on both sides, against the count."""
    values = np.concatenate(
        [np.linspace(-2, -1, 40), twins.uniforms(82_000, 320) ** 3 / 4, np.linspace(1, 5, 40)]
    )
    operator = aslinearoperator(given(values).H)
    found = estimate(operator, 0.1, 16, steps, 0)
    exact = (values < -0.5).sum(), (np.abs(values) <= 0.5).sum(), (values > 0.5).sum()
    assert not found.exact
    close(sum(counts(found)), 400)
    for share, count, error in zip(counts(found), exact, found.error):
        assert abs(share - count) <= error <= 60


def test_an_estimate_of_what_a_probe_sees_exactly():
    """Two eigenvalues: the rule is the measure, and only the probes' scatter is left."""
    operator = aslinearoperator(np.diag(np.repeat([-1.0, 2.0], [30, 70])))
    found = estimate(operator, 0.1, 8, 20, 0)
    close(counts(found), [30, 0, 70])
    close(found.error, np.zeros(3), scale=100)


SADDLE = fn.Potential(
    fn.Network([1, 1, 1], "identity", bias=False), fn.Quadratic(), fn.Dataset([[1.0]], [[1.0]])
)  # ½(uv − 1)²

CRITICAL = {
    "the saddle between two minima": (SADDLE, [0.0, 0.0], 1),
    "a minimum in a valley": (SADDLE, [2.0, 0.5], 0),
    "near a minimum": (SADDLE, [2.0, 0.5 + 1e-8], 0),
    "the middle of the UV model's valley": (fn.UV(2), [0.0] * 4, 0),
    "three tops": (fn.DoubleWell(3), [0.0] * 3, 3),
    "a top and two wells": (fn.DoubleWell(3), [0.0, 1.0, -1.0], 1),
    "wells, but for rounding": (fn.DoubleWell(3), [1.0, 1.0, 1.0 + 2e-16], 0),
    "a top alone": (fn.DoubleWell(3), [1e-9, 1.0, -1.0], 1),
}


@pytest.mark.parametrize("name", CRITICAL)
def test_index_of_critical_points(name):
    potential, W, expected = CRITICAL[name]
    assert fn.index(potential, W) == expected


def test_index_of_a_frozen_saddle():
    """What is frozen has no direction: the saddle of uv is a minimum in u alone."""
    assert fn.index(SADDLE, [0.0, 0.0], metric=fn.DiagonalMetric([np.inf, 1.0])) == 0


class Slope:
    """A gentle straight slope along one axis, parabolas along the others: merely gradient-flat."""

    size = 4

    def __init__(self, slope, bend=0.0):
        self.slope, self.bend = slope, bend

    def differential(self, W):
        H = np.diag([self.bend, 1.0, 1.0, -1.0])
        return 1.0 + self.slope * W[0], H @ W + self.slope * np.eye(4)[0]

    def hessian(self, W):
        return aslinearoperator(np.diag([self.bend, 1.0, 1.0, -1.0]))


def test_no_index_away_from_critical_points():
    """The line says ‖dL‖; inertia still counts."""
    for potential, W in (
        (fn.DoubleWell(3), [0.5, 1.0, 1.0]),
        (fn.Parabola(2), [1.0, 0.0]),
        (SADDLE, [0.1, 0.2]),
    ):
        with pytest.raises(FlownetError, match=r"critical point; here ‖dL‖ is .*inertia"):
            fn.index(potential, W)
        fn.inertia(potential, W)


@pytest.mark.parametrize("slope, bend", [(1e-7, 0.0), (1e-7, 1e-5), (1e-7, -1e-5)])
def test_no_index_where_the_gradient_lies_in_the_kernel(slope, bend):
    """‖dL‖ is small, but Newton's step cannot cancel it, or only far away (2003.10397)."""
    with pytest.raises(FlownetError, match="merely gradient-flat"):
        fn.index(Slope(slope, bend), np.zeros(4))
    assert fn.index(Slope(1e-15), np.zeros(4)) == 1  # nothing but rounding
    assert fn.index(Slope(1e-7, 0.1), np.zeros(4)) == 1


def test_too_many_parameters_for_an_index():
    with pytest.raises(FlownetError, match="up to 2500 free parameters, not 2501"):
        fn.index(fn.Parabola(2501), np.zeros(2501))


# ---- along a run --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run():
    """Twelve steps in a layer metric."""
    case = CASES["tanh, quadratic"]
    potential = twins.potential(case)
    metric = fn.LayerMetric(potential.network, [2.0, 0.5])
    return fn.train(
        potential,
        fn.Aristotle(0.1),
        steps=12,
        W0=twins.point(case)[0],
        metric=metric,
        record_every=2,
        batch_size=3,
    )


@pytest.mark.parametrize(
    "every, rows", [(None, [0, 2, 4, 6, 8, 10, 12]), (4, [0, 4, 8, 12]), (5, [0, 10])]
)
def test_sharpness_along_a_run(every, rows, run):
    """Of the full potential, in the run's metric, as state by state."""
    found = fn.sharpness(run, every=every)
    assert found.iteration.tolist() == rows
    close(found.time, 0.1 * np.array(rows))
    single = [fn.sharpness(run.potential, run.parameters[k // 2], metric=run.metric) for k in rows]
    close(found.value, single, kind="solver")
    plain = fn.sharpness(run, every=12, metric=fn.Euclidean(31)).value
    close(plain[1], fn.sharpness(run.potential, run.parameters[-1]), kind="solver")


def test_sharpness_is_observed_and_resumed_bit_for_bit(tmp_path):
    """Of the whole potential beside mini-batches; a stopped run's values are the same bits."""
    case = CASES["softplus, cross-entropy"]
    potential = twins.potential(case) + 0.1 * fn.Parabola(31)
    metric = fn.LayerMetric(potential.network, [2.0, 0.5])
    diagonal = fn.DiagonalMetric(some_frozen(31))
    held_out = fn.Potential(
        potential.network,
        fn.Quadratic(),
        fn.Dataset(case["arrays"]["x"][:4], case["arrays"]["y"][:4]),
    )
    words = dict(
        W0=twins.point(case)[0],
        batch_size=3,
        metric=metric,
        observe={
            "sharpness": (5, fn.Sharpness(potential, metric)),
            "plain": (10, fn.Sharpness(potential)),
            "diagonal": (10, fn.Sharpness(held_out, diagonal)),
        },
    )
    whole = fn.train(potential, fn.Aristotle(0.05), steps=20, **words)
    fn.train(potential, fn.Aristotle(0.05), steps=8, store=tmp_path / "a.h5", **words)
    again = fn.resume(tmp_path / "a.h5", steps=20)
    for name in ("sharpness", "plain", "diagonal"):
        here, there = whole.observables[name], again.observables[name]
        assert here.value.tobytes() == there.value.tobytes() and len(here.value) > 2
    W, observed = whole.parameters[10], whole.observables
    assert observed["sharpness"].value[2] == fn.sharpness(potential, W, metric=metric)
    assert observed["plain"].value[1] == fn.sharpness(potential, W)
    assert observed["diagonal"].value[1] == fn.sharpness(held_out, W, metric=diagonal)


EXPERIMENT = """
[data]
name = "xor"
[network]
sizes = [2, 3, 1]
[loss]
kind = "quadratic"
[[add]]
kind = "parabola"
scale = 0.3
[metric]
stiffness = [2.0, 0.5]
[mechanics]
kind = "aristotle"
step = 0.1
[run]
steps = 4
[observe.sharpness]
kind = "sharpness"
every = 2
[observe.plain]
kind = "sharpness"
every = 2
metric.kind = "euclidean"
"""


def test_an_experiment_file_observes_sharpness(tmp_path):
    """In the experiment's metric unless it says otherwise, with all terms of the potential."""
    (tmp_path / "a.toml").write_text(EXPERIMENT)
    run = fn.Experiment.load(tmp_path / "a.toml").run(tmp_path / "a.h5")
    in_metric = fn.sharpness(run, every=2)
    close(run.observables["sharpness"].value, in_metric.value, kind="solver")
    close(
        run.observables["plain"].value,
        fn.sharpness(run, metric=fn.Euclidean(13)).value[::2],
        kind="solver",
    )
    again = fn.Experiment.load(tmp_path / "a.h5").run()
    for name in ("sharpness", "plain"):
        np.testing.assert_array_equal(again.observables[name].value, run.observables[name].value)


def test_an_observed_sharpness_that_is_not_there_is_nan():
    """A Hessian that overflows does not stop a run."""
    endless = Quadric(np.diag([np.inf, 1.0, 2.0]))
    run = fn.train(
        fn.Parabola(3),
        fn.Aristotle(0.1),
        steps=3,
        W0=np.ones(3),
        observe={"sharpness": (1, fn.Sharpness(endless))},
    )
    assert np.isnan(run.observables["sharpness"].value).all() and len(run.loss) == 4


# ---- mistakes -----------------------------------------------------------------------------------

WELL, ONES = fn.DoubleWell(3), np.ones(3)
MISTAKES = {
    "no potential": (lambda run: fn.sharpness(np.sin, ONES), "has to be a potential with hessian"),
    "no parameters": (lambda run: fn.sharpness(WELL), "a potential and parameters W"),
    "parameters of a run": (lambda run: fn.sharpness(run, ONES), "takes no W"),
    "an interval of no run": (lambda run: fn.sharpness(WELL, ONES, every=2), "a run and every=n"),
    "every 0th": (lambda run: fn.sharpness(run, every=0), "every is 0; .* from 1 up"),
    "too few parameters": (lambda run: fn.sharpness(WELL, [1.0]), r"W has shape \(1,\)"),
    "infinite parameters": (lambda run: fn.sharpness(WELL, [1, 1, np.inf]), "W .* at index 2"),
    "words": (lambda run: fn.sharpness(WELL, ["a", "b", "c"]), "real numbers"),
    "a metric of others": (
        lambda run: fn.inertia(WELL, ONES, metric=fn.Euclidean(4)),
        "one of 4 parameters, the potential has 3",
    ),
    "no metric": (lambda run: fn.inertia(WELL, ONES, metric=2.0), "metric is 2.0; it has to be"),
    "all frozen": (
        lambda run: fn.sharpness(WELL, ONES, metric=fn.DiagonalMetric([np.inf] * 3)),
        "freezes every parameter",
    ),
    "no eigenvalues": (lambda run: fn.eigenpairs(WELL, ONES, 0), "k is 0; .* from 1 to 3"),
    "too many": (lambda run: fn.eigenpairs(WELL, ONES, 4), "k is 4; .* from 1 to 3"),
    "an end that is none": (
        lambda run: fn.eigenpairs(WELL, ONES, which="larges"),
        "did you mean 'largest'",
    ),
    "no tolerance": (lambda run: fn.sharpness(WELL, ONES, rtol=0.0), "rtol is 0.0"),
    "an empty start": (lambda run: fn.sharpness(WELL, ONES, start=np.zeros(3)), "start is zero"),
    "a short start": (lambda run: fn.sharpness(WELL, ONES, start=np.ones(2)), r"shape \(3,\)"),
    "half a probe": (lambda run: fn.spectral_density(WELL, ONES, probes=0.5), "probes is 0.5"),
    "no steps": (lambda run: fn.spectral_density(WELL, ONES, steps=0), "steps is 0"),
    "no width": (lambda run: fn.spectral_density(WELL, ONES).density([0.0], 0.0), "width is 0.0"),
    "a large tol": (lambda run: fn.inertia(WELL, ONES, tol=1.0), "tol is 1.0"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake, run):
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call(run)


def test_probes_do_not_depend_on_the_number_of_them():
    """Probe i is the same whatever comes after it."""
    operator = aslinearoperator(given(np.linspace(-1, 2, 40)).H)
    few, many = (density_of(operator, probes, 10, 0) for probes in (2, 5))
    np.testing.assert_array_equal(few.nodes, many.nodes[:2])
