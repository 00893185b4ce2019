"""Central flows of RMSProp, momentum and descent beside their runs, and when they hold."""

import central_flow as study
import numpy as np
import pytest

import flownet as fn
from flownet.geometry.norm import _sharpness


def of_formulas(size, differential, hessian, third):
    """A potential of its own formulas: (L, dL), HV and T[V, V]."""
    return fn.CustomPotential(
        size,
        differential,
        value=lambda W: differential(W)[0],
        hessian_action=hessian,
        third_action=third,
    )


def valley(c):
    """½yx² − cy: a valley along y whose curvature y grows on the way down."""
    return of_formulas(
        2,
        lambda W: (W[1] * W[0] ** 2 / 2 - c * W[1], np.array([W[1] * W[0], W[0] ** 2 / 2 - c])),
        lambda W, V: np.array([W[1] * V[0] + W[0] * V[1], W[0] * V[0]]),
        lambda W, V: np.array([2 * V[0] * V[1], V[0] ** 2]),
    )


def softened(c, q):
    """½(y+z)x² + ¼qx⁴ − cy + ½cz²: along the edge of y + z the flow still moves z."""

    def differential(W):
        x, y, z = W
        value = (y + z) * x * x / 2 + q * x**4 / 4 - c * y + c * z * z / 2
        return value, np.array([(y + z) * x + q * x**3, x * x / 2 - c, x * x / 2 + c * z])

    def hessian(W, V):
        x, y, z = W
        first = (y + z + 3 * q * x * x) * V[0] + x * (V[1] + V[2])
        return np.array([first, x * V[0], x * V[0] + c * V[2]])

    def third(W, V):
        return np.array([2 * V[0] * (V[1] + V[2]) + 6 * q * W[0] * V[0] ** 2, V[0] ** 2, V[0] ** 2])

    return of_formulas(3, differential, hessian, third)


def bowl(H):
    """½W·HW."""
    return of_formulas(
        len(H), lambda W: (W @ H @ W / 2, H @ W), lambda W, V: H @ V, lambda W, V: 0 * V
    )


@pytest.mark.parametrize("memory", [pytest.param(0.9, marks=pytest.mark.slow), 0.99])
def test_scalar_rmsprop_follows_its_central_flow(memory, holds):
    """From the middle of two states at the edge: the path, ν, and σ² by the closed form."""
    c, eta, first, steps = 0.05, 0.02, 1000, 2500
    potential, mechanics = valley(c), fn.ScalarRMSProp(eta, memory)
    W, nu = [], []
    for state in fn.states(potential, mechanics, W0=[0.1, 1.0], steps=first + steps + 10):
        W.append(state.W.copy())
        nu.append(state.memories["square"][0])
    middle, nu = (np.array(W[1:]) + W[:-1]) / 2, (np.array(nu[1:]) + nu[:-1]) / 2
    at = np.arange(0, steps, 100)
    flow = fn.central_flow(
        potential, mechanics, W0=middle[first], square=nu[first], steps=steps, at=at
    )
    beside = middle[first : first + steps : 100, 1]
    off = np.abs(flow.parameters[:, 1] - beside).max() / np.ptp(beside)
    holds("scalar RMSProp: run off its central flow", off, 1e-3)
    np.testing.assert_allclose(flow.square[:, 0], nu[first : first + steps : 100], rtol=5e-3)
    np.testing.assert_allclose(flow.over_edge, 1.0, atol=2e-3)
    assert flow.holds and "memory slow beside a step" in flow.condition and flow.lasts == np.inf
    rate, S = (1 - memory) / memory, flow.parameters[:, 1]  # here ∂S = (0, 1), dL = (0, −c)
    closed = (rate * (S**2 / 4 - c**2 / eta**2) + c) / (0.5 + rate * S**2 / eta**2)
    late = slice(5, None)  # the flow is at the edge itself, and not on its way there
    np.testing.assert_allclose(flow.variance[late], closed[late], rtol=2e-4)
    half = (np.array(W[1:]) - W[:-1])[first : first + steps : 100, 0] / 2
    np.testing.assert_allclose(half[late] ** 2, flow.variance[late], rtol=0.01)


def test_rmsprop_at_rest_oscillates_by_a_quarter_of_the_squared_rate(holds):
    """H = [[1, ½], [½, 2]]: η²/4 in both coordinates, P = (¾, 5/4), the flow and the run."""
    H, eta = np.array([[1.0, 0.5], [0.5, 2.0]]), 0.01
    flow = fn.central_flow(bowl(H), fn.RMSProp(eta, 0.99), W0=[0.1, 0.1], steps=4000)
    np.testing.assert_allclose(np.sqrt(flow.square[-1]) / eta, [0.75, 1.25], rtol=1e-5)
    assert flow.directions[-1] == 1
    assert flow.variance[-1] == pytest.approx(2 * eta**2 / 4, rel=1e-4)
    assert flow.mean_loss[-1] == pytest.approx(flow.variance[-1], rel=1e-4)  # ½⟨Σ,H⟩ = η²/2 · 1
    run = fn.train(bowl(H), fn.RMSProp(eta, 0.99), W0=[0.1, 0.1], steps=9000)
    last = run.parameters[-4000:]
    for name, variance in zip("xy", last.var(axis=0)):
        off = abs(variance / (eta**2 / 4) - 1)
        holds(f"RMSProp at rest: variance of {name}, η²/4", off, 1e-3)


def of_curvatures(M, c):
    """½Σ_k (My)_k·p_k(x) − c·y, p the products x_i² or x_i x_j: valleys that bend each other.

    M (n, n) with n = 2: p = (x₁², x₂²); with n = 3: p = (x₁², x₂², 2x₁x₂), a matrix of curvatures.
    """
    n = len(M)

    def matrix(y):
        z = M @ y
        return np.array([[z[0], z[2] if n == 3 else 0.0], [z[2] if n == 3 else 0.0, z[1]]])

    def products(u, v):
        both = [u[0] * v[0], u[1] * v[1], u[0] * v[1] + u[1] * v[0]]
        return M.T @ both[:n]

    def differential(W):
        x, y = W[:2], W[2:]
        bent = matrix(y) @ x
        return x @ bent / 2 - c @ y, np.concatenate([bent, products(x, x) / 2 - c])

    def hessian(W, V):
        (x, y), (u, v) = (W[:2], W[2:]), (V[:2], V[2:])
        return np.concatenate([matrix(y) @ u + matrix(v) @ x, products(x, u)])

    def third(W, V):
        u, v = V[:2], V[2:]
        return np.concatenate([2 * matrix(v) @ u, products(u, u)])

    return of_formulas(2 + n, differential, hessian, third)


def test_two_directions_of_descent_at_the_edge_in_closed_form(holds):
    """Valleys whose floors bend each other, M = [[1, κ], [κ, 1]]: MΣ = 2c holds both at 2/h.

    Then nothing moves but x ↔ −x, an orbit of the run itself. A departure (ξ, υ) from it is turned
    by K = h·diag(√Σ)·M, |μ| = 1 + σ_max(K)² of two steps.
    """
    h, kappa, c = 0.1, 0.3, np.array([0.02, 0.03])
    M = np.array([[1, kappa], [kappa, 1]])
    potential, sigma = of_curvatures(M, c), np.linalg.solve(M, 2 * c)
    edge = np.linalg.solve(M, [2 / h, 2 / h])
    flow = fn.central_flow(
        potential, fn.Aristotle(h), W0=[0, 0, *(edge - 0.1)], steps=400, at=[0, 200, 400]
    )
    assert flow.directions.tolist() == [0, 2, 2]
    holds(
        "two directions: both at the edge", np.abs(flow.parameters[-1, 2:] / edge - 1).max(), 1e-6
    )
    holds("two directions: tr Σ", abs(flow.variance[-1] / sigma.sum() - 1), 1e-6)
    mu = 1 + np.linalg.svd(h * np.sqrt(sigma)[:, None] * M)[1][0] ** 2
    holds("two directions: |μ| less 1", abs((flow.multiplier[-1] - 1) / (mu - 1) - 1), 1e-5)
    orbit = np.concatenate([np.sqrt(sigma), edge])
    run = fn.train(potential, fn.Aristotle(h), W0=orbit, steps=10)
    np.testing.assert_allclose(np.abs(run.parameters), np.tile(orbit, (11, 1)), atol=1e-12)
    assert flow.lasts == pytest.approx(2 / np.log(mu), rel=1e-4) and flow.holds
    assert "|μ| at most 1.000" in flow.condition and "  2 " in str(flow)


def test_directions_that_see_each_other_are_looked_at_for_every_sign(holds):
    """½x·Yx − tr CY, Y symmetric: Σ = 2C, no orbit closes, and along √2(√c₁, ±√c₂) the tangent map
    of a step turns by KKᵀ = 2h²[[c₁ + c₂, ±√c₁c₂], [±√c₁c₂, c₁ + c₂]]."""
    h, c = 0.1, np.array([0.02, 0.03])
    potential = of_curvatures(np.eye(3), np.array([*c, 0.0]))
    flow = fn.central_flow(potential, fn.Aristotle(h), W0=[0, 0, 19.9, 19.9, 0], steps=300)
    assert flow.directions[-1] == 2
    holds("two directions: tr Σ", abs(flow.variance[-1] / (2 * c.sum()) - 1), 1e-6)
    mu = 1 + 2 * h**2 * (c.sum() + np.sqrt(c.prod()))
    holds("two directions: |μ| less 1", abs((flow.multiplier[-1] - 1) / (mu - 1) - 1), 1e-5)


@pytest.mark.parametrize("memory", [0.8, pytest.param(0.95, marks=pytest.mark.slow)])
def test_several_directions_of_rmsprop_at_the_edge_in_closed_form(memory, holds):
    """On a bowl at rest each variance is η²/4, of one ν for all their sum, and |μ| is β₂.

    Of one parameter, with x = 2|W|/η and n = √ν/(Hη/2): x′ = x(2/n′ − 1), n′² = β₂n² + (1 − β₂)x²,
    whose tangent map at 1 has the determinant β₂, and no real eigenvalues.
    """
    eta = 0.01
    steps = 100 if memory == 0.8 else 300
    words = dict(steps=steps, at=[steps])
    for H in (np.diag([1.0, 3.0, 2.0]), np.array([[1.0, 0.5], [0.5, 2.0]])):
        W0 = 0.02 * np.ones(len(H))
        flow = fn.central_flow(bowl(H), fn.RMSProp(eta, memory), W0=W0, **words)
        assert flow.directions[-1] == (3 if len(H) == 3 else 1)
        off = np.abs(flow.variance[-1] / (len(H) * eta**2 / 4) - 1)
        holds("RMSProp at rest: tr Σ of the flow, Dη²/4", off, 1e-5)
        holds("RMSProp at rest: |μ| less β₂", abs(flow.multiplier[-1] - memory), 1e-6)
        assert f"orbit W ± δ, |μ| at most {memory:.5f}" in flow.condition and flow.holds
    for H, mu in (([2.0, 1.0], memory), ([2.0, 2.0], 1.0)):  # which of alike ones moves is free
        flow = fn.central_flow(bowl(np.diag(H)), fn.ScalarRMSProp(eta, memory), W0=[0.02, 0.01],
                               **words)  # fmt: skip
        assert flow.directions[-1] == (2 if mu == 1 else 1)
        holds("RMSProp at rest: tr Σ, one ν, η²/4", abs(flow.variance[-1] * 4 / eta**2 - 1), 1e-5)
        holds("RMSProp at rest: |μ| less β₂", abs(flow.multiplier[-1] - mu), 1e-6)


@pytest.mark.slow
def test_rmsprop_in_more_dimensions_rests_at_the_semidefinite_bound(monkeypatch, holds):
    """Every coordinate oscillates by η²/4 where all are held, in several directions at once."""
    Q = np.linalg.qr(np.cos(np.arange(16.0).reshape(4, 4) ** 1.3))[0]
    H, eta = (Q * [4.0, 2.0, 1.0, 0.5]) @ Q.T, 0.02
    flow = fn.central_flow(bowl(H), fn.RMSProp(eta, 0.98), W0=np.ones(4), steps=6000, at=[6000])
    assert flow.variance[-1] == pytest.approx(4 * eta**2 / 4, rel=1e-3)
    assert flow.directions[-1] >= 1 and flow.over_edge[-1] == pytest.approx(1.0, abs=1e-4)
    half = np.sum(np.sqrt(flow.square[-1]) / eta)  # tr P is half the bound on S of signs
    signs = fn.norm_sharpness(bowl(H), np.zeros(4), fn.SignNorm(4))
    assert signs.exact and half >= signs.value / 2 * (1 - 1e-4)
    monkeypatch.setattr(_sharpness, "_FEW", 2)  # signs are not all looked at, and S is bounded
    bound = fn.norm_sharpness(bowl(H), np.zeros(4), fn.SignNorm(4)).upper
    holds("RMSProp at rest: 2 tr P, bound of S of signs", abs(2 * half / bound - 1), 1e-3)


@pytest.mark.parametrize(
    "beta, c, q, holds",
    [(0.0, 0.004, -2.0, True), (0.5, 0.001, -10.0, True), (0.9, 4e-4, -5.0, False)],
)
def test_momentum_follows_where_its_orbit_is_stable(beta, c, q, holds):
    """Path to 2 % of its range and σ² to 3 %, or not; the multiplier says which."""
    lr, z, first, steps = 0.1, 0.5, 100, 2400 if holds else 1300
    sigma = np.sqrt(c * (1 - z))
    potential = softened(c, q)
    mechanics = fn.Newton(lr, momentum=beta) if beta else fn.Aristotle(lr)
    run = fn.train(
        potential,
        mechanics,
        W0=[sigma, (2 + 2 * beta) / lr - z - q * sigma**2, z],
        V0=[2 * sigma / lr, 0, 0] if beta else None,
        steps=first + steps + 10,
    )
    W = run.parameters[first:]
    at = np.arange(0, steps, 40)
    flow = fn.central_flow(potential, mechanics, W0=(W[0] + W[1]) / 2, steps=steps, at=at)
    beside = ((W[1:] + W[:-1]) / 2)[at][:, 1:]
    off = np.abs(flow.parameters[:, 1:] - beside).max() / np.ptp(beside, axis=0).max()
    share = np.median((((W[1:] - W[:-1]) / 2)[at, 0]) ** 2 / flow.variance)
    assert (np.nanmax(flow.multiplier) <= 1) == holds == flow.holds
    assert (off < 0.02 and abs(share - 1) < 0.03) == holds
    assert ("does NOT hold" in flow.condition) != holds and "|μ| at most" in str(flow)


@pytest.mark.slow
@pytest.mark.parametrize("q, holds", [(300.0, True), (3000.0, False)])
def test_rmsprop_follows_where_its_orbit_is_stable(q, holds):
    """In a valley whose walls grow steeper: beside its flow, or in bursts, as |μ| says."""
    potential, mechanics, first, steps = softened(0.01, q), fn.ScalarRMSProp(0.02, 0.9), 200, 800
    W, nu = [], []
    for state in fn.states(potential, mechanics, W0=[0.01, 1.0, 0.5], steps=first + steps + 2):
        W.append(state.W.copy())
        nu.append(state.memories["square"][0])
    at = np.arange(0, steps + 1, 100)
    flow = fn.central_flow(
        potential, mechanics, W0=(W[first] + W[first + 1]) / 2, steps=steps, at=at,
        square=(nu[first] + nu[first + 1]) / 2,
    )  # fmt: skip
    W = np.array(W[first:])
    beside = ((W[1:] + W[:-1]) / 2)[at, 1:]
    off = np.abs(flow.parameters[:, 1:] - beside).max() / np.ptp(beside, axis=0).max()
    share = np.median((((W[1:] - W[:-1]) / 2)[at, 0])[2:] ** 2 / flow.variance[2:])
    assert (np.nanmax(flow.multiplier) <= 1) == holds == flow.holds
    assert (off < 0.01 and abs(share - 1) < 0.01) == holds
    assert ("does NOT hold" in flow.condition) != holds


def test_that_of_descent_is_the_field_of_the_flow():
    """The same equations by another integration: W at step k is that at the time k·h."""
    potential, h, at = valley(0.02), 0.1, np.array([100.0, 300.0])
    found = fn.central_flow(potential, fn.Aristotle(h), W0=[0.1, 19.9], steps=300, at=at)
    flow = fn.flow(potential, W0=[0.1, 19.9], time=30, at=at * h, field=fn.Central(h), rtol=1e-7)
    np.testing.assert_allclose(found.parameters, flow.parameters, rtol=0, atol=1e-5)
    assert found.directions.tolist() == [1, 1]


@pytest.mark.slow
def test_that_of_descent_on_a_network_with_two_directions_at_the_edge():
    """The same, where X is a matrix."""
    x = np.linspace(-1, 1, 8)[:, None]
    y = np.hstack([np.cos(2 * x), np.sin(3 * x)])
    potential = fn.Potential(fn.Network([1, 6, 2]), fn.Quadratic(), fn.Dataset(x, y))
    W0, h = potential.network.init(seed=2), 1.5
    found = fn.central_flow(potential, fn.Aristotle(h), W0=W0, steps=30, at=[10, 30])
    assert found.directions[-1] >= 1
    flow = fn.flow(
        potential,
        W0=W0,
        time=30 * h,
        at=[10 * h, 30 * h],
        field=fn.Central(h),
        rtol=1e-6,
        atol=1e-9,
    )
    np.testing.assert_allclose(found.parameters, flow.parameters, rtol=0, atol=1e-5)
    field = fn.Central(h)
    mean = field.mean_loss(potential, fn.Euclidean(potential.size), found.parameters[-1])
    assert found.mean_loss[-1] == pytest.approx(mean, rel=1e-6)


def test_mechanics_of_mass_and_friction_are_momentum():
    """The same heavy ball in other words has the same flow."""
    potential, words = valley(0.02), dict(W0=[0.1, 25.0], steps=300, at=[100, 300])
    one = fn.central_flow(potential, fn.Newton(0.1, momentum=0.5), **words)
    two = fn.central_flow(potential, fn.Newton.from_momentum(0.1, 0.5), **words)
    np.testing.assert_allclose(two.parameters, one.parameters, rtol=1e-9)


REFUSED = {
    "adam": (dict(mechanics=fn.Adam(0.1)), "no central flow of Adam"),
    "nesterov": (dict(mechanics=fn.Nesterov(0.1)), "not of Nesterov"),
    "centered": (dict(mechanics=fn.RMSProp(0.1, centered=True)), "without centre"),
    "schedule": (dict(mechanics=fn.Aristotle("warmup:0.1:5")), "one constant step"),
    "word": (dict(mechanics="rmsprop"), "mechanics is 'rmsprop'"),
    "size": (dict(W0=[1.0]), r"W0 has shape \(1,\)"),
    "times": (dict(at=[3.0, 1.0]), "has to ascend"),
    "memory": (dict(square=1.0), "these mechanics have none"),
    "no memory": (dict(mechanics=fn.ScalarRMSProp(0.1), square=0.0), "a number above 0"),
    "nothing": (dict(potential=bowl(np.diag([30.0, 1.0]))), "nothing holds the curvature"),
}


@pytest.mark.parametrize("words, line", REFUSED.values(), ids=REFUSED)
def test_what_has_no_central_flow_is_refused_in_one_line(words, line):
    words = {"potential": valley(0.1), "mechanics": fn.Aristotle(0.1), "steps": 5, **words}
    words.setdefault("W0", [0.1, 1.0])
    with pytest.raises(fn.FlownetError, match=line) as refused:
        fn.central_flow(words.pop("potential"), words.pop("mechanics"), **words)
    assert "\n" not in str(refused.value)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["scalar", "each"])
def test_on_a_network_rmsprop_stays_beside_its_central_flow(name):
    """A 1-24-24-16-1 network at the edge: within 3 % of the way."""
    potential, W0 = study.start((5,), 50)
    mechanics = {"scalar": fn.ScalarRMSProp(0.01), "each": fn.RMSProp(0.0005)}[name]
    first, steps, W, nu = 300, 200, [], []
    for state in fn.states(potential, mechanics, W0=W0, steps=first + steps + 2):
        W.append(state.W.copy())
        nu.append(state.memories["square"].copy())
    middle = (np.array(W[1:]) + W[:-1]) / 2
    square = (nu[first] + nu[first + 1]) / 2
    at = np.arange(0, steps + 1, 40)
    flow = fn.central_flow(
        potential, mechanics, W0=middle[first], steps=steps, at=at, rtol=1e-4,
        square=square[0] if name == "scalar" else square,
    )  # fmt: skip
    beside = middle[first + at]
    way = np.linalg.norm(beside[-1] - beside[0])
    assert np.linalg.norm(flow.parameters[-1] - beside[-1]) <= 0.03 * way
    assert flow.holds and flow.directions[1:].min() >= 1
    np.testing.assert_allclose(flow.over_edge[1:], 1.0, atol=2e-3)
    losses = np.array([potential.value(w) for w in W[first:]])
    averaged = np.convolve(losses, np.ones(20) / 20, "same")[at[1:-1]]
    np.testing.assert_allclose(flow.mean_loss[1:-1], averaged, rtol=0.01)
