"""Lyapunov exponents along finite runs: closed forms, dense products, metrics, recorded runs."""

import pickle

import naive
import numpy as np
import pytest
from landscapes import Rescaled
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn
from flownet.linearization.tangent._growth import beginning

CHEBYSHEV = 4.0  # h of r = hαc²/2 = 2 with α = c = 1

# ---- closed forms ---------------------------------------------------------------------------


def test_at_r_2_the_double_well_is_the_third_chebyshev_polynomial():
    """W = √2·x has x ← −T₃(x), of exponent ln 3. An orbit leaves the interval only by a state
    within 10⁻⁸ of where |T₃| = 1, once in some 10⁸ steps: from this W0 it does not."""
    found = fn.lyapunov(fn.DoubleWell(), fn.Aristotle(CHEBYSHEV), W0=[0.3], steps=100_000)
    assert found.diverged_at is None
    assert found.exponents[0] == pytest.approx(np.log(3), rel=1e-3)
    assert abs(found.exponents[0] - np.log(3)) < 5 * found.error[0]
    assert found.per_time[0] == pytest.approx(np.log(3) / CHEBYSHEV, rel=1e-3)
    assert found.dimension == 1.0


def test_qr_and_axes_agree():
    """The well as a potential of one's own, of which no axes are known, goes through QR."""
    well, mechanics = fn.DoubleWell(2, c=1.2), fn.Aristotle(1.7)
    words = {"W0": [0.3, 0.7], "steps": 3000, "count": 2}
    by_axes = fn.lyapunov(well, mechanics, **words)
    own = fn.CustomPotential(
        2,
        well.differential,
        value=well.value,
        hessian_action=lambda W, V: well.derivatives(W)[0] * V,
    )
    by_qr = fn.lyapunov(own, mechanics, **words)
    close(by_qr.total, by_axes.total, kind="reference")
    np.testing.assert_allclose(by_qr.exponents, by_axes.exponents, atol=3e-3)


@pytest.mark.parametrize("kappa, h", [(2.0, 0.3), (2.0, 0.7), (1.0, 2.5)])
def test_parabola(kappa, h):
    found = fn.lyapunov(
        fn.Parabola(3, strength=kappa), fn.Aristotle(h), W0=[1.0, 2.0, -1.0], steps=40, count=3
    )
    close(found.exponents, np.full(3, np.log(abs(1 - h * kappa))), kind="reference")
    close(found.per_time, found.exponents / h, kind="reference")


@pytest.mark.parametrize("lr, beta", [(0.05, 0.9), (0.5, 0.9), (0.01, 0.5), (1.85, 0.9)])
def test_momentum_on_a_parabola(lr, beta):
    """v ← βv − κW, W ← W + lr·v: the eigenvalues of a 2×2 map, whose determinant is β."""
    kappa = 2.0
    matrix = np.array([[1 - lr * kappa, lr * beta], [-kappa, beta]])
    expected = np.sort(np.log(np.abs(np.linalg.eigvals(matrix))))[::-1]
    for mechanics in (fn.Newton(lr, momentum=beta), fn.Newton.from_momentum(lr, beta)):
        found = fn.lyapunov(
            fn.Parabola(strength=kappa), mechanics, W0=[1.0], steps=3000, count=2, transient=300
        )
        assert found.states == 2
        close(found.total, np.log(beta), kind="reference")
        # a pair of complex eigenvalues turns displacements, and a mean over turns ends like 1/N
        np.testing.assert_allclose(found.exponents, expected, atol=2e-3)


def test_a_converged_run_meets_at_the_curvature_of_its_minimum(xor):
    potential, h = xor + 0.05 * fn.Parabola(17), 0.8
    run = fn.train(potential, fn.Aristotle(h), seed=1, steps=6000)
    curvature = np.linalg.eigvalsh(potential.hessian(run.parameters[-1]) @ np.eye(17))
    found = fn.lyapunov(run, first=5000, transient=500)
    expected = np.log(np.abs(1 - h * curvature)).max()
    assert found.exponents[0] == pytest.approx(expected, rel=1e-6)


def test_chaos_with_momentum():
    """The double well beyond its cascade: 2×2 maps multiplied by hand, and a strange attractor."""
    h, beta, steps = 3.0, 0.2, 4000
    well, mechanics = fn.DoubleWell(), fn.Newton(h, momentum=beta)
    found = fn.lyapunov(well, mechanics, W0=[0.3], steps=steps, count=2, transient=100)
    W, v, x, logs = 0.3, 0.0, np.array([1.0, 0.5]), 0.0
    for k in range(steps + 100):
        H = (3 * W * W - 1) / 2
        x = np.array([[1 - h * H, h * beta], [-H, beta]]) @ x
        logs += np.log(np.linalg.norm(x)) * (k >= 100)
        x /= np.linalg.norm(x)
        v = beta * v - W * (W * W - 1) / 2
        W += h * v
    assert found.exponents[0] > 0.1 and "chaos" in str(found)
    # the two orbits part by rounding within a hundred steps: the means agree as means of chaos do
    assert found.exponents[0] == pytest.approx(logs / steps, abs=6 * found.error[0])
    close(found.total, np.log(beta), kind="reference")
    assert found.dimension == pytest.approx(1 + found.exponents[0] / -found.exponents[1])


# ---- dense products -------------------------------------------------------------------------


def dense(problems, states, h, Q):
    """Mean growth of each column of Q (D, k), by dense Jacobians and QR."""
    logs = np.zeros(Q.shape[1])
    for p, W in zip(problems, states):
        Q, R = np.linalg.qr(Q - h * naive.hessian(p, W) @ Q)
        logs += np.log(np.abs(np.diag(R)))
    return logs / len(states)


def test_against_dense_products(xor):
    """All exponents of a network along mini-batches."""
    steps, h = 40, 0.7
    run = fn.train(xor, fn.Aristotle(h), seed=3, steps=steps, batch_size=3)
    found = fn.lyapunov(run, count=17, seed=2)
    batches = [run.batches.rows(k) for k in range(steps)]
    parts = [
        naive.problem([2, 4, 1], ["tanh"], xor.data.x[rows], xor.data.y[rows]) for rows in batches
    ]
    expected = dense(parts, run.parameters[:steps], h, beginning(2, 17, 17))
    close(found.exponents, np.sort(expected)[::-1], kind="solver")
    few = fn.lyapunov(run, count=5, seed=2)
    close(few.exponents, np.sort(expected[:5])[::-1], kind="solver")


def test_where_displacements_begin_is_forgotten(xor):
    run = fn.train(xor + 0.05 * fn.Parabola(17), fn.Aristotle(0.8), seed=3, steps=1500)
    one, other = (fn.lyapunov(run, first=n, last=1500, transient=1400 - n, seed=n) for n in (0, 1))
    close(one.exponents, other.exponents, kind="solver")


# ---- metrics --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mechanics", [fn.Aristotle(0.4), fn.Nesterov(0.2), fn.Newton(0.4)], ids=repr
)
def test_in_a_metric_is_in_rescaled_coordinates(xor, mechanics):
    root = np.sqrt(np.random.default_rng(0).uniform(0.5, 3, 17))
    seen = Rescaled(xor, 1 / root)
    other = fn.CustomPotential(17, seen.differential, hessian_action=seen.hessian_action)
    words = {"steps": 30, "count": 6}
    found = fn.lyapunov(xor, mechanics, W0=xor.init(0), metric=fn.DiagonalMetric(root**2), **words)
    plain = fn.lyapunov(other, mechanics, W0=root * xor.init(0), **words)
    close(found.exponents, plain.exponents, kind="solver")
    close(found.history, plain.history, kind="solver")


def test_frozen_parameters_do_not_count(xor):
    metric = fn.LayerMetric(xor.network, [np.inf, 1.0])
    found = fn.lyapunov(xor, fn.Nesterov(0.2), steps=30, metric=metric, count=10)
    assert found.states == 10  # five of the last layer, and their velocities
    with told_in_one_line("count is 11"):
        fn.lyapunov(xor, fn.Nesterov(0.2), steps=30, metric=metric, count=11)


# ---- runs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mechanics", [fn.Aristotle(fn.Cosine(0.5, 200)), fn.Nesterov("warmup:0.3:20"), fn.Adam(0.02)],
    ids=repr,
)  # fmt: skip
def test_a_recorded_run_and_the_steps_taken_now_agree(xor, mechanics, tmp_path):
    words = {"steps": 100, "batch_size": 2, "seed": 4}
    now = fn.lyapunov(xor, mechanics, **words, count=3)
    for every in (1, 13):
        run = fn.train(xor, mechanics, **words, record_every=every)
        close(fn.lyapunov(run, count=3, seed=4).exponents, now.exponents, kind="rounding", scale=10)
    run = fn.train(xor, mechanics, **words, store=tmp_path / "run.h5", record_every=10)
    again = fn.lyapunov(fn.Trajectory.open(tmp_path / "run.h5"), count=3, seed=4, first=20, last=60)
    part = fn.lyapunov(run, count=3, seed=4, first=20, last=60)
    assert np.array_equal(again.history, part.history) and part.iteration[-1] == 60


def test_looks_do_not_change_what_is_seen(xor):
    words = {"steps": 120, "count": 3, "seed": 2}
    often, seldom = (fn.lyapunov(xor, fn.Aristotle(0.5), **words, every=n) for n in (1, 8))
    close(often.exponents, seldom.exponents, kind="solver")
    assert len(seldom.history) == 15


def test_single_precision(xor):
    single = xor.with_dtype("float32")
    found = fn.lyapunov(single, fn.Adam(0.02), steps=50, count=2)
    other = fn.lyapunov(xor, fn.Adam(0.02), steps=50, count=2)
    np.testing.assert_allclose(found.exponents, other.exponents, atol=1e-3)


def test_a_run_that_diverges_says_when():
    found = fn.lyapunov(fn.DoubleWell(), fn.Aristotle(5.0), W0=[2.0], steps=100)
    assert found.diverged_at is not None and found.steps < 10
    assert f"iteration {found.diverged_at}" in str(found)


def test_the_result_prints_pickles_and_shows_itself(xor):
    found = fn.lyapunov(xor, fn.Aristotle(0.5), steps=60, count=3)
    assert "Lyapunov exponents of Aristotle(step=0.5), 60 steps" in str(found)
    assert "<table>" in found._repr_html_()
    assert np.array_equal(pickle.loads(pickle.dumps(found)).history, found.history)
    assert found.history.shape == (60, 3) and len(found.table().rows) == 3


def test_mistakes(xor):
    run = fn.train(xor, fn.Aristotle(0.1), steps=5)
    for words, said in (
        (lambda: fn.lyapunov(xor, fn.RungeKutta(0.1), steps=5), "not made of one dL"),
        (lambda: fn.lyapunov(xor, fn.Aristotle("linear:0.1"), steps=5), "off the state"),
        (lambda: fn.lyapunov(xor, fn.Aristotle(0.1)), "steps is None"),
        (lambda: fn.lyapunov(xor, fn.Aristotle(0.1), steps=5, first=2), "first= and last="),
        (lambda: fn.lyapunov(run, steps=5), "steps= is of a potential"),
        (lambda: fn.lyapunov(run, first=4, last=2), "first comes before last"),
        (lambda: fn.lyapunov(run, count=0), "count is 0"),
        (lambda: fn.lyapunov(run, transient=5), "hold no look"),
        (lambda: fn.lyapunov(fn.flow(xor, W0=xor.init(0), time=1.0)), "no finite steps"),
    ):
        with told_in_one_line(said):
            words()
