"""The central flow: the small complementarity problem, its terms, and runs at the edge."""

import central_flow
import naive
import numpy as np
import pytest
import twins
from tolerance import close, tolerance

import flownet as fn
from flownet.motion.flow._complementarity import complementary
from flownet.motion.flow._integrate import integrate

# ---- complementarity ----------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 2, 3, 5])
@pytest.mark.parametrize("ahead", [-3.0, -0.5, 0.0, 0.5, 3.0])
def test_complementarity(k, ahead):
    """X ⪰ 0, Y = q + B(X) ⪰ 0, ⟨X, Y⟩ = 0, whatever the scales of B and q."""
    for seed, size, push in ((1, 1.0, 1.0), (2, 1e-3, 1e4), (3, 1e5, 1e-6)):
        T = size * twins.uniforms(83_000 + 10 * k + seed, k, k, 40, low=-1.0)
        T = T + T.transpose(1, 0, 2)
        q = twins.uniforms(84_000 + 10 * k + seed, k, k, low=-1.0)
        q = push * (q + q.T + ahead * np.eye(k))
        B = np.tensordot(T, T, (2, 2)) / 2
        X = complementary(B, q)
        Y, a = q + np.tensordot(B, X, 2), np.abs(q).max()
        b = np.abs(X).max() or 1.0
        close(X, X.T, kind="rounding", scale=b)
        assert np.linalg.eigvalsh(X)[0] >= -1e-12 * b
        assert np.linalg.eigvalsh(Y)[0] >= -1e-9 * a
        assert abs(np.vdot(X, Y)) <= tolerance("solver") * a * b


def test_complementarity_in_closed_form():
    """Nothing to hold; one direction; directions that do not see each other; nothing that holds."""
    unit = np.zeros((2, 2, 2, 2))
    unit[0, 0, 0, 0], unit[1, 1, 1, 1] = 2.0, 5.0
    unit[0, 1, 0, 1] = unit[0, 1, 1, 0] = unit[1, 0, 0, 1] = unit[1, 0, 1, 0] = 1.0
    assert not complementary(unit, np.diag([0.0, 3.0])).any()
    close(complementary(unit[:1, :1, :1, :1], np.array([[-3.0]])), [[1.5]], kind="rounding")
    close(complementary(unit, np.diag([-3.0, 1.0])), np.diag([1.5, 0.0]), kind="solver")
    close(complementary(unit, np.diag([-3.0, -1.0])), np.diag([1.5, 0.2]), kind="solver")
    assert complementary(np.zeros((2, 2, 2, 2)), -np.eye(2)) is None
    apart = np.zeros((2, 2, 2, 2))  # blind to X_12, which rounding may not choose
    apart[0, 0, 0, 0], apart[1, 1, 1, 1] = 2.0, 5.0
    X = complementary(apart, np.array([[-3.0, 1e-16], [1e-16, -1.0]]))
    close(np.diag(X), [1.5, 0.2], kind="solver")
    assert abs(X[0, 1]) < 1e-8
    T = np.diag([1.0, -0.5])  # all diag(1 + t/2, t) hold it, and this is the least
    close(complementary(np.multiply.outer(T, T), -T), np.diag([1.0, 0.0]), scale=1e6)


# ---- one point ----------------------------------------------------------------------------------


CASES = {
    loss: twins.case(85_000, [2, 4, 2], ["tanh"], loss) for loss in ("quadratic", "cross-entropy")
}


@pytest.fixture(scope="module", params=CASES)
def dense(request):
    """A potential, a point, and its dense second and third derivatives."""
    case = CASES[request.param]
    problem, W = twins.problem(case), twins.point(case)[0]
    return twins.potential(case), W, naive.hessian(problem, W), naive.third(problem, W)


def metric_of(potential, plain):
    return fn.Euclidean(potential.size) if plain else fn.LayerMetric(potential.network, [0.5, 2.0])


@pytest.mark.parametrize("plain", [True, False])
def test_one_direction_at_the_edge(dense, plain):
    """σ² = max(0, −2⟨dL, ∂λ⟩/‖∂λ‖²), Ẇ = −g^♯(dL + ½σ²∂λ), mean loss L + σ²/h."""
    potential, W, H, T = dense
    metric = metric_of(potential, plain)
    root = metric.displacement(np.ones(potential.size))
    values, U = np.linalg.eigh(root[:, None] * H * root)
    assert values[-2] < 0.89 * values[-1]
    u = root * U[:, -1]
    loss, dL = potential.differential(W)
    slope = np.einsum("ijk,j,k->i", T, u, u)
    field = fn.Central(2 / values[-1])
    sigma2 = -2 * (dL @ metric.sharp(slope)) / (slope @ metric.sharp(slope))
    assert sigma2 > 0.01
    close(field.oscillation(potential, metric, W).covariance, [[sigma2]], kind="solver")
    close(
        field.velocity(potential, metric, W),
        -metric.sharp(dL + sigma2 / 2 * slope),
        kind="solver",
        scale=10 * np.abs(dL).max(),
    )
    close(field.mean_loss(potential, metric, W), loss + sigma2 * values[-1] / 2, kind="solver")
    close(field.sharpness(potential, metric, W), values[-1], kind="solver")


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("beyond", [1.0, 1.3, 2.0])
def test_the_rate_of_the_curvature_seen_along_the_velocity(dense, plain, beyond):
    """Ṁ, from Hessians a little before and after, is at most rate·(2/h − M), complementary to X;
    the more directions, the further beyond the edge they are."""
    potential, W, _H, _ = dense
    metric = metric_of(potential, plain)
    values = fn.eigenpairs(potential, W, 4, metric=metric).values
    field = fn.Central(2 * beyond / values[1])
    found = field.oscillation(potential, metric, W)
    X, U, k = found.covariance, found.vectors, len(found.values)
    assert k >= 2
    V, e = field.velocity(potential, metric, W), 1e-5
    there, back = (potential.hessian_action(W + s * e * V, U) for s in (1, -1))
    Y = field.rate * np.diag(field.edge - found.values) - (there - back) @ U.T / (2 * e)
    size = max(np.abs(Y).max(), field.rate * field.edge)
    assert np.linalg.eigvalsh((Y + Y.T) / 2)[0] > -1e-5 * size
    assert np.linalg.eigvalsh(X)[0] > -1e-9 * np.abs(X).max()
    assert np.abs(X @ Y).max() < 1e-5 * np.abs(X).max() * size


def test_three_directions_of_one_curvature():
    """Double wells on their way out, stopped where λ is 2/h: Ẇ = 0, Σ_ii = (c² − W_i²)/3, in
    whatever basis of the eigenspace it was found. No T_ij sees Σ_ij: of all that hold the edge
    the most even one is taken."""
    w, c = 0.8, 1.1
    potential, metric = fn.DoubleWell(4, c=c), fn.Euclidean(4)
    W = np.array([w, -w, w, 0.1])
    field = fn.Central(2 / ((3 * w**2 - c**2) / 2))
    found = field.oscillation(potential, metric, W)
    assert found.values.shape == (3,)
    Sigma = found.vectors.T @ found.covariance @ found.vectors
    close(np.diag(Sigma), [(c**2 - w**2) / 3] * 3 + [0.0], kind="solver")
    assert np.abs(Sigma - np.diag(np.diag(Sigma))).max() < 1e-4
    dL = potential.differential(W)[1]
    close(field.velocity(potential, metric, W), [0.0, 0.0, 0.0, -dL[3]], kind="solver")


def test_a_sharpness_above_the_edge_returns_at_the_rate():
    """UV from beyond the edge: λ − 2/h falls as e^{−rate·t}."""
    potential, W0 = fn.UV(1), np.array([2.0, 0.02])
    metric = fn.Euclidean(2)
    above = fn.sharpness(potential, W0)
    field = fn.Central(2.1 / above, rate=3.0)
    times = np.linspace(0, 1, 6)
    path = integrate(lambda W: field.velocity(potential, metric, W), W0, times, rtol=1e-10)
    over = np.array([field.sharpness(potential, metric, W) for W in path]) - field.edge
    close(over, over[0] * np.exp(-3 * times), kind="solver", scale=10.0)


def test_below_the_edge_it_is_the_plain_flow(dense):
    potential, W, _, _ = dense
    metric = metric_of(potential, False)
    field = fn.Central(1 / fn.sharpness(potential, W, metric=metric))
    close(
        field.velocity(potential, metric, W),
        -metric.sharp(potential.differential(W)[1]),
        kind="rounding",
    )
    assert field.oscillation(potential, metric, W).covariance.shape == (0, 0)
    assert field.mean_loss(potential, None, W) == potential.value(W)


# ---- runs at the edge of stability --------------------------------------------------------------


def windows(paths, first, width):
    """Loss of the run, the central flow's mean loss, and the plain flow's, by window of time."""
    n, every = (len(paths.run.loss) - 1 - first) // width, central_flow.EVERY
    parts = (
        paths.run.loss[first : first + n * width],
        central_flow.mean_losses(paths, first)[: n * width // every],
        paths.plain.loss[first // every :][: n * width // every],
    )
    return [part.reshape(n, -1).mean(axis=1) for part in parts]


def test_the_mean_loss_of_a_run_at_the_edge():
    """1065 parameters, one unstable direction: windows of 100 steps follow the central flow, to
    0.5 % once a few oscillations have passed, and the variance is the one it says; the plain flow
    is off by 28 % in the end, and 8 times as far from the middle of the run."""
    paths = central_flow.follow((5,), 50, 600)
    run, central, plain, field = paths
    assert run.potential.size == 1065
    seen, mean, without = windows(paths, 100, 100)
    assert (np.abs(mean / seen - 1) < 0.015).all() and (np.abs(mean / seen - 1)[1:] < 0.005).all()
    assert without[-1] < 0.75 * seen[-1]
    metric = fn.Euclidean(1065)
    held = [field.sharpness(run.potential, metric, W) for W in central.parameters[10::10]]
    close(held, np.full(len(held), field.edge), kind="order", scale=0.01 * field.edge)
    around = run.parameters[500:600]
    off, off_plain = (
        np.linalg.norm(around.mean(axis=0) - flow.parameters[550 // 4]) for flow in (central, plain)
    )
    assert 8 * off < off_plain
    found = field.oscillation(run.potential, metric, central.parameters[550 // 4])
    assert abs(found.covariance[0, 0] / (around @ found.vectors[0]).var() - 1) < 0.1


def test_two_unstable_directions():
    """Two outputs, both held at the edge while the covariance has rank two."""
    paths = central_flow.follow((5, 4), 10, 180)
    run, central, _, field = paths
    metric = fn.Euclidean(run.potential.size)
    for W in central.parameters[30:43]:  # steps 120 to 168
        found = field.oscillation(run.potential, metric, W)
        assert np.linalg.matrix_rank(found.covariance, tol=1e-5) == 2
        close(found.values[:2] / field.edge, [1.0, 1.0], kind="order", scale=0.01)
    seen, mean, without = windows(paths, 100, 80)
    assert abs(mean[0] / seen[0] - 1) < 0.02 < 0.04 < abs(without[0] / seen[0] - 1)


def test_the_same_path_twice_gives_the_same_bits():
    """Although a search begins where the last one ended."""
    case = CASES["quadratic"]
    potential, W = twins.potential(case), twins.point(case)[0]
    field = fn.Central(2.2 / fn.sharpness(potential, W))
    first, again = (
        fn.flow(potential, W0=W, time=1.0, field=field, at=[0.0, 0.5, 1.0]) for _ in range(2)
    )
    assert (first.parameters[:] == again.parameters[:]).all()
