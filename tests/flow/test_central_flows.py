"""Central flows of RMSProp, momentum and descent beside their runs, and when they hold."""

import central_flow as study
import numpy as np
import pytest
from valleys import bowl, softened, valley

import flownet as fn


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
