"""The analytic potentials and their closed forms (TM 33-37): finite maps, flows, jets."""

import naive
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from tolerance import close, tolerance
from twins import uniforms

import flownet as fn

POTENTIALS = {
    "parabola": (fn.Parabola(6, strength=1.3), lambda W: naive.parabola(W, 1.3)),
    "quartic": (fn.Quartic(6, alpha=0.7), lambda W: naive.quartic(W, 0.7)),
    "double well": (fn.DoubleWell(6, alpha=0.7, c=1.4), lambda W: naive.double_well(W, 0.7, 1.4)),
    "uv": (fn.UV(3), naive.uv),
}
every_potential = pytest.mark.parametrize("name", POTENTIALS)


def path(potential, W0, h, steps):
    """Parameters (steps+1, D) of a run of finite steps."""
    run = fn.train(potential, fn.Aristotle(h), W0=np.atleast_1d(np.asarray(W0, float)), steps=steps)
    assert run.diverged_at is None
    return run.parameters[:]


# ---- value, differential, jet, flow -------------------------------------------------------------


@every_potential
def test_differential_and_jet_are_those_of_the_formula(name, dtype):
    """L, dL and c = (L, dL·V, ½VᵀHV) against the naive formulas."""
    potential, formula = POTENTIALS[name]
    W, V = uniforms(1, 6, low=-2, high=2).astype(dtype), uniforms(2, 6).astype(dtype)
    L, dL, H = formula(W.astype(float))
    found, covector = potential.differential(W)
    close(found, L, dtype, "rounding")
    close(covector, dL, dtype, "rounding")
    close(potential.jet(W, V), [L, dL @ V, V @ H @ V / 2], dtype, "rounding")
    assert covector.dtype == dtype


@every_potential
def test_jet_holds_the_first_coefficients_of_a_polynomial(name):
    """s ↦ L(W+sV) has degree 4 at most: five values of it fix every coefficient."""
    potential, _ = POTENTIALS[name]
    W, V, s = uniforms(3, 6), uniforms(4, 6), np.arange(-2.0, 3.0)
    c = np.linalg.solve(np.vander(s, increasing=True), [potential.value(W + h * V) for h in s])
    close(potential.jet(W, V), c[:3], scale=np.abs(c).max())


STARTS = {
    "anywhere": uniforms(5, 6, low=-2, high=2),
    "beyond the wells": np.full(6, 2.5),
    "at rest": np.zeros(6),
    "u = v": np.array([0.3, -1, 2, 0.3, -1, 2]),
    "u = -v": np.array([0.3, -1, 2, -0.3, 1, -2]),
}


@pytest.mark.parametrize("start", STARTS)
@every_potential
def test_exact_flow_against_an_integrator(name, start):
    """W(t) in closed form solves Ẇ = −dL(W)."""
    potential, W0 = POTENTIALS[name][0], STARTS[start]
    times = np.array([0.0, 0.3, 1.0, 4.0])
    flow = solve_ivp(
        lambda t, W: -potential.differential(W)[1],
        (0, 4),
        W0,
        "DOP853",
        t_eval=times,
        rtol=1e-12,
        atol=1e-13,
    ).y.T
    close([potential.exact(W0, t) for t in times], flow, kind="solver", scale=np.abs(W0).max())


def test_the_exact_flow_long_after():
    """Every start of the double well ends on its floor, but for the top, where it stays."""
    close(fn.DoubleWell(3, alpha=0.7, c=1.4).exact([0.0, 1e-3, -2.5], 1e4), [0, 1.4, -1.4])


# ---- finite steps -------------------------------------------------------------------------------


@pytest.mark.parametrize("h", [0.3, 1.0, 1.9])
def test_a_step_multiplies_the_parabola_by_one_minus_h(h):
    """W ← (1 − h)W: down to 0 while h < 2, over to the other side from h = 1 on."""
    W = path(fn.Parabola(2), [1.0, -3.0], h, 200)
    expected = np.cumprod(np.vstack([[1.0, -3.0], np.full((200, 2), 1 - h)]), axis=0)
    np.testing.assert_allclose(W, expected, rtol=200 * tolerance("rounding"))
    assert abs(W[-1, 0]) < 1e-8


def test_the_parabola_at_the_edge_and_beyond():
    """h = 2 swings for ever; beyond it the run diverges."""
    np.testing.assert_array_equal(path(fn.Parabola(), [3.0], 2.0, 51)[:, 0], [3.0, -3.0] * 26)
    beyond = fn.train(fn.Parabola(), fn.Aristotle(2.1), W0=[3.0], steps=10_000)
    assert beyond.diverged_at is not None


@pytest.mark.parametrize("alpha, h", [(1.0, 0.5), (0.3, 2.0)])
def test_the_quartic_has_a_map_without_parameters(alpha, h):
    """In y = W√(αh/2) a step is y ← y − y³."""
    y = np.sqrt(alpha * h / 2) * path(fn.Quartic(3, alpha=alpha), [0.4, -1.0, 1.2], h, 60)
    close(y[1:], y[:-1] - y[:-1] ** 3, kind="rounding")


def test_the_quartic_converges_below_its_threshold_alone():
    """hαW₀² < 4 converges, = 4 swings for ever, > 4 diverges."""
    below = path(fn.Quartic(), [2 * (1 - 1e-6)], 1.0, 5000)
    assert abs(below[-1, 0]) < 0.03
    np.testing.assert_array_equal(path(fn.Quartic(), [2.0], 1.0, 51)[:, 0], [2.0, -2.0] * 26)
    above = fn.train(fn.Quartic(), fn.Aristotle(1.0), W0=[2 * (1 + 1e-6)], steps=5000)
    assert above.diverged_at is not None


def double_well(r, steps, w0=0.4, alpha=0.7, c=1.4):
    """Path of w = W/c under w ← (1 + r)w − r w³, r = hαc²/2."""
    return path(fn.DoubleWell(alpha=alpha, c=c), [c * w0], 2 * r / (alpha * c**2), steps)[:, 0] / c


@pytest.mark.parametrize("r, period", [(0.95, 1), (1.05, 2), (1.2, 2), (1.24, 4), (1.29, 8)])
def test_the_double_well_doubles_its_period(r, period):
    """One valley floor until r = 1, then two points; four by 1.24, eight by 1.29."""
    w = double_well(r, 20_000)[-64:]
    close(w[period:], w[:-period], kind="solver")
    assert all(np.abs(w[p:] - w[:-p]).max() > 1e-3 for p in range(1, period))


def test_the_double_well_turns_chaotic():
    """At r = 1.4 neighbours part like e^{λk}: mean of log |1 + r − 3rw²| well above 0."""
    r = 1.4
    w = double_well(r, 20_000)
    close(w[1:], (1 + r) * w[:-1] - r * w[:-1] ** 3, kind="rounding")
    assert np.log(np.abs(1 + r - 3 * r * w**2)).mean() > 0.2
    neighbour = double_well(r, 200, w0=0.4 + 1e-12)
    assert np.abs(neighbour - w[:201]).max() > 0.1


# ---- the UV model -------------------------------------------------------------------------------

N = 10
START = uniforms(7, 2 * N, low=-2, high=2)


def uv_path(times_lambda, steps):
    """f and λ along a run whose step is a multiple of 1/λ₀, the step, and the size of rounding."""
    h = times_lambda / (START @ START / N)
    u, v = np.moveaxis(path(fn.UV(N), START, h, steps).reshape(-1, 2, N), 1, 0)
    norms = np.linalg.norm(u, axis=1) * np.linalg.norm(v, axis=1) / np.sqrt(N)
    return np.sum(u * v, axis=1) / np.sqrt(N), np.sum(u**2 + v**2, axis=1) / N, h, norms


@pytest.mark.parametrize("times_lambda", [0.5, 1.5, 3.0])
def test_uv_follows_its_recursion_for_a_thousand_steps(times_lambda):
    """f′ = (1 − hλ + h²f²/n)f and λ′ = λ + (hf²/n)(hλ − 4), exactly (2003.02218)."""
    f, k, h, norms = uv_path(times_lambda, 1000)
    next_f = (1 - h * k + h**2 * f**2 / N) * f
    next_k = k + h * f**2 / N * (h * k - 4)
    assert (np.abs(f[1:] - next_f[:-1]) <= tolerance("rounding") * norms[:-1]).all()
    assert (np.abs(k[1:] - next_k[:-1]) <= tolerance("rounding") * k[:-1]).all()


def test_uv_catapults_between_two_and_four():
    """hλ₀ < 2 descends; 2 < hλ₀ < 4 rises, then lands where hλ < 2; beyond 4 it is lost."""
    f, k, h, _ = uv_path(1.5, 20)
    assert (np.diff(f**2) < 0).all()
    f, k, h, _ = uv_path(3.0, 1000)
    assert (f**2).max() > 2 * f[0] ** 2 and abs(f[-1]) < 1e-6 and h * k[-1] < 2
    lost = fn.train(fn.UV(N), fn.Aristotle(4.5 / (START @ START / N)), W0=START, steps=1000)
    assert lost.diverged_at is not None
